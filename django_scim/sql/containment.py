"""What a record's comparable document contains, which PostgreSQL can tell by an index.

Equality with a kept value is decided by the text in the document. Beside it stands the condition that the
document contains that text in its place: a GIN index on the document finds the few that do. Other databases
have no such index. There, a table has the digests of the values by which clients look resources up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Set
from functools import partial
from typing import Any

from django.apps import apps
from django.core.exceptions import FullResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup, Q
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

from django_scim.sql.functions import Compiled
from django_scim.sql.prepared import DerivedSlot, Slot

INDEX = "scim_record_comparable"
"""The name of the index on the documents, which the migration makes on PostgreSQL."""


class Contained(Lookup):
    """Whether a document may hold what another one holds; always true where no index tells.

    :param lhs: The document: a reference to the column, or an entry of a list in it.
    :param rhs: The members that it has to have.
    :param has_digest: Whether there is a digest of the value, where documents have no index.
    """

    lookup_name = "scim_contained"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: dict[str, Any], *, has_digest: bool = False) -> None:
        self.members = rhs
        self.has_digest = has_digest
        slot = slot_in(rhs)
        super().__init__(lhs, json.dumps(rhs, sort_keys=True) if slot is None else filled(rhs, slot))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Ask the table of digests, or leave the condition out."""
        named = named_in(self.members) if self.has_digest and isinstance(self.lhs, Col) else None
        if named is None:
            raise FullResultSet
        key, text = named
        digest = (
            DerivedSlot(text, partial(digest_of, key)) if isinstance(text, Slot) else digest_of(key, text)
        )
        quote = connection.ops.quote_name
        table = quote(apps.get_model("django_scim", "StoredValue")._meta.db_table)
        record = f"{quote(self.lhs.alias)}.{quote('id')}"
        found = f"SELECT {quote('record_id')} FROM {table} WHERE {quote('digest')} = %s"  # noqa: S608 - names
        return f"{record} IN ({found})", (digest,)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Ask the operator that the index knows."""
        sql, params = compiler.compile(self.lhs)
        return f"{sql} @> %s::jsonb", (*params, self.rhs)


def named_in(members: dict[str, Any]) -> tuple[str, Any] | None:
    """Return the one value that members name, with its key: a member, or that of an entry of a list."""
    ((key, value),) = members.items()
    if isinstance(value, list):
        text = value[0].get("value")
        return None if text is None else (key + ENTRY, text)
    return key, value


ENTRY = "[]"
"""What follows the name of a list in the key of a value in it."""


def needs_digests(alias: str) -> bool:
    """Whether a database needs digests: PostgreSQL has an index on the documents themselves."""
    return connections[alias].vendor != "postgresql"


def digest_of(key: str, text: str) -> str:
    """Return what finds a value by an index, in any collation."""
    return hashlib.sha256(f"{key}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def digests_in(members: dict[str, Any], names: Set[str]) -> set[str]:
    """Return the digests of the values of a record's comparable document.

    :param names: The members that have some: whole values, and lists for the values in them.
    """
    found = set()
    for key in names & members.keys():
        item = members[key]
        if isinstance(item, list):
            found |= {digest_of(key + ENTRY, each["value"]) for each in item if "value" in each}
        else:
            found.add(digest_of(key, item))
    return found


def slot_in(value: Any) -> Slot | None:
    """Return the place of the text in a document, or None if the text itself is there."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return next(filter(None, map(slot_in, parts)), None)
    return value if isinstance(value, Slot) else None


def filled(members: dict[str, Any], slot: Slot) -> Slot:
    """Return the place of a document that has the text of each run in it."""
    return DerivedSlot(slot, lambda text: json.dumps(members, sort_keys=True, default=lambda _: text))


def contained(document: Any, members: dict[str, Any], *, has_digest: bool = False) -> Q:
    """Return the condition that a document holds some members, as far as an index can tell."""
    lhs = F(document) if isinstance(document, str) else document
    return Q(Contained(lhs, members, has_digest=has_digest))


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
