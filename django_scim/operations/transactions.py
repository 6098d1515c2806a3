"""Transactions: bounded retries, and what the database's errors mean in SCIM."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    connections,
    transaction,
)
from django.db.models import ProtectedError, RestrictedError
from scim2_models import ConflictException, InvalidValueException, UniquenessException

Result = TypeVar("Result")

ATTEMPTS = 4
"""How often a transaction is tried that lost to another one."""

TRANSIENT = {"40001", "40P01", "1213", "1205", "1020"}
"""Serialization failure and deadlock of PostgreSQL; deadlock, lock time-out and changed row of MariaDB."""

UNIQUE_VIOLATIONS = {"23505", "1062"}
"""PostgreSQL and MariaDB; SQLite says it in words."""


def codes_of(error: DatabaseError) -> set[str]:
    """Return the SQLSTATE of an error, which is too coarse on MariaDB and MySQL, and their error number."""
    state = getattr(error.__cause__, "sqlstate", None)
    return {str(code) for code in (state, *error.args[:1]) if code}


def is_transient(error: OperationalError) -> bool:
    """Whether the same transaction may succeed when it is tried again."""
    return not codes_of(error).isdisjoint(TRANSIENT) or "database is locked" in str(error)


def is_unique_violation(error: IntegrityError) -> bool:
    """Whether a unique constraint refused a row."""
    is_known = not codes_of(error).isdisjoint(UNIQUE_VIOLATIONS)
    return is_known or "UNIQUE constraint failed" in str(error)


def run(database: str, work: Callable[[], Result]) -> Result:
    """Run work in one transaction, again if it lost a deadlock.

    Inside a transaction of the caller there is no second try: that one is lost as a whole.

    :raises UniquenessException: If a unique constraint refused a row: another request was first.
    :raises InvalidValueException: If the database refused a value.
    :raises ConflictException: If rows of the host stand against the change.
    """
    attempts = 1 if connections[database].in_atomic_block else ATTEMPTS
    while True:
        attempts -= 1
        try:
            with transaction.atomic(using=database):
                return work()
        except OperationalError as error:
            if not attempts or not is_transient(error):
                raise
        except IntegrityError as error:
            if is_unique_violation(error):
                raise UniquenessException(detail="another resource has the same unique value") from error
            raise ConflictException(detail="the change conflicts with other rows of the project") from error
        except DataError as error:
            raise InvalidValueException(detail="the database cannot hold a value of the request") from error
        except (ProtectedError, RestrictedError) as error:
            raise ConflictException(detail="other rows of the project refer to the resource") from error
