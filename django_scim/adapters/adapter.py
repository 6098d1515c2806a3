"""The adapter: a declarative class that binds a SCIM resource type to a Django model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.db import router
from django.db.models import Exists, F, Model, OuterRef, QuerySet
from django.db.models.lookups import Exact
from scim2_models import (
    ForbiddenException,
    InvalidPathException,
    InvalidValueException,
    Mutability,
)
from scim2_models import (
    Resource as SCIMResource,
)

from django_scim import mappings
from django_scim.adapters.checks import check_model
from django_scim.adapters.tenancy import key_to_tenant, of_tenant, put_in_tenant, tenant_of
from django_scim.mappings.check_messages import (
    built_in_attribute,
    no_mapping,
    part_of_list,
    unknown_attribute,
)
from django_scim.mappings.columns import Column, HostPath, is_empty
from django_scim.mappings.dependencies import LookupColumn
from django_scim.mappings.identifiers import ColumnScheme, IdentifierScheme, record_key_for, scheme_for
from django_scim.mappings.stored import Stored
from django_scim.models import Connection, Record
from django_scim.resources.resource import Resource
from django_scim.schema.paths import AttributePath, Json, ResourceModel, resolve, walk
from django_scim.schema.types import ExtensionOption, extended
from django_scim.sql.functions import Comparable, compose
from django_scim.sql.values import column_of

if TYPE_CHECKING:
    from django_scim.resources.registry import Registry


BATCH = 500
"""How many keys go into one statement."""

UNTOUCHABLE = ("schemas", "id", "meta")
"""The attributes that the server alone knows; ``id_field`` and ``created_field`` say what it takes."""


class Adapter:
    """What SCIM needs to know of a resource type and of the model behind it.

    A subclass sets the class attributes. ``attributes`` maps SCIM attribute paths to mappings (a string
    is a :class:`~django_scim.mappings.Column`); what it leaves out is kept in the record.

    :param setting: How system checks name the place of the configuration.
    :param attributes: Mappings that are added to those of the class, or replace them; none removes one.
    :param delete: Replaces :attr:`delete`.
    :param id_field: Replaces :attr:`id_field`.
    :param extensions: Added to :attr:`extensions`.
    :param tenant_field: Replaces :attr:`tenant_field`.
    :param protect: Replaces :attr:`protect`.
    :raises ImproperlyConfigured: If the class lacks what cannot be guessed, such as its model.
    """

    resource: ResourceModel
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

    extensions: Sequence[ExtensionOption] = ()
    """Extensions that are added to those of :attr:`resource`: dotted paths, classes, or JSON schemas."""

    tenant_field: str | None = None
    """The foreign key to the tenant, if a row belongs to one: a connection then sees the rows of its own."""

    protect: Mapping[str, Any] | None = None
    """Look-ups of the model: rows that match can be read, and neither made nor changed by SCIM."""

    display_column: str | None = None
    """The column that names a resource in the ``display`` of those that refer to it."""

    looked_up: Sequence[str] = ()
    """The attributes by which identity providers look resources up, beside those that are unique.

    ``manage.py scim_createindexes`` makes the indexes that such look-ups need.
    """

    created_field: str | None = None
    """A column with the time at which the row was made, for resources that have no record."""

    def __init__(
        self,
        *,
        setting: str,
        attributes: Mapping[str, mappings.Mapping | str | None] | None = None,
        delete: str | None = None,
        id_field: str | None = None,
        extensions: Sequence[ExtensionOption] | None = None,
        tenant_field: str | None = None,
        protect: Mapping[str, Any] | None = None,
    ) -> None:
        self.setting = setting
        self.extensions = [*self.extensions, *(extensions or ())]
        self.tenant_field = tenant_field or self.tenant_field
        self.protect = protect or self.protect
        self.delete = delete or self.delete
        self.id_field = id_field or self.id_field
        self.errors: list[CheckMessage] = []
        """What is wrong with the attributes that are mapped; :meth:`check` reports it."""
        self.added_attributes = attributes or {}
        self._require_complete()
        self.resource = extended(self.resource, self.extensions)

    def _require_complete(self) -> None:
        for name in ("name", "endpoint"):
            if not isinstance(getattr(self, name, None), str):
                raise ImproperlyConfigured(f"its '{name}' has to be a string.")
        for name, kind in (("resource", SCIMResource), ("model", Model)):
            value = getattr(self, name, None)
            if not isinstance(value, type) or not issubclass(value, kind):
                raise ImproperlyConfigured(f"its '{name}' has to be a subclass of {kind.__name__}.")
        if self.model._meta.abstract:
            raise ImproperlyConfigured(f"{self.model._meta.label} is abstract, and has no rows.")
        if not isinstance(self.attributes, Mapping):
            raise ImproperlyConfigured("its 'attributes' have to be a dictionary.")

    def join(self, registry: Registry) -> None:
        """Bind the mappings, once the adapters are there that relations may lead to."""
        self.registry = registry
        self.mappings = self._bind([*self.get_attributes().items(), *self.added_attributes.items()])

    def get_attributes(self) -> Mapping[str, mappings.Mapping | str | None]:
        """Return the mappings; a subclass may look at the model, and at :attr:`registry`, first."""
        return self.attributes

    @property
    def scope(self) -> str:
        """The scope that limits a token to the resource type, such as ``users``."""
        return self.endpoint.strip("/").lower()

    # Which rows

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Return the rows that a connection may see: those of its tenant, if rows belong to one."""
        rows = self.model._default_manager.all()
        return rows if self.tenant_field is None else of_tenant(rows, self.tenant_field, connection)

    def rows(self, connection: Connection) -> QuerySet[Any]:
        """Return the rows of :meth:`get_queryset`, each once, as a query that can be narrowed and locked.

        A join may find a row twice, and no database locks the rows that DISTINCT or GROUP BY leaves.
        """
        rows = self.get_queryset(connection)
        return rows if is_plain(rows) else self.model._base_manager.filter(pk__in=rows.values("pk"))

    def new_instance(self, connection: Connection) -> Model:
        """Return an unsaved row of a resource that a connection makes, in its tenant.

        :raises ForbiddenException: If rows belong to tenants, and the connection has none.
        """
        instance = self.model()
        if self.tenant_field is not None:
            put_in_tenant(instance, self.tenant_field, connection)
        return instance

    def reset(self, obj: Resource) -> None:
        """Take from a deleted row what the new resource that it becomes must not have; nothing here."""

    def shared_row(self, model: type[Model], connection: Connection, column: str, value: Any) -> Model:
        """Return the row with a value that resources share, such as a department; a new one if need be.

        Where such rows belong to tenants too, by a foreign key of the same name, it is one of the tenant's.
        Of several with the value it is the oldest.

        :raises InvalidValueException: If the column of a new row cannot hold the value.
        """
        rows = model._default_manager.using(router.db_for_write(model))
        values = {column: value}
        if self.tenant_field is not None and has_field(model, self.tenant_field):
            rows = of_tenant(rows, self.tenant_field, connection)
            values[self.tenant_field] = tenant_of(connection, key_to_tenant(model, self.tenant_field))
        row: Model | None = rows.filter(**values).order_by("pk").first()
        if row is None:
            try:
                column_of(model, column).clean(value, None)
            except ValidationError as error:
                raise InvalidValueException(detail=" ".join(error.messages)) from error
            row = rows.get_or_create(**values)[0]
        return row

    def protected(self, instance: Model) -> bool:
        """Whether SCIM may only read a row: one that :attr:`protect` describes."""
        if not self.protect:
            return False
        rows = self.model._base_manager.using(instance._state.db or router.db_for_write(self.model))
        return rows.filter(pk=instance.pk, **self.protect).exists()

    def is_administrator(self, instance: Model) -> bool:
        """Whether a row stands for somebody who may do everything in the project, and can sign in."""
        return False

    def refuse_last_administrator(self, obj: Resource) -> None:
        """Stop a write, when it is saved, after which nobody may do everything.

        :raises ForbiddenException: With the reason.
        """

    def refuse_protected(self, instance: Model) -> None:
        """Stop a write to a protected row.

        :raises ForbiddenException: With the reason.
        """
        if self.protected(instance):
            raise ForbiddenException(detail=f"this {self.name} is protected and cannot be changed by SCIM")

    def queryset(self, connection: Connection) -> QuerySet[Any]:
        """Return the rows that are resources for a connection: those it may see, less the deleted ones.

        A row without a value in :attr:`id_field` has no ``id``, and so is none.
        """
        rows = self.rows(connection).filter(~self._deleted())
        if self.id_field is not None and column_of(self.model, self.id_field).null:
            rows = rows.filter(**{f"{self.id_field}__isnull": False})
        return rows

    def hidden(self, connection: Connection) -> QuerySet[Any]:
        """Return the rows whose resources were deleted."""
        return self.rows(connection).filter(self._deleted())

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
        return record_key_for(self.model._meta.pk) or "text_key"

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
    def scheme(self) -> IdentifierScheme:
        """How values of :attr:`id_column` become an ``id``."""
        if self.id_field is None:
            return scheme_for(self.model._meta.pk, self.name)
        return ColumnScheme(column_of(self.model, self.id_field))

    def identifier(self, instance: Model) -> str:
        """Return the ``id`` of a row.

        :raises ImproperlyConfigured: If a new row has been saved without a value in :attr:`id_field`.
        """
        key = getattr(instance, self.id_column)
        if key is None:
            raise ImproperlyConfigured(f"{self.model._meta.label}.save() has to set '{self.id_column}'.")
        return self.scheme.encode(key)

    def identified(self, queryset: QuerySet[Any], identifier: str) -> QuerySet[Any]:
        """Narrow a queryset to the row of an ``id``; to nothing if it is none of this resource type.

        An ``id`` is case-exact (RFC 7643 section 3.1), also where the collation of a text column is not.
        """
        key = self.scheme.decode(identifier)
        if key is None:
            return queryset.none()
        rows = queryset.filter(**{self.id_column: key})
        if isinstance(key, str):
            exact = Comparable(F(self.id_column), case_exact=True)
            rows = rows.filter(Exact(exact, compose(key)))
        return rows

    def visible_keys(
        self, connection: Connection, identifiers: Sequence[str], *, using: str
    ) -> dict[str, Any]:
        """Return the primary keys of the resources that a connection can see, by their ``id``.

        :param using: The database that the caller writes to: a replica may not have the latest of them.
        """
        decoded = {identifier: self.scheme.decode(identifier) for identifier in identifiers}
        wanted = list({key for key in decoded.values() if key is not None})
        found: dict[Any, Any] = {}
        for start in range(0, len(wanted), BATCH):
            batch = {f"{self.id_column}__in": wanted[start : start + BATCH]}
            rows = self.queryset(connection).using(using).filter(**batch)
            found.update(rows.values_list(self.id_column, "pk"))
        return {identifier: found[key] for identifier, key in decoded.items() if key in found}

    # Mappings

    def _bind(self, attributes: Iterable[tuple[Any, Any]]) -> dict[str, mappings.Mapping]:
        """Bind a mapping to each attribute of the schemas, ``Stored`` where nothing else is given.

        Of two mappings of one attribute, which may be spelled in two ways, the later one counts; that of
        a whole attribute counts for its sub-attributes too.
        """
        bound: dict[str, mappings.Mapping] = {}
        for path in map(self.resolve, mappings.BUILT_IN):
            if path is not None:
                bound[path.key] = mappings.BUILT_IN[path.key].bind(self, path)
        for key, mapping in attributes:
            path = self.resolve(key) if isinstance(key, str) and "[" not in key else None
            if path is None:
                self.errors.append(unknown_attribute(self, str(key)))
                continue
            if path.key in UNTOUCHABLE:
                self.errors.append(built_in_attribute(self, path.key))
                continue
            if path.sub is not None and path.is_multivalued:
                self.errors.append(part_of_list(self, path))
                continue
            for other in [*bound]:
                if other == path.key or (path.sub is None and bound[other].path.head == path.head):
                    del bound[other]
            if isinstance(mapping, str):
                mapping = Column(mapping)
            if isinstance(mapping, mappings.Mapping):
                bound[path.key] = mapping.bind(self, path)
            elif mapping is not None:
                self.errors.append(no_mapping(self, path.key, mapping))
        for path in walk(self.resource):
            if path.head not in bound and is_kept(path):
                mapped = {other.path.sub for other in bound.values() if other.path.head == path.head}
                bound[path.head] = Stored(without=[sub for sub in mapped if sub]).bind(self, path)
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
        return [mapping for mapping in self.mappings.values() if mapping.writable]

    @cached_property
    def _version_columns(self) -> list[HostPath]:
        columns = {column for mapping in self.mappings.values() for column in mapping.columns()}
        return [HostPath(self.model, column) for column in sorted(columns)]

    @cached_property
    def joins(self) -> list[str]:
        """The relations that lead to the rows of mapped columns, as ``select_related`` takes them."""
        return sorted({column.joins for column in self._version_columns} - {""})

    def version(self, obj: Resource) -> str:
        """Return ``meta.version``: a weak entity tag over the mapped columns and the revision.

        It is right also after a change by ``queryset.update()``, and costs the same for a group of any
        size. RFC 7644 section 3.14.
        """
        values: list[Any] = [column.read(obj.instance) for column in self._version_columns]
        values.append(obj.record.revision if obj.record else 0)
        values.append(obj.external_id)
        text = repr([None if is_empty(value) else str(value) for value in values])
        return f'W/"{hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'

    def looked_up_columns(self) -> list[LookupColumn]:
        """Return the columns that should have an index for comparisons: see :attr:`looked_up`."""
        wanted = {path.head for path in map(self.resolve, self.looked_up) if path is not None}
        found = [
            column
            for mapping in self.mappings.values()
            if mapping.is_unique or mapping.path.head in wanted
            for column in mapping.lookup_columns()
        ]
        return list(dict.fromkeys(found))

    def schemas_of(self, document: Json) -> list[str]:
        """Return ``schemas``: the core schema and the extensions of which the document has attributes."""
        core = str(self.resource.__schema__)
        return [core, *(urn for urn in self.resource.get_extension_models() if urn in document)]

    def display(self, document: Json) -> str:
        """Return what people call a resource, for the history."""
        return str(document.get("userName") or document.get("displayName") or "")

    # Activity and deletion

    def is_active(self, obj: Resource) -> bool:
        """Whether a resource that is not deleted allows what its kind of resource allows."""
        return True

    def deactivate(self, obj: Resource) -> None:
        """Take from a resource that is deleted softly what it allowed."""

    def activate(self, obj: Resource) -> None:
        """Give a resource that is restored what :meth:`deactivate` took from it."""

    def deprovision(self, obj: Resource) -> None:
        """Revoke what a resource that is not active, or is deleted, has been given before.

        This happens in the transaction of the write, and has to bear being done twice.
        """

    # Checks

    def check(self) -> Iterable[CheckMessage]:
        """Return what is wrong with the adapter, for Django's system checks."""
        yield from self.errors
        for mapping in self.mappings.values():
            yield from mapping.check()
        yield from check_model(self)


def is_kept(path: AttributePath) -> bool:
    """Whether an attribute that nothing maps is stored.

    What only the server writes is not, nor what nobody could read again, such as the password.
    """
    mutability = path.binding.get_annotation(Mutability)
    return mutability is not Mutability.read_only and not (
        mutability is Mutability.write_only and path.is_secret
    )


def has_field(model: type[Model], name: str) -> bool:
    """Whether a model has a field of that name."""
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def is_plain(rows: QuerySet[Any]) -> bool:
    """Whether a query reads one table, each row once."""
    query = rows.query
    has_joins = len(query.alias_map) > 1 or bool(query.select_related)
    return not (has_joins or query.distinct or query.combinator or query.is_sliced or query.group_by)
