"""The base class for the indexes of a database: what exists, and the SQL that creates more."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from enum import Enum

from django.db.backends.base.base import BaseDatabaseWrapper

from django_scim.mappings.dependencies import LookupColumn

OWN_NAME = re.compile(r"scim_.{1,15}_[0-9a-f]{8}")
"""The names of :meth:`Indexes.name`."""


class State(Enum):
    """The state of an index."""

    READY = "ready"
    MISSING = "missing"

    INVALID = "invalid"
    """It exists, but the database does not use it: its creation has failed."""

    BUILDING = "building"
    """Another session is creating it."""

    IMPOSSIBLE = "impossible"
    """No index helps; :meth:`Indexes.obstacle` says why."""


class Indexes:
    """The indexes of one database for comparisons with columns of the host.

    There is a subclass for each vendor. Its indexes match the conditions of
    :class:`~django_scim.sql.operand.ColumnOperand` and :class:`~django_scim.sql.index_candidates.Candidates`.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    # What exists

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
        """Return why no index helps for a column, as a text after a colon, or None."""
        if column.is_converted:
            return f"it is a {type(column.field).__name__}, which is compared as text"
        return None

    def is_served(self, column: LookupColumn) -> bool:
        """Whether a usable index begins with the column, whoever has created it."""
        with self.connection.cursor() as cursor:
            constraints = self.connection.introspection.get_constraints(cursor, column.table)
        return any(
            (constraint["index"] or constraint["primary_key"])
            and constraint["columns"][:1] == [column.column]
            for constraint in constraints.values()
        )

    # What can be created

    def key(self, column: LookupColumn) -> str:
        """Return the SQL of the indexed column or expression."""
        return self.quote(column.column)

    def method(self, column: LookupColumn) -> str:
        """Return the SQL of the index method, or an empty string for the default."""
        return ""

    def create(self, column: LookupColumn) -> str:
        """Return the SQL that creates the index while the table is in use."""
        return (
            f"CREATE INDEX IF NOT EXISTS {self.quote(self.name(column))} ON {self.quote(column.table)}"
            f"{self.method(column)} ({self.key(column)})"
        )

    def statements(self, column: LookupColumn, state: State) -> Sequence[str]:
        """Return the SQL statements that make an index in this state ready."""
        return [self.create(column)]

    def name(self, column: LookupColumn) -> str:
        """Return the name of the index, with a digest of the table and of the indexed expression.

        So an index of an earlier version of the app, for another comparison, has another name.
        """
        definition = f"{column.table}\0{self.method(column)}\0{self.key(column)}"
        digest = hashlib.blake2b(definition.encode(), digest_size=4).hexdigest()
        return f"scim_{column.column[:15]}_{digest}"

    # What can be taken away

    def own(self) -> Iterator[tuple[str, str]]:
        """Yield the table and the name of each index that the app has made on tables that are not its own."""
        with self.connection.cursor() as cursor:
            for table in sorted(self.connection.introspection.table_names(cursor)):
                names = self.connection.introspection.get_constraints(cursor, table)
                yield from ((table, name) for name in sorted(names) if OWN_NAME.fullmatch(name))

    def drop(self, table: str, name: str) -> str:
        """Return the SQL that drops an index while the table is in use."""
        return f"DROP INDEX IF EXISTS {self.quote(name)}"

    def quote(self, name: str) -> str:
        return self.connection.ops.quote_name(name)
