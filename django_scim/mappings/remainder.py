"""What the record keeps of values that have rows: the parts that the rows have no column for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact

from django_scim.mappings.stored import Stored
from django_scim.schema.paths import Json
from django_scim.sql.functions import DocumentText, Entry, EntryText
from django_scim.sql.operand import Operand

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource


MATCHED = "scim_matched"
"""The annotation of rows with the part of their value that an entry in the record is found by."""


class Remainder(Stored):
    """The parts without a column, in the document of the record, beside the part that says which row it is.

    An entry whose row is gone, or has another value by now, is nobody's: what the project does to its rows
    counts.

    :param match: The sub-attribute that says which row a value is.
    :param parts: The sub-attributes without a column.
    """

    def __init__(self, *, match: str, parts: Iterable[str]) -> None:
        super().__init__()
        self.match = match
        self.parts = frozenset(parts)

    def form(self, entry: Json) -> Any:
        """Return what of a value says which row it is, as SCIM compares it."""
        value, binding = entry.get(self.match), self.sub_binding(self.match)
        return binding.comparable(value) if binding is not None and isinstance(value, str) else value

    def keep(self, obj: Resource, entries: Sequence[Json]) -> None:
        """Keep the parts of values, in their order: of two that one ``match`` stands for, both or none."""
        names = {self.match, *self.parts}
        wanted = {self.form(entry) for entry in entries if not self.parts.isdisjoint(assigned(entry))}
        kept = [entry for entry in map(assigned, entries) if self.form(entry) in wanted]
        self.write(obj, [{name: item for name, item in entry.items() if name in names} for entry in kept])

    def add(self, obj: Resource, values: Sequence[Json]) -> list[Json]:
        """Return the values of rows with the parts that are kept of each."""
        kept: dict[Any, list[Json]] = {}
        for entry in self.read(obj) or ():
            kept.setdefault(self.form(entry), []).append(entry)
        found = []
        for value in values:
            entries = kept.get(self.form(value))
            entry = entries.pop(0) if entries else {}
            found.append({**value, **{name: item for name, item in entry.items() if name in self.parts}})
        return found

    def comparable(self, document: Json) -> dict[str, Any]:
        """Return the entries as a list."""
        entries = super().comparable(document).get(self.path.head)
        return {self.path.head: entries} if entries else {}

    # Filtering and sorting

    def matched(self, rows: QuerySet[Any], operand: Operand) -> QuerySet[Any]:
        """Return rows that know what their entry is found by.

        :param operand: The part that says which row a value is, as the rows have it.
        """
        found: QuerySet[Any] = rows.annotate(**{MATCHED: operand.order()})
        return found

    def operand_of_row(self, sub: str, key: str) -> Operand | None:
        """Return what to compare of the entry of a row, from :meth:`matched`.

        :param key: The column of the rows that names the resource.
        """
        binding = self.sub_binding(sub)
        return None if binding is None else Operand(self.in_row(sub, key), binding)

    def in_row(self, sub: str, key: str) -> Subquery:
        """Return a part that is kept of a row's value as an expression on the row."""
        records = self.resource_type.records().filter(**{self.resource_type.record_key: OuterRef(key)})
        is_entry = Q(Exact(DocumentText(Entry(), key=self.match), F("scim_of_row")))
        text = EntryText("comparable", is_entry, key=self.path.head, member=sub)
        return Subquery(records.annotate(scim_of_row=OuterRef(MATCHED)).values(found=text)[:1])


def assigned(entry: Json) -> Json:
    """Return a value without the parts that it does not have."""
    return {name: item for name, item in entry.items() if item is not None}
