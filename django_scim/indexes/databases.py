"""The indexes of PostgreSQL, of MariaDB and MySQL, and of SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import F
from django.db.models.sql import Query

from django_scim.indexes.base import Indexes, State
from django_scim.mappings.dependencies import LookupColumn
from django_scim.sql.functions import Comparable
from django_scim.sql.index_candidates import collation_of, ignores_case

LONGEST_TEXT = 600
"""The characters that always fit into an entry of a B-tree, with four bytes for each."""

STATES_BY_NAME = """
    SELECT index.indisvalid, progress.pid IS NOT NULL
    FROM pg_index AS index
    JOIN pg_class AS class ON class.oid = index.indexrelid
    LEFT JOIN pg_stat_progress_create_index AS progress ON progress.index_relid = index.indexrelid
    WHERE index.indrelid = to_regclass(%s) AND class.relname = ANY(%s)
"""

LEADING = """
    SELECT 1 FROM pg_index AS index
    JOIN pg_attribute AS attribute
        ON attribute.attrelid = index.indrelid AND attribute.attnum = index.indkey[0]
    WHERE index.indrelid = to_regclass(%s) AND attribute.attname = %s
        AND index.indisvalid AND index.indpred IS NULL
"""


class PostgreSQLIndexes(Indexes):
    """Indexes on the expressions that are compared."""

    def has_table(self, column: LookupColumn) -> bool:
        """Look for the table in the search path of the connection."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [self.quote(column.table)])
            return bool(cursor.fetchone()[0])

    def state(self, column: LookupColumn) -> State:
        """Look for the index by its name, since an index on an expression has no column."""
        if self.obstacle(column):
            return State.IMPOSSIBLE
        if self.is_served(column):
            return State.READY
        with self.connection.cursor() as cursor:
            cursor.execute(STATES_BY_NAME, [self.quote(column.table), list(self.names(column))])
            states = cursor.fetchall()
        if any(is_valid for is_valid, _ in states):
            return State.READY
        if any(is_building for _, is_building in states):
            return State.BUILDING
        return State.INVALID if states else State.MISSING

    def is_served(self, column: LookupColumn) -> bool:
        """Whether an index on the column itself is usable, and exists."""
        if is_folded(column):
            return False
        with self.connection.cursor() as cursor:
            cursor.execute(LEADING, [self.quote(column.table), column.column])
            return cursor.fetchone() is not None

    def names(self, column: LookupColumn) -> Iterator[str]:
        """Yield the name of the app's index, and those of the host's indexes on the same expression."""
        yield self.name(column)
        for index in column.model._meta.indexes:
            first = index.expressions[0] if index.expressions and index.condition is None else None
            if isinstance(first, Comparable) and self.compiled(column, first) == self.key(column):
                yield index.name

    def key(self, column: LookupColumn) -> str:
        """Return the expression that is compared, or the column if case matters."""
        if not is_folded(column):
            return super().key(column)
        return self.compiled(column, Comparable(F(column.field.name), case_exact=False))

    def compiled(self, column: LookupColumn, expression: Comparable) -> str:
        """Return the SQL of an expression on the column's table, in the parentheses that an index wants."""
        query = Query(column.model, alias_cols=False)
        compiler = query.get_compiler(connection=self.connection)
        sql, _ = compiler.compile(expression.resolve_expression(query))
        return f"({sql})"

    def method(self, column: LookupColumn) -> str:
        """Use a hash index for long text: it does not fit into a B-tree, and could not be saved."""
        length = column.field.max_length
        is_long = column.is_text and (length is None or length > LONGEST_TEXT)
        return " USING hash" if is_long else ""

    def create(self, column: LookupColumn) -> str:
        return super().create(column).replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1)

    def statements(self, column: LookupColumn, state: State) -> Sequence[str]:
        """Drop an invalid index first, and update the planner's statistics at the end."""
        leftover = f"DROP INDEX CONCURRENTLY IF EXISTS {self.quote(self.name(column))}"
        create = [self.create(column), f"ANALYZE {self.quote(column.table)}"]
        return [leftover, *create] if state is State.INVALID else create

    def drop(self, table: str, name: str) -> str:
        return super().drop(table, name).replace("DROP INDEX", "DROP INDEX CONCURRENTLY", 1)


def is_folded(column: LookupColumn) -> bool:
    """Whether text is looked up without regard to case."""
    return column.is_text and not column.case_exact


LONGEST_PLAIN_KEY = 768
"""The characters of four bytes that fit into a key of InnoDB."""

PREFIX = 191
"""The characters of longer text that are indexed: they fit into a key of any row format."""


class MySQLIndexes(Indexes):
    """Indexes that compare text in the collation of its column."""

    def obstacle(self, column: LookupColumn) -> str | None:
        """Refuse a column whose collation is case-sensitive or unknown."""
        if is_folded(column):
            collation = collation_of(self.connection, column.table, column.column)
            if not ignores_case(collation):
                return (
                    f"its collation is {collation}, in which a look-up without regard to case finds nothing"
                )
        return super().obstacle(column)

    def key(self, column: LookupColumn) -> str:
        """Return the column, or the beginning of long text."""
        length = column.field.max_length
        is_long = column.is_text and (length is None or length > LONGEST_PLAIN_KEY)
        return f"{super().key(column)}{f'({PREFIX})' if is_long else ''}"

    def create(self, column: LookupColumn) -> str:
        """Create the index while others read and write, or fail."""
        name, table = self.quote(self.name(column)), self.quote(column.table)
        return f"CREATE INDEX {name} ON {table} ({self.key(column)}) ALGORITHM=INPLACE LOCK=NONE"

    def drop(self, table: str, name: str) -> str:
        return f"ALTER TABLE {self.quote(table)} DROP INDEX {self.quote(name)}, ALGORITHM=INPLACE, LOCK=NONE"


LEADING_COLUMNS = """
    SELECT info.name, info.coll FROM pragma_index_list(%s) AS list, pragma_index_xinfo(list.name) AS info
    WHERE info.seqno = 0 AND NOT list.partial
"""


class SQLiteIndexes(Indexes):
    """Indexes that compare text without regard to the case of ASCII letters."""

    def is_served(self, column: LookupColumn) -> bool:
        """Whether an index begins with the column, in the collation of the comparison."""
        if not is_folded(column):
            return super().is_served(column)
        with self.connection.cursor() as cursor:
            cursor.execute(LEADING_COLUMNS, [column.table])
            return (column.column, "NOCASE") in cursor.fetchall()

    def key(self, column: LookupColumn) -> str:
        """Return the column, with a collation if case does not matter."""
        return f"{super().key(column)}{' COLLATE NOCASE' if is_folded(column) else ''}"
