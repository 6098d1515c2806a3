"""SQLite: indexes in the collation ``NOCASE``, which every program that opens the file has.

An index on the comparable form would need a function of this app: any other program could then no longer
write to the table.
"""

from __future__ import annotations

from django_scim.indexes.base import Indexes
from django_scim.mappings.dependencies import LookupColumn

LEADING_COLUMNS = """
    SELECT info.name, info.coll FROM pragma_index_list(%s) AS list, pragma_index_xinfo(list.name) AS info
    WHERE info.seqno = 0 AND NOT list.partial
"""


class SQLiteIndexes(Indexes):
    """Indexes that find text without regard to the case of ASCII letters."""

    def is_served(self, column: LookupColumn) -> bool:
        """Whether an index begins with the column, in the collation that the comparison asks for."""
        if not needs_collation(column):
            return super().is_served(column)
        with self.connection.cursor() as cursor:
            cursor.execute(LEADING_COLUMNS, [column.table])
            return (column.column, "NOCASE") in cursor.fetchall()

    def key(self, column: LookupColumn) -> str:
        """Name the column, and the collation if case does not matter."""
        return f"{super().key(column)}{' COLLATE NOCASE' if needs_collation(column) else ''}"


def needs_collation(column: LookupColumn) -> bool:
    """Whether text is looked up without regard to case."""
    return column.is_text and not column.case_exact
