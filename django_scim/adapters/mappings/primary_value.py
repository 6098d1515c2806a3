"""A multi-valued attribute whose primary value is a column, such as ``emails`` and ``email``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator

from django_scim.adapters.mappings.beside_column import BesideColumn
from django_scim.adapters.mappings.stored import is_primary
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.adapters.paths import AttributePath, Json
from django_scim.adapters.watched import Watched
from django_scim.query.operands import (
    ColumnOperand,
    ConstantOperand,
    HostSource,
    Operand,
    Source,
    SourceOperand,
    StoredOperand,
)


class PrimaryValue(BesideColumn):
    """The column holds the ``value`` of one entry; all else is stored beside it.

    The entry is the primary one, or else the first that has a value. In the record's document it
    has a null for its value, so that the column says what the value is, also after the host changed it.

    :param column: The column, as for :class:`~django_scim.adapters.mappings.Column`.
    :param type: The ``type`` of a value that no client has sent, such as ``work``.
    """

    def watched(self) -> Iterable[Watched]:
        """Return the row of the column."""
        return self.column.watched()

    def read(self, obj: ResourceObject) -> Any:
        """Return the stored entries, the column's value in its place."""
        value = self.column.read(obj)
        stored = super().read(obj) or []
        entries = []
        is_placed = False
        for entry in stored:
            if "value" in entry and entry["value"] is None:
                is_placed = True
                if value is not None:
                    entries.append({**entry, "value": value})
            else:
                entries.append(entry)
        if value is not None and not is_placed:
            entries.insert(0, {"value": value, **self.assumed})
        return entries or None

    def write(self, obj: ResourceObject, value: Any) -> None:
        """Put one value in the column, the rest in the document."""
        entries = [dict(entry) for entry in value or []]
        chosen = next((entry for entry in entries if is_primary(entry) and entry.get("value")), None)
        chosen = chosen or next((entry for entry in entries if entry.get("value")), None)
        held = None if chosen is None else chosen["value"]
        if chosen is not None:
            chosen["value"] = None
        if held != self.column.read(obj):
            self.column.write(obj, held)
        super().write(obj, entries)

    @property
    def clearable(self) -> bool:
        """As the column."""
        return self.column.clearable

    def comparable(self, document: Json) -> dict[str, Any]:
        """Return the other entries as a list, the column's entry under the paths of its sub-attributes."""
        entries = self.path.get(document) or []
        others = [entry for entry in entries if entry.get("value", "") is not None]
        found: dict[str, Any] = {}
        for entry in entries:
            if entry not in others:
                found = {f"{self.path.head}.value": "", **self.flat(self.path.head, entry)}
        if others:
            found[self.path.head] = [self.flat("", entry) for entry in others]
        return found

    def operand(self, path: AttributePath, scope: Scope) -> Operand:
        """Sort by what belongs to the column's entry."""
        return self.in_column(path.sub) or super().operand(path, scope)

    def sources(self, scope: Scope) -> Sequence[Source]:
        """Return the column and the stored entries."""
        value = self.in_column("value")
        assert value is not None
        rows = self.adapter.model._base_manager.all()
        return [HostSource(value.present(), self.in_column, rows), *super().sources(scope)]

    def in_column(self, sub: str | None) -> Operand | None:
        """Return what to compare for a sub-attribute of the column's entry."""
        binding = self.sub_binding(sub or "value")
        if binding is None:
            return None
        if sub in (None, "value"):
            return ColumnOperand(self.column.column, self.column.found.field, binding)
        key = f"{self.path.head}.{sub}"
        source = Source(
            self.adapter.records(),
            self.adapter.record_key,
            lambda _: StoredOperand("comparable", key, binding),
        )
        operand = SourceOperand(source, sub, self.subquery(key))
        if sub not in self.assumed:
            return operand
        marker = StoredOperand("comparable", f"{self.path.head}.value", binding)
        assumed = ConstantOperand(self.assumed[sub], binding)
        return AssumedUnlessStored(operand, Source(source.rows, source.key, lambda _: marker), assumed)


class AssumedUnlessStored(SourceOperand):
    """``primary`` or ``type`` of the column's entry: what is assumed of a value that no client has sent.

    :param stored: What a client sent with the entry.
    :param marked: The records in which the entry is stored at all.
    :param assumed: What holds for the others.
    """

    def __init__(self, stored: SourceOperand, marked: Source, assumed: ConstantOperand) -> None:
        super().__init__(stored.source, None, stored.expression)
        marker = marked.operand(None)
        if marker is None:
            raise InvalidFilterException(detail="this attribute cannot be filtered")
        self.unmarked = ~marked.exists(marker.present())
        self.assumed = assumed

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare what is stored, or what is assumed where nothing is."""
        if operator is CompareOperator.ne:
            return ~self.compare(CompareOperator.eq, value)
        if value is None:
            return super().compare(operator, value) & ~self.unmarked
        return super().compare(operator, value) | self.unmarked & self.assumed.compare(operator, value)

    def present(self) -> Q:
        """It is there when it is stored, or when nothing is."""
        return super().present() | self.unmarked

    def present_and_not_empty(self) -> Q:
        """Neither a truth value nor a type is empty."""
        return self.present()


__all__ = ["AssumedUnlessStored", "PrimaryValue"]
