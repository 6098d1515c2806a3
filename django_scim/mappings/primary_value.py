"""A multi-valued attribute one value of which is a column, such as ``emails`` and ``email``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.db.models import Q
from django.db.models.functions import Coalesce
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator

from django_scim.mappings.check_messages import wrong_fallback
from django_scim.mappings.conversions import Conversion
from django_scim.mappings.mapping import cannot_be_sorted
from django_scim.mappings.stored import StoredWithColumn, is_primary
from django_scim.schema.paths import AttributePath, Json
from django_scim.sql.functions import AnyEntry
from django_scim.sql.index_candidates import in_any_table
from django_scim.sql.operand import AbsentOperand, ConstantOperand, Operand, StoredOperand, constant, is_text
from django_scim.sql.sources import HostSource, OwnSource, Source, SourceOperand

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource


class PrimaryValue(StoredWithColumn):
    """The column holds the ``value`` of one entry; all else is stored beside it.

    The entry is the primary one, or else the first that has a value. In the record's document it
    has a null for its value, so that the column says what the value is, also after the host changed it.

    :param column: The column, as for :class:`~django_scim.mappings.Column`.
    :param type: The ``type`` of a value that no client has sent, such as ``work``.
    :param convert: How the column holds the value, as for :class:`~django_scim.mappings.Column`.
    :param fallback: The attribute whose text the column gets where a client sends no value, such as
        ``userName``, or None. For a column that has to have a value: without it, such a request is refused.
    """

    def __init__(
        self,
        column: str,
        *,
        type: str | None = None,
        convert: Conversion | None = None,
        fallback: str | None = None,
    ) -> None:
        super().__init__(column, type=type, convert=convert)
        self.fallback = fallback

    def prepare(self) -> None:
        """Take over what the column says."""
        super().prepare()
        self.requires_value = self.column.requires_value

    def check(self) -> Iterable[CheckMessage]:
        """Check the column; report a fallback that is no text."""
        yield from super().check()
        if self.fallback is not None:
            path = self.resource_type.resolve(self.fallback)
            if path is None or path.is_multivalued or not is_text(path.binding) or path.is_secret:
                yield wrong_fallback(self.resource_type, self.path.key, self.fallback)

    def before_and_after(self, obj: Resource, before: Json, after: Json, *, removes: bool) -> tuple[Any, Any]:
        """Return the values before and after a request. A value that is the fallback's follows it."""
        old, new = super().before_and_after(obj, before, after, removes=removes)
        path = None if self.fallback is None else self.resource_type.resolve(self.fallback)
        mapping = None if path is None else self.resource_type.mapping_for(path)
        if path is None or mapping is None:
            return old, new
        former, text = path.get(before), mapping.respelled(path.get(after))
        if old and new == old and len(old) == 1 and old[0].get("value") == former:
            return old, [{**old[0], "value": text}]
        if text and not any(entry.get("value") for entry in new or ()):
            return old, [{"value": text, **self.assumed}, *(new or ())]
        return old, new

    def read(self, obj: Resource) -> Any:
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

    def write(self, obj: Resource, value: Any) -> None:
        """Put one value in the column, the rest in the document."""
        entries = [dict(entry) for entry in value or [] if entry.get("value")]
        chosen = next((entry for entry in entries if is_primary(entry)), None)
        chosen = chosen or next(iter(entries), None)
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

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Sort by what belongs to the column's entry."""
        return self.in_column(path.sub) or super().operand(path, caller)

    def sources(self, caller: Caller) -> Sequence[Source]:
        """Return the column and the stored entries."""
        value = self.in_column("value")
        assert value is not None
        rows = self.resource_type.model._base_manager.all()
        return [HostSource(value.present(), self.in_column, rows), *super().sources(caller)]

    def in_column(self, sub: str | None) -> Operand | None:
        """Return what to compare for a sub-attribute of the column's entry."""
        binding = self.sub_binding(sub or "value")
        if binding is None:
            return None
        if sub in (None, "value"):
            return self.column.conversion.operand(self.column.column)
        key = f"{self.path.head}.{sub}"
        kind = OwnSource if sub in self.assumed else Source
        source = kind(
            self.resource_type.records(),
            self.resource_type.record_key,
            lambda _: StoredOperand("comparable", key, binding),
        )
        operand = SourceOperand(source, sub, self.subquery(key))
        if sub not in self.assumed:
            return operand
        marker = StoredOperand("comparable", f"{self.path.head}.value", binding)
        assumed = ConstantOperand(self.assumed[sub], binding)
        return AssumedUnlessStored(operand, OwnSource(source.rows, source.key, lambda _: marker), assumed)


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


class DefaultValue(StoredWithColumn):
    """The values are stored as they come; until there are any, the column is the one and primary value.

    The column is read and never written: it belongs to another attribute. Two attributes that write one
    column would change each other.

    :param column: The column, as for :class:`~django_scim.mappings.Column`.
    :param type: The ``type`` of that value, such as ``work``.
    :param convert: How the column holds the value, as for :class:`~django_scim.mappings.Column`.
    """

    def read(self, obj: Resource) -> Any:
        """Return the stored entries, or else the column's value."""
        return super().read(obj) or self.default(obj)

    def written_columns(self) -> Sequence[str]:
        return ()

    def default(self, obj: Resource) -> Any:
        """Return the column's value as the one entry."""
        value = self.column.read(obj)
        return None if value is None else [{"value": value, **self.assumed}]

    def sources(self, caller: Caller) -> Sequence[Source]:
        """Return the stored entries, and the column where there are none."""
        (stored,) = super().sources(caller)
        value = self.in_column("value")
        assert value is not None
        kept = OwnSource(self.resource_type.records(), self.resource_type.record_key, lambda _: None)
        has_none = ~kept.exists(Q(AnyEntry("comparable", constant(True), key=self.path.head)))
        rows = self.resource_type.model._base_manager.all()
        return [stored, HostSource(value.present() & has_none, self.in_column, rows)]

    def in_column(self, sub: str | None) -> Operand | None:
        """Return what to compare for a sub-attribute of the column's value."""
        name = sub or "value"
        binding = self.sub_binding(name)
        if binding is None:
            return None
        if name == "value":
            return self.column.conversion.operand(self.column.column)
        if name in self.assumed:
            return ConstantOperand(self.assumed[name], binding)
        return AbsentOperand(binding)

    def order(self, path: AttributePath, caller: Caller) -> Any:
        """Sort by the stored value, or else by the column."""
        stored = super().order(path, caller)
        column = self.in_column(path.sub)
        assert column is not None
        is_known = (path.sub or "value") in ("value", *self.assumed)
        try:
            return Coalesce(stored, in_any_table(column.order())) if is_known else stored
        except InvalidFilterException as error:
            raise cannot_be_sorted(path) from error
