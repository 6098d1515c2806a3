"""SQL that Django has no function for, with one spelling for each database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unicodedata import normalize

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

__all__ = ["Comparable"]

Compiled = tuple[str, tuple[Any, ...]]


def fold(text: str | None) -> str | None:
    """Return the form in which text is compared without regard to case.

    The same as scim2-models' ``default_comparison_key``: NFC, lower case, NFC.
    """
    return None if text is None else normalize("NFC", normalize("NFC", text).lower())


def compose(text: str | None) -> str | None:
    """Return the form in which text is compared case-exactly: NFC."""
    return None if text is None else normalize("NFC", text)


def register_sqlite_functions(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Give a SQLite connection the Unicode functions that it lacks: its own know ASCII alone."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("django_scim_fold", 1, fold, deterministic=True)
        connection.connection.create_function("django_scim_compose", 1, compose, deterministic=True)


class Comparable(Func):
    """A text column in the form that comparisons use, ordered by code point.

    ``Comparable("username", case_exact=False)`` may be indexed on PostgreSQL, so that a lookup by
    ``userName`` does not read the table.

    MariaDB and MySQL have no NFC: there, text in a column of the host that is in another normal form, or
    whose lower case is, is compared as it is. What the app itself keeps to be compared is in NFC already.
    They order by the first ``max_sort_length`` bytes, 1,024 unless the server is told otherwise. MariaDB
    before 10.10 and MySQL also differ from Python in the lower case of a few hundred rare characters, and
    of the Greek capital sigma at the end of a word.
    """

    arity = 1
    output_field = models.TextField()

    def __init__(self, expression: Any, *, case_exact: bool, **extra: Any) -> None:
        self.case_exact = case_exact
        super().__init__(expression, **extra)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        """Call the functions that :func:`register_sqlite_functions` adds."""
        function = "django_scim_compose" if self.case_exact else "django_scim_fold"
        return self._as(compiler, connection, f"{function}(%(expressions)s)", **context)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """Fold by ICU, which knows all of Unicode whatever the locale of the database."""
        template = "normalize((%(expressions)s)::text, NFC)"
        if not self.case_exact:
            template = f'normalize(lower({template} COLLATE "und-x-icu"), NFC)'
        return self._as(compiler, connection, f'({template} COLLATE "C")', **context)

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        """Fold by the newest Unicode collation, compare by code point without padding."""
        collation = binary_collation(connection)
        text = f"(CONVERT(%(expressions)s USING utf8mb4) COLLATE {collation})"
        parameters: tuple[str, ...] = ()
        if not self.case_exact:
            text, parameters = lower_on_mysql(text, connection)
        sql, params = self._as(compiler, connection, f"({text} COLLATE {collation})", **context)
        return sql, (*params, *parameters)

    def _as(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, template: str, **context: Any
    ) -> Compiled:
        sql, params = Func.as_sql(self, compiler, connection, template=template, **context)
        return sql, tuple(params)


def binary_collation(connection: BaseDatabaseWrapper) -> str:
    """Return the collation of MariaDB or MySQL that compares code points and does not pad."""
    return "utf8mb4_nopad_bin" if getattr(connection, "mysql_is_mariadb", False) else "utf8mb4_0900_bin"


def lower_on_mysql(text: str, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str, ...]]:
    """Return the template of SQL that lowers the case of text as Python does, and its parameters.

    The databases lower one character at a time. Two capitals take more: the Turkish dotted I becomes
    two characters, and the Greek sigma has another small letter at the end of a word.
    """
    text = f"REPLACE({text}, %%s, %%s)"
    parameters: tuple[str, ...] = ("\u0130", "i\u0307")
    if not getattr(connection, "mysql_is_mariadb", False):
        return f"LOWER({text} COLLATE utf8mb4_0900_as_cs)", parameters
    if connection.mysql_version < (10, 10):  # type: ignore[attr-defined]
        return f"LOWER({text} COLLATE utf8mb4_unicode_520_nopad_ci)", parameters
    text, parameters = f"REGEXP_REPLACE({text}, %%s, %%s)", (*parameters, FINAL_SIGMA, "\\1\u03c2")
    return f"LOWER({text} COLLATE utf8mb4_uca1400_nopad_as_cs)", parameters


CASED = (
    r"\p{L&}\x{aa}\x{ba}\x{2160}-\x{217f}\x{24b6}-\x{24e9}"
    r"\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189}"
)

IGNORED = (
    r"\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}.:'\x{b7}\x{387}\x{55f}\x{5f4}\x{2018}\x{2019}\x{2024}\x{2027}"
    r"\x{fe13}\x{fe52}\x{fe55}\x{ff07}\x{ff0e}\x{ff1a}"
)

FINAL_SIGMA = f"([{CASED}][{IGNORED}]*+)\u03a3(?![{IGNORED}]*+[{CASED}])"
"""``Final_Sigma`` of the Unicode Standard, table 3-17: after a cased letter and not before one."""


class HasText(Func):
    """Whether a text column is not empty; unknown if it is null.

    Not by comparing it with an empty text: a collation may take spaces, or what it ignores, for the same.
    """

    arity = 1
    output_field = models.BooleanField()
    template = "LENGTH(%(expressions)s) > 0"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """Compare bytes, which takes a quarter of the time that it takes to count characters."""
        sql, params = Func.as_sql(
            self, compiler, connection, template="""((%(expressions)s)::text COLLATE "C") <> ''"""
        )
        return sql, tuple(params)


class DocumentText(Func):
    """A member of a JSON document as text, or null: ``DocumentText("comparable", key="title")``.

    The documents are the app's own: each leaf is a string, so no database's idea of JSON types shows.
    """

    arity = 1
    output_field = models.TextField()

    def __init__(self, expression: Any, *, key: str, **extra: Any) -> None:
        self.key = key
        super().__init__(expression, **extra)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        return self._as(compiler, connection, "json_extract(%(expressions)s, %%s)", json_path(self.key))

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        return self._as(compiler, connection, '((%(expressions)s ->> %%s) COLLATE "C")', self.key)

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        template = f"(JSON_VALUE(%(expressions)s, %%s) COLLATE {binary_collation(connection)})"
        return self._as(compiler, connection, template, json_path(self.key))

    def _as(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, template: str, parameter: str
    ) -> Compiled:
        sql, params = Func.as_sql(self, compiler, connection, template=template)
        return sql, (*params, parameter)


def json_path(key: str) -> str:
    """Return the JSON path of a member; keys are SCIM names and URNs, which hold no quotes."""
    return f'$."{key}"'


class WithoutMember(Func):
    """A JSON document without the member at a path: ``WithoutMember("attributes", path=["title"])``."""

    arity = 1
    output_field = models.JSONField()

    def __init__(self, expression: Any, *, path: Sequence[str], **extra: Any) -> None:
        self.path = list(path)
        super().__init__(expression, **extra)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        return self._as(compiler, connection, "json_remove(%(expressions)s, %%s)", self._json_path)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        return self._as(compiler, connection, "(%(expressions)s #- %%s::text[])", self.path)

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        return self._as(compiler, connection, "JSON_REMOVE(%(expressions)s, %%s)", self._json_path)

    @property
    def _json_path(self) -> str:
        return "$" + "".join(f'."{name}"' for name in self.path)

    def _as(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, template: str, parameter: Any
    ) -> Compiled:
        sql, params = Func.as_sql(self, compiler, connection, template=template)
        return sql, (*params, parameter)


class Entry(Expression):
    """The entry that :class:`AnyEntry` looks at, inside its condition."""

    output_field = models.JSONField()

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Name the column that the table function of :class:`AnyEntry` yields."""
        return "scim_entry.value", ()


