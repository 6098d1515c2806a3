"""The conditions of ``co``, ``sw`` and ``ew``: a text is part of another."""

from __future__ import annotations

import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Lookup, Q, Value
from django.db.models.functions import Left, Right, StrIndex
from django.db.models.lookups import Exact, GreaterThan
from django.db.models.sql.compiler import SQLCompiler
from scim2_models.path import CompareOperator

from django_scim.sql.functions import Comparable, Compiled, binary_collation
from django_scim.sql.prepared import DerivedSlot, Slot

PATTERNS = {CompareOperator.co: "%{}%", CompareOperator.ew: "%{}"}

CHANGEABLE = re.compile(r"(?:[^\x00-\x7f]|[;`KkIi])+")
"""What may be written in another way in a column than in its comparable form.

Those of ASCII are what one other character becomes in NFC or in lower case: the Greek question mark and
varia, the Kelvin sign, and the Turkish dotted I, which becomes an i with a dot above it.
"""


def substring(text: Any, operator: CompareOperator, fragment: str | Slot) -> Q:
    """Return the condition of ``co``, ``sw`` or ``ew``.

    :param fragment: For ``co``, it may be the place of a text that is not empty.
    """
    if not fragment:
        return Q(Value(True, output_field=BooleanField()))
    if operator is CompareOperator.sw and isinstance(fragment, str):
        return Q(Exact(Left(text, len(fragment)), fragment))
    condition = Q(Substring(text, fragment, operator=operator))
    return (
        Q(Roughly(text, fragment, operator=operator)) & condition if type(text) is Comparable else condition
    )


class Substring(Lookup):
    """Whether a text contains another, or ends with it.

    On PostgreSQL it is ``LIKE``, which an index of trigrams serves if the project has one. Elsewhere no
    index does, and functions need no escapes.
    """

    lookup_name = "scim_substring"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: str | Slot, *, operator: CompareOperator) -> None:
        self.operator = operator
        super().__init__(lhs, rhs)

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two conditions the same."""
        return (*super().identity, self.operator)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Ask for the position of the text, or for the end."""
        if self.operator is CompareOperator.co:
            text = self.rhs if isinstance(self.rhs, Slot) else Value(self.rhs)
            condition: Lookup[Any] = GreaterThan(StrIndex(self.lhs, text), 0)
        else:
            condition = Exact(Right(self.lhs, len(self.rhs)), self.rhs)
        sql, params = compiler.compile(condition)
        return sql, tuple(params)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Compare with a pattern, in which nothing of the text has a meaning."""
        sql, params = compiler.compile(self.lhs)
        return f"{sql} LIKE %s", (*params, self._compared)

    @property
    def _compared(self) -> str | Slot:
        """The pattern, or the place of what is made of the text of a run."""
        return DerivedSlot(self.rhs, self.pattern) if isinstance(self.rhs, Slot) else self.pattern(self.rhs)

    def pattern(self, text: str) -> str:
        """Return the pattern of what contains a text, or ends with it."""
        return PATTERNS[self.operator].format(re.sub(r"[\\%_]", r"\\\g<0>", text))


class Roughly(Substring):
    """Whether the comparable form of a column may contain a text, or end with it, as far as ASCII tells.

    It never leaves out a row that does. To fold the text of each row takes the most of a search that reads
    them all, and here the database folds the case of ASCII alone.
    """

    lookup_name = "scim_roughly"
    lhs: Comparable

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Fold by the function of SQLite, which knows ASCII."""
        return self._like(compiler, "LOWER(%s)")

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Fold in the locale that knows ASCII."""
        return self._like(compiler, '(LOWER((%s)::text COLLATE "C"))')

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Fold in a collation that compares code points. That of other characters does no harm."""
        return self._like(
            compiler, f"LOWER(CONVERT(%s USING utf8mb4) COLLATE {binary_collation(connection)})"
        )

    def _like(self, compiler: SQLCompiler, folded: str) -> Compiled:
        (column,) = self.lhs.get_source_expressions()
        sql, params = compiler.compile(column)
        return f"{folded % sql} LIKE %s ESCAPE '!'", (*params, self._compared)

    def pattern(self, text: str) -> str:
        """Return the pattern, with anything in the place of what may be written in another way."""
        parts = (re.sub("[!%_]", r"!\g<0>", part.lower()) for part in CHANGEABLE.split(text))
        return PATTERNS[self.operator].format("%".join(parts))
