"""Attributes that no column holds: kept as they came in the record's JSON, and found there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.db import connections, router
from django.db.models import OuterRef, Subquery
from scim2_models import AttributeBinding, InvalidValueException

from django_scim.mappings.columns import Column
from django_scim.mappings.conversions import Conversion
from django_scim.mappings.dependencies import LookupColumn
from django_scim.mappings.mapping import Mapping
from django_scim.schema.paths import AttributePath, Json, resolve
from django_scim.sql.functions import DocumentText
from django_scim.sql.operand import Operand, StoredOperand
from django_scim.sql.sources import EntrySource, Source, SourceOperand
from django_scim.sql.values import encode

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource


class Stored(Mapping):
    """An attribute without a mapping of its own: what goes in comes out unchanged.

    :param without: The sub-attributes of a complex attribute that have mappings of their own.
    """

    uses_record = True

    def __init__(self, without: Iterable[str] = ()) -> None:
        self.without = frozenset(without)

    def prepare(self) -> None:
        """Note which values are decimals, which PostgreSQL gives back as integers if they are large.

        It alone has an index of what the records hold.
        """
        self.has_own_index = connections[router.db_for_write(self.resource_type.model)].vendor == "postgresql"
        names: list[str | None] = [None, *self.path.sub_attributes]
        bindings = {name: self.sub_binding(name) for name in names}
        self.decimals = {
            name for name, binding in bindings.items() if binding is not None and binding.target_type is float
        }
        if type(self).read is Stored.read:
            self.stored_in = self.path.extension or self.path.name

    def holds(self, sub: str) -> bool:
        """Leave out the sub-attributes that are mapped elsewhere."""
        return sub not in self.without

    def value_in(self, document: Json) -> Any:
        """Leave out the sub-attributes that are mapped elsewhere."""
        value = super().value_in(document)
        if not self.without or not isinstance(value, dict):
            return value
        return {name: item for name, item in value.items() if name not in self.without} or None

    def read(self, obj: Resource) -> Any:
        value = None if obj.record is None else self.path.get(obj.record.attributes)
        if self.decimals:
            value = self._with_decimals(value, None)
        return dict(value) if isinstance(value, dict) else value

    def _with_decimals(self, value: Any, sub: str | None) -> Any:
        if isinstance(value, list):
            return [self._with_decimals(entry, sub) for entry in value]
        if isinstance(value, dict):
            return {name: self._with_decimals(item, name) for name, item in value.items()}
        return float(value) if isinstance(value, int) and sub in self.decimals else value

    def write(self, obj: Resource, value: Any) -> None:
        self.path.set(obj.document, value)
        obj.changed_outside = True

    def comparable(self, document: Json) -> dict[str, Any]:
        """Return each value under its path, and the entries of a list under the path of the list.

        For a list, the paths of its sub-attributes hold those of the primary or first entry, which
        RFC 7644 section 3.4.2.3 sorts by.
        """
        value = self.path.get(document)
        if value is None:
            return {}
        if not self.path.is_multivalued:
            return self.flat(self.path.head, value)
        entries = [self.flat("", entry) for entry in value]
        preferred = next((entry for entry in value if is_primary(entry)), value[0])
        return {self.path.head: entries, **self.flat(self.path.head, preferred)}

    def flat(self, prefix: str, value: Any) -> dict[str, str]:
        """Return the comparable form of a value and of its sub-attributes, by path.

        :raises InvalidValueException: If a value cannot be compared.
        """
        if isinstance(value, dict):
            pairs = [(name, self.sub_binding(name), item) for name, item in value.items()]
        else:
            pairs = [("" if prefix and not self.path.is_multivalued else "value", self.path.binding, value)]
        flat = {}
        for name, binding, item in pairs:
            if binding is None or item is None:
                continue
            try:
                flat[".".join(part for part in (prefix, name) if part)] = encode(binding, item)
            except ValueError as error:
                detail = f"the value of '{self.path.key}' is out of range"
                raise InvalidValueException(detail=detail) from error
        return flat

    def sub_binding(self, sub: str | None) -> AttributeBinding | None:
        """Return what scim2-models knows of a sub-attribute; None if there is no such."""
        if sub is None:
            return self.path.binding
        path = resolve(self.resource_type.resource, f"{self.path.head}.{sub}")
        if path is None and sub == "value" and not self.path.sub_attributes:
            return self.path.binding
        return None if path is None else path.binding

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Look into the records for a filter; bring the value to the host's row for a sort."""
        key = path.key
        if path.is_multivalued:
            key = f"{path.head}.{path.sub or 'value'}"
        source = Source(
            self.resource_type.records(),
            self.resource_type.record_key,
            lambda _: StoredOperand(
                "comparable", key, path.binding, has_digest=key in self.resource_type.with_digest
            ),
        )
        return SourceOperand(source, path.sub, self.subquery(key))

    def subquery(self, key: str) -> Subquery:
        """Return a member of the comparable document as an expression on the host's row."""
        rows = self.resource_type.records().filter(**{self.resource_type.record_key: OuterRef("pk")})
        return Subquery(rows.values(found=DocumentText("comparable", key=key))[:1])

    def sources(self, caller: Caller) -> Sequence[Source]:
        return [
            EntrySource(
                self.resource_type.records(),
                self.resource_type.record_key,
                self.path.head,
                self.sub_binding,
                has_digest=self.path.head in self.resource_type.with_digest,
            )
        ]


def is_primary(entry: Any) -> bool:
    """Whether an entry of a multi-valued attribute is marked as the primary one."""
    return isinstance(entry, dict) and entry.get("primary") is True


class StoredWithColumn(Stored):
    """What the mappings of a list with a column beside it have in common: the column.

    :param column: The column, as for :class:`~django_scim.mappings.Column`.
    :param type: The ``type`` of the column's value while no client has sent it, such as ``work``. Microsoft
        Entra ID looks for ``emails[type eq "work"].value`` and knows no other address.
    :param convert: How the column holds the value, as for :class:`~django_scim.mappings.Column`.
    """

    def __init__(self, column: str, *, type: str | None = None, convert: Conversion | None = None) -> None:
        super().__init__()
        self.column = Column(column, convert=convert)
        self.assumed: Json = {"primary": True} if type is None else {"primary": True, "type": type}
        """The sub-attributes of the column's value while no client has sent it."""

    def prepare(self) -> None:
        """Bind the column to the ``value`` of the entries."""
        super().prepare()
        binding = self.sub_binding("value")
        assert binding is not None
        value = AttributePath(self.path.extension, self.path.name, "value", binding)
        self.column = self.column.bind(self.resource_type, value)
        self.sortable = self.column.sortable

    def check(self) -> Iterable[CheckMessage]:
        return self.column.check()

    def columns(self) -> Sequence[str]:
        return self.column.columns()

    def lookup_columns(self) -> Iterable[LookupColumn]:
        return self.column.lookup_columns()
