"""How long a statement of the app may take, and how long it may wait for a row that somebody else has locked.

The limits are the app's own: they are set for one transaction (PostgreSQL) or for one statement (MariaDB,
SQLite), so that neither the project's statements nor the next user of a pooled connection has anything of
them. Inside a transaction that the caller has begun, the caller's limits hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from scim2_models import TooManyException

from django_scim.conf import get_settings
from django_scim.sql.errors import took_too_long

BOUNDED = ("select", "insert", "update", "delete")
"""What MariaDB ends in time. Statements about the connection itself it does not."""

VARIABLES = {"statement_timeout": "max_statement_time", "lock_timeout": "innodb_lock_wait_timeout"}
"""What MariaDB calls the limits of PostgreSQL."""

INSTRUCTIONS = 10_000
"""After how many instructions SQLite is asked whether it has taken too long: about a millisecond."""

NEGLIGIBLE = 0.01
"""The part of what is left that statements may take before the limit of the next one is set anew."""

Limits = dict[str, float]
"""Seconds by the names that PostgreSQL has for the limits."""


@contextmanager
def transaction_within_limits(database: str) -> Iterator[None]:
    """Begin a transaction whose statements end after ``STATEMENT_TIMEOUT``, and wait for ``LOCK_TIMEOUT``."""
    connection, settings = connections[database], get_settings()
    limits = {"statement_timeout": settings.STATEMENT_TIMEOUT, "lock_timeout": settings.LOCK_TIMEOUT}
    found = {name: limit for name, limit in limits.items() if limit and not connection.in_atomic_block}
    with transaction.atomic(using=database), ExitStack() as stack:
        if found and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                set_on_postgresql(cursor, found)
        elif found and is_mariadb(connection):
            prefix = mariadb_prefix(found)
            stack.enter_context(connection.execute_wrapper(before_each(lambda _, sql: prefix + sql)))
        yield


@contextmanager
def query_within_limits(database: str) -> Iterator[None]:
    """Let the queries in the block take ``STATEMENT_TIMEOUT`` together.

    :raises TooManyException: If they take longer (RFC 7644 section 3.4.2.2: the server is not willing to).
    """
    connection, limit = connections[database], get_settings().STATEMENT_TIMEOUT
    if not limit or connection.in_atomic_block:
        yield
        return
    try:
        with ending(connection, time.monotonic() + limit):
            yield
    except DatabaseError as error:
        if not took_too_long(error):
            raise
        detail = f"the query takes longer than {limit:g} seconds (STATEMENT_TIMEOUT): ask for less at once"
        raise TooManyException(detail=detail) from error


@contextmanager
def ending(connection: BaseDatabaseWrapper, end: float) -> Iterator[None]:
    """End the queries in the block at a time."""

    set_at = float("-inf")

    def left() -> Limits:
        return {"statement_timeout": max(0.001, end - time.monotonic())}

    def on_postgresql(cursor: Any, sql: str) -> str:
        nonlocal set_at
        now = time.monotonic()
        if now - set_at > (end - now) * NEGLIGIBLE:
            set_at = now
            # The cursor is the driver's, and so would be its errors.
            with connection.wrap_database_errors:
                set_on_postgresql(cursor, left())
        return sql

    def on_mariadb(cursor: Any, sql: str) -> str:
        return mariadb_prefix(left()) + sql

    if connection.vendor == "sqlite":
        with interrupting(connection, end):
            yield
    elif connection.vendor == "postgresql":
        # Set outside a transaction, the limit would be that of whoever is next on a pooled connection.
        with (
            transaction.atomic(using=connection.alias, durable=True),
            connection.execute_wrapper(before_each(on_postgresql)),
        ):
            yield
    elif is_mariadb(connection):
        with connection.execute_wrapper(before_each(on_mariadb)):
            yield
    else:
        yield


def set_on_postgresql(cursor: Any, limits: Limits) -> None:
    """Set limits until the end of the transaction, all by one statement.

    Without compiling of expressions (``jit``): for a long filter that takes seconds, which no limit ends,
    and the statements of a request are over in less.
    """
    values = {name: f"{limit * 1000:.0f}ms" for name, limit in limits.items()} | {"jit": "off"}
    calls = ", ".join(["set_config(%s, %s, true)"] * len(values))
    cursor.execute(f"SELECT {calls}", [text for pair in values.items() for text in pair])


def mariadb_prefix(limits: Limits) -> str:
    """Return what has MariaDB set limits for one statement, before that statement."""
    # Locks are waited for in whole seconds.
    values = {
        name: max(1, round(limit)) if name == "lock_timeout" else round(limit, 3)
        for name, limit in limits.items()
    }
    return f"SET STATEMENT {', '.join(f'{VARIABLES[name]}={value}' for name, value in values.items())} FOR "


def is_mariadb(connection: BaseDatabaseWrapper) -> bool:
    """Whether a database is MariaDB: MySQL has no such limits for a statement."""
    return connection.vendor == "mysql" and bool(getattr(connection, "mysql_is_mariadb", False))


def before_each(change: Callable[[Any, str], str]) -> Callable[..., Any]:
    """Return a wrapper of statements that makes something of each that a database can end.

    :param change: Takes the driver's cursor and the statement, and returns the statement to run.
    """

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if not many and sql.lstrip("( ")[:6].lower() in BOUNDED:
            sql = change(context["cursor"].cursor, sql)
        return run(sql, params, many, context)

    return execute


@contextmanager
def interrupting(connection: BaseDatabaseWrapper, end: float) -> Iterator[None]:
    """Have SQLite end its statements at a time."""
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: time.monotonic() > end, INSTRUCTIONS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, INSTRUCTIONS)
