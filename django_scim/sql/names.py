"""Locks of names, for two transactions that write of one name in two tables and see no row of each other.

One makes what another one refers to by its name, and the other notes that it is not there. Neither sees what
the other has not committed. On PostgreSQL they take a lock of the name, until the end of the transaction. On
MariaDB and MySQL a locking read waits for rows that are not committed, and SQLite has one writer at a time.
In a cluster of MariaDB one of the two commits, and the other is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler

from django_scim.sql.clusters import certify, is_cluster
from django_scim.sql.functions import Compiled
from django_scim.sql.transactions import locked


def key_of(digest: str) -> int:
    """Return the number of a lock."""
    return int.from_bytes(bytes.fromhex(digest[:16]), "big", signed=True)


class Announced(Func):
    """A digest that is written once the transaction has the lock of it, for itself alone."""

    arity = 1
    output_field = models.CharField()

    def __init__(self, digest: str) -> None:
        self.digest = digest
        super().__init__(Value(digest))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:  # type: ignore[override]
        return "%s", (self.digest,)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """Take the lock in the statement that writes the digest, so that it costs none of its own."""
        return "(SELECT %s::varchar FROM pg_advisory_xact_lock(%s::bigint))", (
            self.digest,
            key_of(self.digest),
        )


def announced(database: str, digest: str) -> Announced:
    """Return a digest to be written with its lock; in a cluster, which knows of no such lock, certified."""
    if is_cluster(database):
        certify(database, [digest])
    return Announced(digest)


def lock_names(database: str, digests: Iterable[str], *, is_shared: bool = False) -> None:
    """Take the locks of names until the end of the transaction.

    :param is_shared: Whether others may have them at the same time who share them too.
    """
    connection = connections[database]
    if connection.vendor == "postgresql":
        function = "pg_advisory_xact_lock_shared" if is_shared else "pg_advisory_xact_lock"
        keys = sorted(map(key_of, digests))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(key) FROM unnest(%s::bigint[]) AS key", [keys])  # noqa: S608 - one of two
    elif is_cluster(database):
        certify(database, digests)


def awaiting(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Let a query wait for rows that are not committed, where no lock of a name does."""
    return locked(rows) if connections[rows.db].vendor == "mysql" else rows
