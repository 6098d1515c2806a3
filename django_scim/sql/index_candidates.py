"""Conditions and orders that an index can answer, beside the exact comparison that no index can.

Equality is decided by :class:`~django_scim.sql.functions.Comparable`. PostgreSQL can have an index on
that expression. SQLite and MariaDB cannot, but they have indexes in a collation without regard to case, and
whatever is equal in the comparable form is equal there too, or can be spelled out. So a lookup asks for
both: a few candidates, by index, and the exact comparison of those. ``sw`` does the same with a range.
"""

from __future__ import annotations

import re
import sys
from contextlib import closing
from itertools import product
from typing import Any

from django.core.exceptions import FullResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Lookup
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

from django_scim.sql.functions import Comparable, Compiled
from django_scim.sql.prepared import NotPreparable, Slot

MAX_SPELLINGS = 64
"""The most spellings of one text that are looked up."""

COMPOSED = {";": "\u037e", "`": "\u1fef", "K": "\u212a"}
"""Characters of ASCII, and the one other character that is the same in NFC."""

LOWERED = {";": "\u037e", "`": "\u1fef", "k": "\u212a"}
"""Characters of ASCII, and the one other character that becomes the same by NFC and lower case.

It is not the same to a collation that knows ASCII alone.
"""

LOWERED_ON_MYSQL = {"k": "\u212a", "å": "\u212b", "ß": "\u1e9e"}
"""The like for the collations of MariaDB and MySQL, which leave these apart from their small letters."""

SMALL_CYRILLIC = ("\u0430", "\u045f")


class Candidates(Lookup):
    """Whether a text column may be equal to a text, as far as an index can tell.

    Where that cannot be told, it is always true. It never leaves out a row that is equal.

    :param lhs: A reference to a column, such as ``F("username")``.
    :param rhs: The text in its comparable form.
    :param case_exact: Whether upper and lower case are told apart.
    """

    lookup_name = "scim_candidates"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: str | Slot, *, case_exact: bool) -> None:
        self.case_exact = case_exact
        super().__init__(lhs, rhs)

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two conditions the same."""
        return (*super().identity, self.case_exact)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Compare as it is where case matters; else there is an index on the comparable form, or no index."""
        if not self.case_exact or not self._text.isascii():
            raise FullResultSet
        return self._among(compiler, spellings(self._text, COMPOSED))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Compare in the collation that knows the case of ASCII."""
        if self.case_exact:
            return self.as_sql(compiler, connection)
        if not self._text.isascii():
            raise FullResultSet
        return self._among(compiler, spellings(self._text, LOWERED), " COLLATE NOCASE")

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Compare in the column's own collation, if that knows the case of all the characters."""
        if self.case_exact:
            return self._among(compiler, [self._text])
        if not isinstance(self.lhs, Col):
            raise FullResultSet
        target = self.lhs.target
        collation = collation_of(connection, target.model._meta.db_table, str(target.column))
        if not ignores_case(collation) or not all(map(is_known_to_mysql, self._text)):
            raise FullResultSet
        return self._among(compiler, spellings(self._text, LOWERED_ON_MYSQL))

    @property
    def _text(self) -> str:
        """The text, where its characters matter.

        :raises NotPreparable: If it is only known when the statement is run.
        """
        if isinstance(self.rhs, Slot):
            raise NotPreparable
        return str(self.rhs)

    def _among(self, compiler: SQLCompiler, texts: list[str], collation: str = "") -> Compiled:
        if not texts:
            raise FullResultSet
        sql, params = compiler.compile(self.lhs)
        places = ", ".join(["%s"] * len(texts))
        return f"{sql}{collation} IN ({places})", (*params, *texts)


class Beginnings(Candidates):
    """Whether a text column may begin with a text, as far as an index can tell: a range of it.

    :param rhs: The beginning in its comparable form.
    """

    lookup_name = "scim_beginnings"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Leave the condition out."""
        raise FullResultSet

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Compare what the index is on, which is in the order of code points."""
        sql, params = compiler.compile(Comparable(self.lhs, case_exact=self.case_exact))
        return within(sql, tuple(params), [self._text])

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Compare in the collation of the index; it may find more."""
        sql, params = compiler.compile(self.lhs)
        if not self.case_exact:
            sql = f"{sql} COLLATE NOCASE"
        return within(sql, tuple(params), self._spellings(COMPOSED if self.case_exact else LOWERED))

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Compare in the column's own collation."""
        if not isinstance(self.lhs, Col):
            raise FullResultSet
        target = self.lhs.target
        if not ignores_case(collation_of(connection, target.model._meta.db_table, str(target.column))):
            raise FullResultSet
        sql, params = compiler.compile(self.lhs)
        texts = self._spellings({} if self.case_exact else LOWERED_ON_MYSQL)
        patterns = [re.sub("[!%_]", r"!\g<0>", text) + "%" for text in texts]
        return (
            "(" + " OR ".join([f"{sql} LIKE %s ESCAPE '!'"] * len(patterns)) + ")",
            tuple(part for pattern in patterns for part in (*params, pattern)),
        )

    def _spellings(self, alternatives: dict[str, str]) -> list[str]:
        """Return how the column may spell the beginning.

        :raises FullResultSet: If that cannot be told, or there are too many.
        """
        text = self._text
        found = spellings(text, alternatives) if text.isascii() else []
        if found and text.endswith("i") and not self.case_exact:
            # Its small letter is an i with a dot above it, and begins with an i.
            found += [f"{text[:-1]}{DOTTED_I}" for text in found]
        if not found:
            raise FullResultSet
        return found


