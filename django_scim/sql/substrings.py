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

from django_scim.sql.functions import Compiled
from django_scim.sql.prepared import DerivedSlot, Slot

PATTERNS = {CompareOperator.co: "%{}%", CompareOperator.ew: "%{}"}


def substring(text: Any, operator: CompareOperator, fragment: str | Slot) -> Q:
    """Return the condition of ``co``, ``sw`` or ``ew``.

    :param fragment: For ``co``, it may be the place of a text that is not empty.
    """
    if not fragment:
        return Q(Value(True, output_field=BooleanField()))
    if operator is CompareOperator.sw and isinstance(fragment, str):
        return Q(Exact(Left(text, len(fragment)), fragment))
    return Q(Substring(text, fragment, operator=operator))


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
        pattern = (
            DerivedSlot(self.rhs, self.pattern) if isinstance(self.rhs, Slot) else self.pattern(self.rhs)
        )
        return f"{sql} LIKE %s", (*params, pattern)

    def pattern(self, text: str) -> str:
        """Return the pattern of what contains a text, or ends with it."""
        return PATTERNS[self.operator].format(re.sub(r"[\\%_]", r"\\\g<0>", text))
