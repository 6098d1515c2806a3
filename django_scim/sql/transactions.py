"""Transactions: within their limits, and tried again when they have lost to others."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError

from django_scim.sql.errors import is_transient, scim_error

Result = TypeVar("Result")

ATTEMPTS = 6
"""How often a transaction is tried that lost to another one."""

PAUSE = 0.01
"""The longest pause in seconds before the second try; before each further one it is twice as long. By chance
it is shorter, so that two transactions that stand in each other's way do not meet again and again."""


def run(
    database: str, work: Callable[[], Result], *, begin: Callable[[str], Any] = transaction.atomic
) -> Result:
    """Run work in one transaction, again if it lost a deadlock.

    Inside a transaction of the caller there is no second try: that one is lost as a whole.

    :param begin: What begins the transaction: that of a request is
        :func:`~django_scim.sql.timeouts.transaction_within_limits`.
    :raises UniquenessException: If a unique constraint refused a row: another request was first.
    :raises InvalidValueException: If the database refused a value.
    :raises ConflictException: If rows of the host stand against the change.
    """
    attempts = 1 if connections[database].in_atomic_block else ATTEMPTS
    longest_pause = PAUSE
    while True:
        attempts -= 1
        try:
            with begin(database):
                return work()
        except (DatabaseError, ProtectedError, RestrictedError) as error:
            if refusal := scim_error(error):
                raise refusal from error
            if not attempts or not isinstance(error, OperationalError) or not is_transient(error):
                raise
            time.sleep(random.uniform(0, longest_pause))  # noqa: S311 - no secret
            longest_pause *= 2


def locked(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Lock the rows of a queryset, without those that it joins where the database can tell them apart."""
    if connections[queryset.db].features.has_select_for_update_of:
        return queryset.select_for_update(of=("self",))
    return queryset.select_for_update()


def also_locked(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Lock rows that are written only by whoever has locked another row, on MariaDB and MySQL.

    In a cluster whose nodes all take writes, a lock is known to its own node alone. What another node changes
    ends the transactions that have locked a changed row, and those are tried again. A row that is merely read
    may change before it is written: the change would be lost.
    """
    return locked(queryset) if connections[queryset.db].vendor == "mysql" else queryset