DOTTED_I = "\u0130"


def within(sql: str, params: tuple[Any, ...], texts: list[str]) -> Compiled:
    """Return the condition that text begins with one of several, as ranges in the order of code points."""
    ranges, values = [], []
    for text in texts:
        end = after_all_with(text)
        ranges.append(f"{sql} >= %s" + (f" AND {sql} < %s" if end else ""))
        values += [*params, text, *((*params, end) if end else ())]
    return f"({' OR '.join(ranges)})", tuple(values)


def after_all_with(text: str) -> str | None:
    """Return the first text by code point after all that begin with one; None if there is none."""
    last = ord(text[-1]) + 1
    if last > sys.maxunicode:
        return after_all_with(text[:-1]) if len(text) > 1 else None
    # Those between are halves of a character, and none themselves.
    return text[:-1] + chr(0xE000 if last == 0xD800 else last)


class InOrder(Comparable):
    """A text column that is unique, in an order that an index gives.

    It is that of the comparable form on PostgreSQL; elsewhere that of the collation of the index, if the
    column has one that ignores case: SQLite's knows that of ASCII, and MariaDB's may know no accents.

    :param field: The field of the column.
    """

    def __init__(self, expression: Any, *, case_exact: bool, field: Field[Any, Any], **extra: Any) -> None:
        self.column_field = field
        super().__init__(expression, case_exact=case_exact, **extra)

    def has_no_ties(self, connection: BaseDatabaseWrapper) -> bool:
        """Whether no two rows are the same in the order, since the unique index is in its collation.

        MariaDB and MySQL read no unique index in order if they are to order by the primary key as well.
        """
        return connection.vendor == "mysql" and self._has_collation(connection)

    def _has_collation(self, connection: BaseDatabaseWrapper) -> bool:
        table, column = self.column_field.model._meta.db_table, str(self.column_field.column)
        return not self.case_exact and ignores_case(collation_of(connection, table, column))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        """Order by the collation that the app's index has."""
        if self.case_exact:
            return super().as_sqlite(compiler, connection, **context)
        return self._as(compiler, connection, "(%(expressions)s COLLATE NOCASE)", **context)

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        """Order by the column's own collation, if that ignores case."""
        if not self._has_collation(connection):
            return super().as_mysql(compiler, connection, **context)
        (column,) = self.get_source_expressions()
        sql, params = compiler.compile(column)
        return sql, tuple(params)


def in_any_table(expression: Any) -> Any:
    """Return what is ordered alike wherever it stands: each column has a collation of its own."""
    if isinstance(expression, InOrder):
        return Comparable(*expression.get_source_expressions(), case_exact=expression.case_exact)
    return expression


def spellings(text: str, alternatives: dict[str, str]) -> list[str]:
    """Return a text with each choice between a character and its alternative; [] if they are too many."""
    choices = [(character, alternatives.get(character, "")) for character in text]
    if 2 ** sum(bool(other) for _, other in choices) > MAX_SPELLINGS:
        return []
    return [
        "".join(chosen) for chosen in product(*([one, other] if other else [one] for one, other in choices))
    ]


def is_known_to_mysql(character: str) -> bool:
    """Whether every collation that :func:`ignores_case` accepts knows the capital of a small letter.

    They are of different Unicode versions; all know the letters of Latin-1, Latin Extended-A and Russian.
    """
    return character < "\u0180" or SMALL_CYRILLIC[0] <= character <= SMALL_CYRILLIC[1]


IGNORES_CASE = re.compile(r"utf8mb4_(general|unicode|unicode_520|uca1400|0900)(_nopad)?(_ai|_as)?_ci")
"""Collations without regard to case that are of no one language: Turkish, for one, has another small I."""

COLLATIONS = """
    SELECT column_name, collation_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = %s
"""

known: dict[tuple[str, str], dict[str, str | None]] = {}
"""What was found, by the name of the database and the table, until the process ends."""


def collation_of(connection: BaseDatabaseWrapper, table: str, column: str) -> str | None:
    """Return the collation of a column, or None if it has none.

    The database is asked once for each table.
    """
    key = (str(connection.settings_dict["NAME"]), table)
    if key not in known:
        # Not by connection.cursor(): this is no query of the request, so it is in no log and no count.
        connection.ensure_connection()
        with connection.wrap_database_errors, closing(connection.create_cursor()) as cursor:
            cursor.execute(COLLATIONS, [table])
            found = dict(cursor.fetchall())
        if not found:
            return None
        known[key] = found
    return known[key].get(column)


def ignores_case(collation: str | None) -> bool:
    """Whether what differs in the case of a letter alone is the same in a collation."""
    return collation is not None and IGNORES_CASE.fullmatch(collation) is not None
