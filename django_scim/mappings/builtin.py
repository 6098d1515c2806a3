"""The attributes that every resource has: ``id``, ``externalId``, ``meta`` (RFC 7643 section 3.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db.models import F, Field, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Coalesce
from scim2_models import AttributeBinding, InvalidFilterException, InvalidValueException
from scim2_models.path import CompareOperator

from django_scim.mappings.conversions import is_empty, to_json
from django_scim.mappings.dependencies import LookupColumn
from django_scim.mappings.identifiers import can_be_random, reissued, uuid_text
from django_scim.mappings.mapping import Mapping, parts_of
from django_scim.mappings.times import TimeOperand
from django_scim.schema.paths import AttributePath, walk
from django_scim.sql.functions import Comparable
from django_scim.sql.names import announced, lock_names
from django_scim.sql.operand import (
    ColumnOperand,
    ConstantOperand,
    KeyOperand,
    Operand,
    any_of,
    check_text,
    constant,
)
from django_scim.sql.prepared import DerivedSlot, Slot
from django_scim.sql.saving import save_own
from django_scim.sql.sources import HostSource, Source, SourceOperand
from django_scim.sql.values import column_of

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource
    from django_scim.resources.resource_type import ResourceType


TIMES = {"created": "created", "lastModified": "last_modified"}
"""The columns of the records that hold sub-attributes of ``meta``."""


class Identifier(Mapping):
    """``id``, made from the primary key or taken from ``id_field``."""

    read_only = True
    has_own_index = True

    def read(self, obj: Resource) -> Any:
        return obj.identifier

    @property
    def places(self) -> Sequence[str]:
        return (self.resource_type.id_column,)

    def initialize(self, obj: Resource) -> None:
        """Give a new row a value in ``id_field`` where the model has no default for it."""
        name = self.resource_type.adapter.id_field
        if name is not None and is_empty(getattr(obj.instance, name)):
            field = column_of(self.resource_type.model, name)
            if can_be_random(field):
                setattr(obj.instance, name, field.to_python(str(uuid4())))
                obj.touch(obj.instance, name)

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        return identifier_operand(self.resource_type, "", path.binding)

    def order(self, path: AttributePath, caller: Caller) -> Any:
        """Sort by the key, which an index has in order: any order does, as long as it is one."""
        return F(self.resource_type.id_column)

    def order_among(self, path: AttributePath, caller: Caller) -> Any:
        """Sort by the ``id`` itself, or by what has the same order.

        Keys of several types say nothing of each other. A row that was used before has the ``id`` that its
        record keeps.
        """
        kept = self.resource_type.reissued_id(OuterRef("pk"))
        own = self.resource_type.scheme.sort_key(F(self.resource_type.id_column))
        return Comparable(Coalesce(uuid_text(kept), own, output_field=TextField()), case_exact=True)


def identifier_operand(resource_type: ResourceType, prefix: str, binding: AttributeBinding) -> Operand:
    """Return the operand of an ``id`` of a resource, reached through a prefix such as ``user__``."""
    key: Operand = KeyOperand(
        f"{prefix}{resource_type.id_column}", binding, resource_type.scheme.decode, binding.urn
    )
    if resource_type.adapter.id_field is not None:
        field = column_of(resource_type.model, resource_type.adapter.id_field)
        if field.get_internal_type() != "UUIDField":
            key = ColumnOperand(f"{prefix}{resource_type.adapter.id_field}", field, binding)
    return IdentifierOperand(resource_type, prefix, key)


class IdentifierOperand(Operand):
    """An ``id``: that of the key, unless the record keeps another one, since the row was used before.

    :param key: The operand of the key.
    """

    def __init__(self, resource_type: ResourceType, prefix: str, key: Operand) -> None:
        super().__init__(key.expression, key.binding)
        self.resource_type = resource_type
        self.prefix = prefix
        self.key = key

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        check_text(value)
        if operator is CompareOperator.ne:
            return ~self.compare(CompareOperator.eq, value)
        kept = reissued(value) if isinstance(value, str) else None
        if operator is CompareOperator.eq and kept is not None:
            records = self.resource_type.records().filter(reissued_id=kept)
            return Q(**{f"{self.prefix}pk__in": records.values(self.resource_type.record_key)})
        condition = self.key.compare(operator, value)
        if value is None:
            return condition
        return condition & ~Q(self.resource_type.reissued(OuterRef(f"{self.prefix}pk")))

    def present(self) -> Q:
        return self.key.present()

    def present_and_not_empty(self) -> Q:
        return self.key.present_and_not_empty()

    def order(self) -> Any:
        return self.key.order()


def link_digest(external_id: str) -> str:
    """Return what finds an ``externalId`` by index: it is case-exact."""
    return hashlib.sha256(external_id.encode("utf-8", "surrogatepass")).hexdigest()


class ExternalId(Mapping):
    """``externalId``: each connection has its own (RFC 7643 section 3.1)."""

    uses_record = True
    has_own_index = True

    @property
    def column(self) -> Field[Any, Any]:
        return column_of(self.resource_type.links().model, "external_id")

    def read(self, obj: Resource) -> Any:
        return obj.external_id

    def write(self, obj: Resource, value: Any) -> None:
        """Keep the value once the resource has a record.

        :raises InvalidValueException: If it is longer than the column.
        """
        limit = self.column.max_length or 0
        if value is not None and len(value) > limit:
            raise InvalidValueException(detail=f"externalId: at most {limit} characters can be kept")
        obj.external_id = value
        obj.is_arriving = obj.is_arriving or value is not None
        obj.changed_outside = True
        obj.after_save.append(lambda: self._save(obj, value))

    def _save(self, obj: Resource, value: str | None) -> None:
        links = self.resource_type.links()
        identity: dict[str, Any] = {"record": obj.record, "connection": obj.caller.connection}
        if value is None:
            links.filter(**identity).delete()
        else:
            digest = link_digest(str(self.path.binding.comparable(value)))
            found: dict[str, Any] = {"external_id": value, "digest": digest}
            is_awaited = self.resource_type.has_waiting
            if obj.is_new:
                found["digest"] = announced(obj.database, digest) if is_awaited else digest
                save_own(links.model(**identity, **found), obj.database)
                return
            if is_awaited:
                lock_names(obj.database, [digest])
            links.update_or_create(defaults=found, **identity)

    def on_delete(self, obj: Resource) -> None:
        """Forget the values of every connection: a new resource gets its own."""
        if obj.record is not None and obj.record.pk is not None:
            self.resource_type.links().filter(record=obj.record).delete()

    def on_leave(self, obj: Resource) -> None:
        """Forget the value of the caller."""
        links = self.resource_type.links().filter(record=obj.record, connection=obj.caller.connection)
        links.filter(record__isnull=False).delete()

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Look into the links of the connection, for equality by their digest."""
        return ExternalIdOperand(self, path.binding, caller)


