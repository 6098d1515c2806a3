"""MariaDB and MySQL: plain indexes, which are in the collation of the column.

MariaDB has no indexes on expressions. It could have a hidden column with the comparable form and an index
on that, but to add a column to a table of the host is not for this app to do. Nearly all columns have a
collation without regard to case, though, and a unique column has an index in it already.
"""

from __future__ import annotations

from django_scim.indexes.base import Indexes
from django_scim.mappings.dependencies import LookupColumn
from django_scim.sql.index_candidates import collation_of, ignores_case

LONGEST_KEY = 768
"""How many characters of four bytes fit into a key of InnoDB."""

PREFIX = 191
"""How many characters of longer text are indexed: as many as fit into a key of any row format."""


class MySQLIndexes(Indexes):
    """Indexes that find text as the collation of its column compares it."""

    def obstacle(self, column: LookupColumn) -> str | None:
        """Refuse a column in a collation that looks at case, or of which not enough is known."""
        if column.is_text and not column.case_exact:
            collation = collation_of(self.connection, column.table, column.column)
            if not ignores_case(collation):
                return (
                    f"its collation is {collation}, in which a look-up without regard to case finds nothing"
                )
        return super().obstacle(column)

    def key(self, column: LookupColumn) -> str:
        """Name the column, or the beginning of long text."""
        length = column.field.max_length
        is_long = column.is_text and (length is None or length > LONGEST_KEY)
        return f"{super().key(column)}{f'({PREFIX})' if is_long else ''}"

    def create(self, column: LookupColumn) -> str:
        """Make the index while others read and write, or not at all."""
        name, table = self.quote(self.name(column)), self.quote(column.table)
        return f"CREATE INDEX {name} ON {table} ({self.key(column)}) ALGORITHM=INPLACE LOCK=NONE"
