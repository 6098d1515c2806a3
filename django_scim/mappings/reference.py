"""A foreign key to another resource, such as the manager of the enterprise user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, Model, OneToOneRel, OuterRef, Q, QuerySet, Subquery
from scim2_models import InvalidValueException

from django_scim.conf import get_settings
from django_scim.mappings.builtin import identifier_operand
from django_scim.mappings.check_messages import unknown_field, wrong_resource_type
from django_scim.mappings.collection import identifier_of
from django_scim.mappings.columns import HostPath
from django_scim.mappings.dependencies import writing
from django_scim.mappings.mapping import Mapping
from django_scim.mappings.stored_reference import referred_to
from django_scim.schema.paths import AttributePath, Json
from django_scim.schema.types import declare_read_only, keep_parts
from django_scim.sql.operand import AbsentOperand, ColumnOperand, Operand, constant
from django_scim.sql.sources import Source, SourceOperand

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource
    from django_scim.resources.resource_type import ResourceType


class Reference(Mapping):
    """A complex attribute with ``value``, ``$ref`` and ``displayName``: ``Reference("manager", to="User")``.

    What is not there yet is kept in the record, unless ``UNKNOWN_REFERENCES`` says that it is refused. The
    foreign key is filled when it comes.

    :param path: The foreign key, with ``__`` across one-to-one relations.
    :param to: The resource type that it leads to.
    """

    has_own_index = True
    uses_record = True

    def __init__(self, path: str, *, to: str) -> None:
        self.column = path
        self.to = to

    def prepare(self) -> None:
        """Find the foreign key; :meth:`check` reports one that is not there."""
        self.host: HostPath | None = None
        try:
            host = HostPath(self.resource_type.model, self.column)
        except (FieldDoesNotExist, ValueError):
            return
        if isinstance(host.field, ForeignKey):
            self.host = host

    def check(self) -> Iterable[CheckMessage]:
        """Report a path that does not lead to a foreign key, or not to one to the resource type."""
        if self.host is None:
            yield unknown_field(self.resource_type, self.path.key, self.resource_type.model, self.column)
        else:
            model = self.host.field.related_model
            yield from wrong_resource_type(self.resource_type, self.path.key, self.to, model)

    def declare(self, attribute: Json) -> None:
        """Leave out the sub-attributes that a foreign key has no place for; the name is the server's to give.

        RFC 7643 section 8.7.1 has the name of a manager as ``readOnly`` too.
        """
        super().declare(attribute)
        parts = keep_parts(attribute, ("value", "$ref", *self.names))
        for name in self.names:
            if name in parts:
                declare_read_only(parts[name])

    @property
    def other(self) -> ResourceType | None:
        """The resource type of the other side, or None where the project does not serve it."""
        return self.resource_type.registry.get(self.to)

    @property
    def names(self) -> Sequence[str]:
        """The sub-attribute with the name of what it leads to, if that has one."""
        return ("displayName",) if self.other is not None and self.other.adapter.display_column else ()

    def columns(self) -> Sequence[str]:
        return (self.column,)

    def fetch(self, objects: Sequence[Resource]) -> None:
        other = self.other
        assert self.host is not None
        keys = {obj: self.host.read(obj.instance) for obj in objects}
        wanted = {key for key in keys.values() if key is not None}
        found: dict[Any, Any] = {}
        if other is not None and wanted:
            rows = other.queryset(objects[0].caller.connection).using(objects[0].database)
            if joined := (other.adapter.display_column or "").rpartition("__")[0]:
                rows = rows.select_related(joined)
            found = other.with_ids(rows).in_bulk(list(wanted))
        waiting = {obj: value for obj in objects if keys[obj] is None and (value := self.awaited(obj))}
        known = referred_to(other, objects[0], list(waiting.values())) if other and waiting else {}
        for obj, key in keys.items():
            obj.fetched[self.path.key] = found.get(key) or known.get(waiting.get(obj, ""))

    def read(self, obj: Resource) -> Any:
        """Return the reference, or the one that is kept; None if the connection cannot see where it leads."""
        target = obj.fetched.get(self.path.key)
        other = self.other
        awaited = self.awaited(obj)
        if target is None or other is None:
            return {"value": awaited} if awaited else None
        identifier = other.identifier(target)
        value = {"value": awaited or identifier, "$ref": obj.caller.location(other, identifier)}
        is_named = bool(other.adapter.display_column) and obj.caller.may_name(other)
        if is_named and "displayName" in self.path.sub_attributes:
            value["displayName"] = other.adapter.row_name(target)
        return value

    def write(self, obj: Resource, value: Any) -> None:
        """Point the foreign key at the resource that ``value`` names, or keep it until there is one.

        :raises InvalidValueException: If there is no such resource, and it is not kept, or the foreign key
            cannot be null.
        """
        assert self.host is not None
        identifier = identifier_of(value)
        row = None if identifier is None else self.target_of(obj, identifier)
        is_kept = identifier is not None and get_settings().UNKNOWN_REFERENCES == "keep"
        if row is None and not (self.host.field.null and (value is None or is_kept)):
            raise InvalidValueException(detail=f"{self.path.key}: there is no {self.to} with that id")
        awaited = identifier if row is None else None
        former = self.kept(obj)
        if awaited != former:
            self.path.set(obj.document, awaited and {"value": awaited})
            obj.changed_outside = True
        self.host.write(obj, None if row is None else row.pk)
        if awaited:
            obj.after_save.append(lambda: self.wait(obj, awaited))
        elif former:
            obj.after_save.append(lambda: self.resource_type.wait_no_longer(obj, self))

    def target_of(self, obj: Resource, identifier: str, *, is_final: bool = False) -> Any:
        """Return the row that a reference leads to, or None if there is no such yet."""
        other = self.other
        return (
            None
            if other is None
            else referred_to(other, obj, [identifier], is_final=is_final).get(identifier)
        )

    @property
    def can_wait(self) -> bool:
        """Whether what is not there yet is kept, and fills the foreign key when it comes."""
        return self.host is not None and self.host.field.null and self.writable

    def wait(self, obj: Resource, identifier: str) -> None:
        """Note that the resource waits for another one; fill the foreign key if that has come by now."""
        if self.other is None:
            return
        row = self.resource_type.wait(obj, self, identifier)
        if row is None:
            obj.notes.append(f"{self.path.key}: there is no {self.to} '{identifier}' yet")
            return
        assert self.host is not None
        assert obj.record is not None
        self.resource_type.wait_no_longer(obj, self)
        self.path.set(obj.record.attributes, None)
        obj.record.save(using=obj.database, update_fields=["attributes"])
        owner = self.host.owner(obj.instance)
        assert owner is not None
        setattr(owner, self.host.field.attname, row.pk)
        with writing(owner):
            owner.save(using=obj.database, update_fields=[self.host.field.name])

    def on_delete(self, obj: Resource) -> None:
        """Wait no longer: a deleted resource has nobody above it."""
        if self.kept(obj):
            self.resource_type.wait_no_longer(obj, self)

    def on_restore(self, obj: Resource) -> None:
        """Wait again for what has not come."""
        awaited = self.awaited(obj)
        if awaited:
            obj.after_save.append(lambda: self.wait(obj, awaited))

    def waiting_rows(self, keys: Any, using: str) -> QuerySet[Any]:
        """Return the rows of some resources whose foreign key is still to be filled.

        :param keys: Their primary keys, as a query.
        """
        assert self.host is not None
        rows = self.resource_type.model._base_manager.using(using).filter(pk__in=keys)
        if self.host.joins:
            rows = rows.filter(**{f"{self.host.joins}__isnull": False})
        found: QuerySet[Any] = rows.filter(**{f"{self.column}__isnull": True})
        return found

    def fill(self, keys: Any, target: Model, using: str) -> None:
        """Point the foreign keys of some resources that have none at a row, in one statement.

        :param keys: The primary keys of the resources, as a query.
        """
        assert self.host is not None
        path = "__".join([*map(way_back, reversed(self.host.relations))]) or "pk"
        rows = self.host.model._base_manager.using(using).filter(**{f"{path}__in": keys})
        name = self.host.field.name
        rows.filter(**{f"{name}__isnull": True}).update(**{name: target.pk})

    def kept(self, obj: Resource) -> str | None:
        """Return what a client has named that was not there."""
        return None if obj.record is None else identifier_of(self.path.get(obj.record.attributes))

    def awaited(self, obj: Resource) -> str | None:
        """Return the same, unless the project has set the foreign key since."""
        assert self.host is not None
        return self.kept(obj) if self.host.read(obj.instance) is None else None

    def before_and_after(self, obj: Resource, before: Json, after: Json, *, removes: bool) -> tuple[Any, Any]:
        """Let a reference that was kept be written again if it leads somewhere now, and not else."""
        old, new = super().before_and_after(obj, before, after, removes=removes)
        awaited = self.awaited(obj)
        if awaited and awaited == identifier_of(new):
            return (None, new) if self.target_of(obj, awaited) is not None else (old, old)
        return old, new

    @property
    def clearable(self) -> bool:
        return self.host is not None and self.host.field.null

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Compare the ``id``, or the name, of what the connection can see of the other side."""
        other = self.other
        inner = None if other is None else self._inner(other, path, caller)
        if other is None or inner is None:
            return super().operand(path, caller)
        rows = other.queryset(caller.connection)
        own = rows.filter(pk=OuterRef(self.column))
        source = ReferenceSource(rows, self.column, lambda _: inner)
        return SourceOperand(source, path.sub, Subquery(own.values(found=inner.expression)[:1]))

    def _inner(self, other: ResourceType, path: AttributePath, caller: Caller) -> Operand | None:
        if path.sub == "value":
            return identifier_operand(other, "", path.binding)
        if path.sub == "displayName" and not caller.may_name(other):
            return AbsentOperand(path.binding)
        if path.sub == "displayName" and other.adapter.display_column:
            field = HostPath(other.model, other.adapter.display_column).field
            return ColumnOperand(other.adapter.display_column, field, path.binding)
        return None

    def present(self, path: AttributePath, caller: Caller) -> Q:
        """There is an address where there is an ``id``."""
        if path.sub == "$ref":
            return self.assigned(path, caller)
        return super().present(path, caller)

    def assigned(self, path: AttributePath, caller: Caller) -> Q:
        """All sub-attributes have a value, or no sub-attribute has."""
        if self.other is None:
            return constant(False)
        return ReferenceSource(self.other.queryset(caller.connection), self.column, lambda _: None).exists()


def way_back(relation: Any) -> str:
    """Return the look-up that leads from the other side of a one-to-one relation."""
    return str(relation.field.name if isinstance(relation, OneToOneRel) else relation.related_query_name())


class ReferenceSource(Source):
    """The one row that a foreign key leads to."""

    def exists(self, condition: Q | None = None) -> Q:
        """Look for the foreign key among the rows that meet the condition."""
        rows = self.rows if condition is None else self.rows.filter(condition)
        return Q(**{f"{self.key}__in": rows.values("pk")})
