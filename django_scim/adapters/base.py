"""The adapter: a declarative class that binds a SCIM resource type to a Django model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, Model, OuterRef, QuerySet
from scim2_models import ForbiddenException, InvalidPathException

from django_scim.adapters import mappings
from django_scim.adapters.identifiers import ColumnScheme, UUIDScheme, scheme_for
from django_scim.adapters.mappings.columns import Column, HostPath, is_empty
from django_scim.adapters.mappings.stored import Stored
from django_scim.adapters.objects import ResourceObject
from django_scim.adapters.paths import AttributePath, Json, ResourceModel, resolve, walk
from django_scim.adapters.suggestions import unknown_attribute
from django_scim.models import Connection, Record

if TYPE_CHECKING:
    from django_scim.registry import Registry

BATCH = 500
"""How many keys go into one statement."""


class Adapter:
    """What SCIM needs to know of a resource type and of the model behind it.

    A subclass sets the class attributes. ``attributes`` maps SCIM attribute paths to mappings (a string
    is a :class:`~django_scim.adapters.mappings.Column`); what it leaves out is kept in the record.

    :param setting: How system checks name the place of the configuration.
    :param attributes: Mappings that are added to those of the class, or replace them; none removes one.
    :param delete: Replaces :attr:`delete`.
    :param id_field: Replaces :attr:`id_field`.
    """

    resource: ClassVar[ResourceModel]
    """The scim2-models type: the schema and its extensions, such as ``User[EnterpriseUserExtension]``."""

    model: type[Model]
    """The model whose rows are the resources."""

    name: ClassVar[str]
    """The name of the resource type, such as ``User``."""

    endpoint: ClassVar[str]
    """The path below the SCIM root, such as ``/Users``."""

    description: ClassVar[str] = ""
    """What ``/ResourceTypes`` says of it."""

    attributes: Mapping[str, mappings.Mapping | str | None] = {}
    """The mappings by the path of their attribute."""

    delete: str = "soft"
    """``"soft"`` hides and deactivates a deleted resource, ``"hard"`` deletes its row."""

    id_field: str | None = None
    """A unique column whose values are the ``id``, instead of one made from the primary key."""

    display_column: str | None = None
    """The column that names a resource in the ``display`` of those that refer to it."""

    created_field: str | None = None
    """A column with the time at which the row was made, for resources that have no record."""

    def __init__(
        self,
        *,
        setting: str,
        attributes: Mapping[str, mappings.Mapping | str | None] | None = None,
        delete: str | None = None,
        id_field: str | None = None,
    ) -> None:
        self.setting = setting
        self.delete = delete or self.delete
        self.id_field = id_field or self.id_field
        self.errors: list[CheckMessage] = []
        self.mappings = self._bind({**self.get_attributes(), **(attributes or {})})

    def join(self, registry: Registry) -> None:
        """Take note of the adapters that relations may lead to."""
        self.registry = registry

    def get_attributes(self) -> Mapping[str, mappings.Mapping | str | None]:
        """Return the mappings; a subclass may look at the model first."""
        return self.attributes

    # Which rows

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Return the rows that a connection may see; a host with tenants narrows it by its ``tenant``."""
        return self.model._default_manager.all()

    def protected(self, instance: Model) -> bool:
        """Whether SCIM may only read a row."""
        return False

    def refuse_protected(self, instance: Model) -> None:
        """Stop a write to a protected row.

        :raises ForbiddenException: With the reason.
        """
        if self.protected(instance):
            raise ForbiddenException(detail=f"this {self.name} is protected and cannot be changed by SCIM")

    def queryset(self, connection: Connection) -> QuerySet[Any]:
        """Return the rows that are resources for a connection: those it may see, less the deleted ones."""
        return self.get_queryset(connection).filter(~self._deleted())

    def hidden(self, connection: Connection) -> QuerySet[Any]:
        """Return the rows whose resources were deleted."""
        return self.get_queryset(connection).filter(self._deleted())

    def _deleted(self) -> Exists:
        records = self.records().filter(**{self.record_key: OuterRef("pk")}, deleted_at__isnull=False)
        return Exists(records)

    # Records

    def records(self) -> QuerySet[Record]:
        """Return the records of the resource type."""
        return Record.objects.filter(resource_type=self.name)

    @cached_property
    def record_key(self) -> str:
        """The column of the records that holds the primary key of the model."""
        return scheme_for(self.model._meta.pk, self.name).record_key

    def new_record(self, instance: Model) -> Record:
        """Return an unsaved record for a row that has none."""
        created = self.created_at(instance)
        times = {"created": created, "last_modified": created} if created else {}
        record = Record(resource_type=self.name, **times)
        if not instance._state.adding:
            setattr(record, self.record_key, instance.pk)
        return record

    def created_at(self, instance: Model) -> Any:
        """Return when the row was made, as far as the model knows."""
        return getattr(instance, self.created_field) if self.created_field else None

    # Identifiers

    @cached_property
    def id_column(self) -> str:
        """The column that the ``id`` is made from."""
        return self.id_field or self.model._meta.pk.attname

    @cached_property
    def scheme(self) -> Any:
        """How values of :attr:`id_column` become an ``id``."""
        if self.id_field is None:
            return scheme_for(self.model._meta.pk, self.name)
        field = self.model._meta.get_field(self.id_field)
        is_uuid = field.get_internal_type() == "UUIDField"
        return UUIDScheme(self.name) if is_uuid else ColumnScheme(self.name)

    def identifier(self, instance: Model) -> str:
        """Return the ``id`` of a row."""
        return str(self.scheme.encode(getattr(instance, self.id_column)))

    def identified(self, queryset: QuerySet[Any], identifier: str) -> QuerySet[Any]:
        """Narrow a queryset to the row of an ``id``; to nothing if it is none of this resource type."""
        key = self.scheme.decode(identifier)
        return queryset.none() if key is None else queryset.filter(**{self.id_column: key})

    def visible_keys(self, connection: Connection, identifiers: Sequence[str]) -> dict[str, Any]:
        """Return the primary keys of the resources that a connection can see, by their ``id``."""
        decoded = {identifier: self.scheme.decode(identifier) for identifier in identifiers}
        wanted = list({key for key in decoded.values() if key is not None})
        found: dict[Any, Any] = {}
        for start in range(0, len(wanted), BATCH):
            rows = self.queryset(connection).filter(
                **{f"{self.id_column}__in": wanted[start : start + BATCH]}
            )
            found.update(rows.values_list(self.id_column, "pk"))
        return {identifier: found[key] for identifier, key in decoded.items() if key in found}

    # Mappings

    def _bind(self, attributes: Mapping[str, mappings.Mapping | str | None]) -> dict[str, mappings.Mapping]:
        """Bind a mapping to each attribute of the schemas, ``Stored`` where nothing else is given."""
        bound: dict[str, mappings.Mapping] = {}
        mapped_subs: dict[str, set[str]] = {}
        for key, mapping in {**mappings.BUILT_IN, **attributes}.items():
            path = self.resolve(key)
            if path is None:
                self.errors.append(unknown_attribute(self, key))
            elif mapping is not None:
                mapping = Column(mapping) if isinstance(mapping, str) else mapping
                bound[path.key] = mapping.bind(self, path)
                if path.sub:
                    mapped_subs.setdefault(path.head, set()).add(path.sub)
        for path in walk(self.resource):
            if path.head not in bound and not path.is_read_only:
                bound[path.head] = Stored(without=mapped_subs.get(path.head, set())).bind(self, path)
        order = {path.head: position for position, path in enumerate(walk(self.resource))}
        # What is kept of a complex attribute is read before its mapped sub-attributes are put in.
        return dict(
            sorted(bound.items(), key=lambda item: (order[item[1].path.head], item[1].path.sub or ""))
        )

    def resolve(self, key: str) -> AttributePath | None:
        """Return what a path names in the schemas of the resource type, none if there is no such."""
        try:
            return resolve(self.resource, key)
        except InvalidPathException:
            return None

    def mapping_for(self, path: AttributePath) -> mappings.Mapping | None:
        """Return the mapping that answers for a path; none for an attribute that never has a value."""
        return self.mappings.get(path.key) or self.mappings.get(path.head)

    @cached_property
    def written_mappings(self) -> list[mappings.Mapping]:
        """The mappings that clients may write."""
        return [
            mapping
            for mapping in self.mappings.values()
            if not mapping.read_only and not mapping.path.is_read_only
        ]

    @cached_property
    def _version_columns(self) -> list[HostPath]:
        columns = {column for mapping in self.mappings.values() for column in mapping.columns()}
        return [HostPath(self.model, column) for column in sorted(columns)]

    def version(self, obj: ResourceObject) -> str:
        """Return ``meta.version``: a weak entity tag over the mapped columns and the revision.

        It is right also after a change by ``queryset.update()``, and costs the same for a group of any
        size. RFC 7644 section 3.14.
        """
        values: list[Any] = [column.read(obj.instance) for column in self._version_columns]
        values.append(obj.record.revision if obj.record else 0)
        values.append(obj.external_id)
        text = repr([None if is_empty(value) else str(value) for value in values])
        return f'W/"{hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'

    def schemas_of(self, document: Json) -> list[str]:
        """Return ``schemas``: the core schema and the extensions of which the document has attributes."""
        core = str(self.resource.__schema__)
        return [core, *(urn for urn in self.resource.get_extension_models() if urn in document)]

    def display(self, document: Json) -> str:
        """Return what people call a resource, for the history."""
        return str(document.get("userName") or document.get("displayName") or "")

    # Deletion

    def deactivate(self, obj: ResourceObject) -> None:
        """Take from a resource that is deleted softly what it allowed."""

    # Checks

    def check(self) -> Iterable[CheckMessage]:
        """Return what is wrong with the adapter, for Django's system checks."""
        yield from self.errors
        for mapping in self.mappings.values():
            yield from mapping.check()


def has_field(model: type[Model], name: str) -> bool:
    """Whether a model has a field of that name."""
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