class AnyEntry(Func):
    """Whether any entry of a list in a JSON document meets a condition on :class:`Entry`.

    ``AnyEntry("comparable", condition, key="emails")``, where the condition is a ``Q`` over
    ``DocumentText(Entry(), key="type")``. One entry has to meet the whole of it, as the value path
    of RFC 7644 section 3.4.2.2 says.
    """

    arity = 2
    conditional = True
    output_field = models.BooleanField()

    def __init__(self, document: Any, condition: Any, *, key: str, **extra: Any) -> None:
        self.key = key
        super().__init__(document, condition, **extra)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        """Unnest with ``json_each``."""
        return self._as(compiler, connection, "json_each({document}, %s) AS scim_entry", json_path(self.key))

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """Unnest with ``jsonb_array_elements``; an absent list has no elements."""
        table = "jsonb_array_elements({document} -> %s) AS scim_entry(value)"
        return self._as(compiler, connection, table, self.key)

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Compiled:
        """Unnest with ``JSON_TABLE``, whose path has to be a literal."""
        path = json_path(self.key)
        table = f"JSON_TABLE({{document}}, '{path}[*]' COLUMNS (value JSON PATH '$')) AS scim_entry"
        return self._as(compiler, connection, table)

    def _as(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, table: str, *parameters: str
    ) -> Compiled:
        document, condition = self.get_source_expressions()
        document_sql, document_params = compiler.compile(document)
        condition_sql, condition_params = compiler.compile(condition)
        found, found_params = self._found(compiler)
        # Compiled SQL, as Django's own expressions put it together.
        sql = f"SELECT {found} FROM {table.format(document=document_sql)} WHERE {condition_sql}"  # noqa: S608
        return self._select(sql), (*found_params, *document_params, *parameters, *condition_params)

    def _found(self, compiler: SQLCompiler) -> Compiled:
        return "1", ()

    def _select(self, sql: str) -> str:
        return f"EXISTS ({sql})"


class EntryText(AnyEntry):
    """A member of the first entry of a list that meets a condition, as text, or null.

    ``EntryText("comparable", condition, key="emails", member="display")``.
    """

    conditional = False
    output_field = models.TextField()  # type: ignore[assignment]

    def __init__(self, document: Any, condition: Any, *, key: str, member: str, **extra: Any) -> None:
        self.member = member
        super().__init__(document, condition, key=key, **extra)

    def _found(self, compiler: SQLCompiler) -> Compiled:
        sql, params = compiler.compile(DocumentText(Entry(), key=self.member))
        return sql, tuple(params)

    def _select(self, sql: str) -> str:
        return f"({sql} LIMIT 1)"
