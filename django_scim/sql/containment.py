"""What a record's comparable document contains, which PostgreSQL can tell by an index.

Equality with a kept value is decided by the text in the document. Beside it stands the condition that the
document contains that text in its place: a GIN index on the document finds the few that do. Other databases
have no such index, and are not asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FullResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup, Q
from django.db.models.sql.compiler import SQLCompiler

from django_scim.sql.functions import Compiled
from django_scim.sql.prepared import DerivedSlot, Slot

INDEX = "scim_record_comparable"
"""The name of the index on the documents, which the migration makes on PostgreSQL."""


class Contained(Lookup):
    """Whether a document may hold what another one holds; always true where no index tells.

    :param lhs: The document: a reference to the column, or an entry of a list in it.
    :param rhs: The members that it has to have.
    """

    lookup_name = "scim_contained"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: dict[str, Any]) -> None:
        self.members = rhs
        slot = slot_in(rhs)
        super().__init__(lhs, json.dumps(rhs, sort_keys=True) if slot is None else filled(rhs, slot))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Leave the condition out."""
        raise FullResultSet

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Ask the operator that the index knows."""
        sql, params = compiler.compile(self.lhs)
        return f"{sql} @> %s::jsonb", (*params, self.rhs)


def slot_in(value: Any) -> Slot | None:
    """Return the place of the text in a document, or None if the text itself is there."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return next(filter(None, map(slot_in, parts)), None)
    return value if isinstance(value, Slot) else None


def filled(members: dict[str, Any], slot: Slot) -> Slot:
    """Return the place of a document that has the text of each run in it."""
    return DerivedSlot(slot, lambda text: json.dumps(members, sort_keys=True, default=lambda _: text))


def contained(document: Any, members: dict[str, Any]) -> Q:
    """Return the condition that a document holds some members, as far as an index can tell."""
    return Q(Contained(F(document) if isinstance(document, str) else document, members))


def entry_in(condition: Q) -> dict[str, Any]:
    """Return the members that an entry has to have in any case to meet a condition."""
    return {name: value for part in required(condition) for name, value in part.members.items()}


def required(condition: Any) -> Iterator[Contained]:
    """Yield what has to be contained in any case: what stands in no alternative, and is not negated."""
    if isinstance(condition, Contained):
        yield condition
    elif isinstance(condition, Q) and not condition.negated and condition.connector == Q.AND:
        for child in condition.children:
            yield from required(child)