class ExternalIdOperand(SourceOperand):
    """The links of one connection as an operand."""

    def __init__(self, mapping: ExternalId, binding: AttributeBinding, caller: Caller) -> None:
        resource_type = mapping.resource_type
        self.links = resource_type.links().filter(
            connection=caller.connection,
            record__resource_type=resource_type.name,
            record__deleted_at__isnull=True,
        )
        self.key = f"record__{resource_type.record_key}"
        inner = ColumnOperand("external_id", mapping.column, binding)
        own = self.links.filter(**{self.key: OuterRef("pk")})
        source = Source(self.links, self.key, lambda _: inner)
        super().__init__(source, None, Subquery(own.values(found=inner.expression)[:1]))

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare by digest for ``eq``, which is what identity providers ask."""
        check_text(value)
        if operator is CompareOperator.eq and isinstance(value, str | Slot) and value:
            if isinstance(value, Slot):
                digest: Any = DerivedSlot(value, link_digest)
            else:
                digest = link_digest(str(self.binding.comparable(value)))
            return Q(pk__in=self.links.filter(digest=digest).values(self.key))
        return super().compare(operator, value)


class Meta(Mapping):
    """``meta``: what the server knows of the resource (RFC 7643 section 3.1)."""

    read_only = True
    uses_record = True
    is_looked_up = True

    def read(self, obj: Resource) -> Any:
        """Return the five members; times only where they are known."""
        created = modified = self.resource_type.created_at(obj.instance)
        if obj.record is not None:
            created, modified = obj.record.created, obj.record.last_modified
        meta = {
            "resourceType": self.resource_type.name,
            "created": to_json(created),
            "lastModified": to_json(modified),
            "location": obj.location,
            "version": self.resource_type.version(obj),
        }
        return {name: value for name, value in meta.items() if value is not None}

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Compare the times and the resource type.

        :raises InvalidFilterException: For ``location`` and ``version``, which no column holds.
        """
        if path.sub == "resourceType":
            return ConstantOperand(self.resource_type.name, path.binding)
        if path.sub not in TIMES:
            raise InvalidFilterException(detail=f"'{path.key}' cannot be filtered")
        return TimeOperand(self.resource_type, TIMES[path.sub], path.binding)

    def lookup_columns(self) -> Iterator[LookupColumn]:
        """Return when rows were made: those without a record have no other time."""
        name = self.resource_type.adapter.created_field
        path = self.resource_type.resolve("meta.lastModified")
        if name is not None and path is not None:
            yield LookupColumn.of(column_of(self.resource_type.model, name), path.binding)

    def present(self, path: AttributePath, caller: Caller) -> Q:
        """Every resource has a type, an address and a version."""
        return super().present(path, caller) if path.sub in TIMES else constant(True)

    def assigned(self, path: AttributePath, caller: Caller) -> Q:
        """No value of ``meta`` can be empty."""
        return self.present(path, caller)


class Schemas(Mapping):
    """``schemas``: the URNs of the schemas in use, which the representation gives."""

    read_only = True
    sortable = False

    def sources(self, caller: Caller) -> Sequence[Source]:
        """Return the core schema, and each extension for the resources that have an attribute of it."""
        resource = self.resource_type.resource
        conditions = {str(resource.__schema__): constant(True)}
        for urn in resource.get_extension_models():
            conditions[urn] = any_of(self._assigned(urn, caller))
        return [HostSource(condition, self._urn(urn)) for urn, condition in conditions.items()]

    def _assigned(self, urn: str, caller: Caller) -> Iterator[Q]:
        for path in walk(self.resource_type.resource):
            if path.extension == urn and not path.is_secret:
                for mapping, part in parts_of(self.resource_type, path):
                    yield mapping.assigned(part, caller)

    def _urn(self, urn: str) -> Callable[[str | None], Operand]:
        return lambda _: ConstantOperand(urn, self.path.binding)

    def read(self, obj: Resource) -> Any:
        """Return None: once all else is known, ``ResourceType.schemas_of`` gives it."""
        return None
