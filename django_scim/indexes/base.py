"""What the kinds of databases have in common in making indexes, and in telling of those that are there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import Enum

from django.db.backends.base.base import BaseDatabaseWrapper

from django_scim.mappings.dependencies import LookupColumn


class State(Enum):
    """Whether an index can be used, and if not, why."""

    READY = "ready"
    MISSING = "missing"

    INVALID = "invalid"
    """It is there and used for nothing: what made it has failed."""

    BUILDING = "building"
    """Another session is making it."""

    IMPOSSIBLE = "impossible"
    """No index helps; :meth:`Indexes.obstacle` says why."""


class Indexes:
    """The indexes of one database that serve comparisons with columns of the host.

    A subclass knows one kind of database. What it makes fits the conditions of
    :class:`~django_scim.sql.operand.ColumnOperand` and :class:`~django_scim.sql.index_candidates.Candidates`.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    # What there is

    def has_table(self, column: LookupColumn) -> bool:
        """Whether the table of a column is in the database."""
        with self.connection.cursor() as cursor:
            return column.table in self.connection.introspection.table_names(cursor)

    def state(self, column: LookupColumn) -> State:
        """Return the state of the index for comparisons with a column."""
        if self.obstacle(column):
            return State.IMPOSSIBLE
        return State.READY if self.is_served(column) else State.MISSING

    def obstacle(self, column: LookupColumn) -> str | None:
        """Return why no index can serve a column, in words that follow a colon, or None."""
        if column.is_converted:
            return f"it is a {type(column.field).__name__}, which is compared as text"
        return None

    def is_served(self, column: LookupColumn) -> bool:
        """Whether an index that can be used begins with the column, whoever made it."""
        with self.connection.cursor() as cursor:
            constraints = self.connection.introspection.get_constraints(cursor, column.table)
        return any(
            (constraint["index"] or constraint["primary_key"])
            and constraint["columns"][:1] == [column.column]
            for constraint in constraints.values()
        )

    # What can be made

    def key(self, column: LookupColumn) -> str:
        """Return the SQL of what the index holds."""
        return self.quote(column.column)

    def method(self, column: LookupColumn) -> str:
        """Return the SQL that names another kind of index than the usual one, or an empty string."""
        return ""

    def create(self, column: LookupColumn) -> str:
        """Return the SQL that makes the index while the table is in use."""
        return (
            f"CREATE INDEX IF NOT EXISTS {self.quote(self.name(column))} ON {self.quote(column.table)}"
            f"{self.method(column)} ({self.key(column)})"
        )

    def statements(self, column: LookupColumn, state: State) -> Sequence[str]:
        """Return the SQL that leads from a state to an index that is ready."""
        return [self.create(column)]

    def name(self, column: LookupColumn) -> str:
        """Return the name of the index: one of the table and of what the index holds.

        So an index that an earlier version of the app made for another comparison is not taken for this.
        """
        definition = f"{column.table}\0{self.method(column)}\0{self.key(column)}"
        digest = hashlib.blake2b(definition.encode(), digest_size=4).hexdigest()
        return f"scim_{column.column[:15]}_{digest}"

    def quote(self, name: str) -> str:
        return self.connection.ops.quote_name(name)
