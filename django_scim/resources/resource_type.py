"""A resource type at run time: an adapter, its mappings bound to the model, and the rows that they are of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Exists, F, Field, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact
from scim2_models import InvalidPathException

from django_scim.adapters.adapter import Adapter
from django_scim.adapters.binding import bind_mappings
from django_scim.adapters.checks import check_model
from django_scim.mappings import Mapping, Reference
from django_scim.mappings.builtin import link_digest
from django_scim.mappings.collection import batches
from django_scim.mappings.columns import HostPath
from django_scim.mappings.conversions import is_empty
from django_scim.mappings.dependencies import LookupColumn
from django_scim.mappings.identifiers import (
    ColumnScheme,
    IdentifierScheme,
    can_recur,
    record_key_for,
    reissued,
    scheme_for,
)
from django_scim.models import Connection, Link, Record
from django_scim.resources.authority import require_touchable
from django_scim.resources.awaiting import are_kept, references_to, wait, wait_no_longer
from django_scim.resources.resource import Resource
from django_scim.schema.paths import AttributePath, Json, resolve
from django_scim.sql.clusters import certify_names
from django_scim.sql.functions import Comparable, compose
from django_scim.sql.joins import JoinedTable
from django_scim.sql.prepared import Statements, is_plain_manager
from django_scim.sql.transactions import locked
from django_scim.sql.values import column_of

if TYPE_CHECKING:
    from django_scim.resources.registry import Registry

BATCH = 500
"""How many keys go into one statement."""


class ResourceType:
    """One resource type that is served: what the adapter declares, ready to be used.

    :param adapter: What the host declares; this becomes its ``resource_type``.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.setting = adapter.setting
        """How system checks name the place of the configuration."""
        self.resource = adapter.resource
        self.model = adapter.model
        self.name = adapter.name
        self.endpoint = adapter.endpoint
        self.statements = Statements()
        """What is compiled once, and goes when the settings change."""
        adapter.resource_type = self

    def join(self, registry: Registry) -> None:
        """Bind the mappings, once the resource types are there that relations may lead to."""
        self.registry = registry
        self.mappings, self.errors = bind_mappings(self)

    @property
    def scope(self) -> str:
        """The scope that limits a token to the resource type, such as ``users``."""
        return self.endpoint.strip("/").lower()

    # Rows

    def rows(self, connection: Connection | None) -> QuerySet[Any]:
        """Return the rows that a connection may see, deleted ones included, as a query that can be locked.

        A join may find a row twice, and no database locks the rows that DISTINCT or GROUP BY leaves.

        :param connection: None for somebody of the project, who may see them all.
        """
        if connection is None:
            return self.model._base_manager.all()
        rows = self.adapter.get_queryset(connection)
        return rows if is_plain(rows) else self.model._base_manager.filter(pk__in=rows.values("pk"))

    def queryset(self, connection: Connection | None) -> QuerySet[Any]:
        """Return the rows that are resources for a connection: those it may see, less the deleted ones."""
        return self.identifiable(connection).filter(~self._deleted())

    def identifiable(self, connection: Connection | None) -> QuerySet[Any]:
        """Return the rows that a connection may see, deleted ones included, and that have an ``id``.

        A row without a value in ``id_field`` has none, and so is no resource.
        """
        rows = self.rows(connection)
        return rows.filter(**{f"{self.id_column}__isnull": False}) if self._may_lack_id else rows

    @property
    def _may_lack_id(self) -> bool:
        id_field = self.adapter.id_field
        return id_field is not None and column_of(self.model, id_field).null

    def has_all_rows(self, connection: Connection | None) -> bool:
        """Whether a connection may see all rows of the model, and each has an ``id``."""
        return self.visibility(connection) in ((), (None,)) and not self._may_lack_id

    def visibility(self, connection: Connection | None) -> tuple[Any, ...] | None:
        """Return all that :meth:`queryset` depends on, or None if code of the host decides it each time.

        Of two connections with the same, one statement is the other's.
        """
        if connection is None:
            return (None,) if is_plain_manager(self.model._base_manager) else None
        if not self._has_own_rows:
            return None
        is_of_tenant = self.adapter.tenant_field is not None
        return (connection.tenant_type_id, connection.tenant_id) if is_of_tenant else ()

    @property
    def _has_own_rows(self) -> bool:
        """Whether no code of the host chooses the rows that a connection may see."""
        is_changed = type(self.adapter).get_queryset is not Adapter.get_queryset
        return not is_changed and is_plain_manager(self.adapter.own_manager)

    def deleted(self, connection: Connection | None) -> QuerySet[Any]:
        """Return the rows whose resources were deleted."""
        return self.rows(connection).filter(self._deleted())

    def _deleted(self) -> Exists:
        return Exists(self.records().filter(**{self.record_key: OuterRef("pk")}, deleted_at__isnull=False))

    @cached_property
    def with_digest(self) -> frozenset[str]:
        """The members of the records' comparable documents that resources are looked up by.

        Of a list, it is the values in it; a complex attribute stands for its ``value``.
        """
        paths = filter(None, map(self.resolve, self.adapter.looked_up_where_stored))
        return frozenset(
            path.key if path.is_multivalued or not path.is_complex else f"{path.key}.value" for path in paths
        )

    @cached_property
    def joins(self) -> list[str]:
        """The relations that lead to the rows of mapped columns, as ``select_related`` takes them."""
        return sorted({column.joins for column in self._version_columns} - {""})

    def loaded_rows(self, instance: Model) -> list[Model]:
        """Return a row, and the rows of mapped columns beside it that there are."""
        owners = (column.owner(instance) for column in self._version_columns)
        return [instance, *(owner for owner in owners if owner is not None)]

    # Records

    def records(self) -> QuerySet[Record]:
        return Record.objects.filter(resource_type=self.name)

    def beside(self, rows: QuerySet[Any, Any], key: Field[Any, Any]) -> JoinedTable:
        """Join the records of resources to a query, by a column of it that has their primary keys."""
        return JoinedTable(rows, Record, key, self.record_key, resource_type=self.name)

    def links(self) -> QuerySet[Link]:
        """Return the ``externalId`` values, those of other resource types included."""
        return Link.objects.all()

    def external_id_digest(self, external_id: str) -> str:
        """Return what the index of the links finds an ``externalId`` by."""
        return link_digest(str(self.mappings["externalId"].path.binding.comparable(external_id)))

    @cached_property
    def record_key(self) -> str:
        """The column of the records that holds the primary key of the model."""
        return record_key_for(self.model._meta.pk) or "text_key"

    @cached_property
    def keys_recur(self) -> bool:
        """Whether a row may have the primary key of one that was deleted."""
        return can_recur(self.model._meta.pk)

    def new_record(self, instance: Model) -> Record:
        """Return an unsaved record for a row without a record."""
        created = self.created_at(instance)
        times = {"created": created, "last_modified": created} if created else {}
        record = Record(resource_type=self.name, **times)
        if not instance._state.adding:
            setattr(record, self.record_key, instance.pk)
        return record

    def created_at(self, instance: Model) -> Any:
        """Return when the row was made, as far as the model knows."""
        return getattr(instance, self.adapter.created_field) if self.adapter.created_field else None

    # Identifiers

    @cached_property
    def id_column(self) -> str:
        """The column that the ``id`` is made from."""
        return self.adapter.id_field or self.model._meta.pk.attname

    @cached_property
    def scheme(self) -> IdentifierScheme:
        """How values of :attr:`id_column` become an ``id``."""
        if self.adapter.id_field is None:
            return scheme_for(self.model._meta.pk, self.name)
        return ColumnScheme(column_of(self.model, self.adapter.id_field))

    def identifier(self, instance: Model, record: Record | None = None) -> str:
        """Return the ``id`` of a row.

        A row that was used before has a new one, which its record keeps (RFC 7643 section 3.1: never
        reassigned).

        :param record: The record of the row; if it is not given, the row comes from :meth:`with_ids`.
        :raises ImproperlyConfigured: If a new row has been saved without a value in ``id_field``.
        """
        reissued_id = getattr(instance, "scim_reissued_id", None) if record is None else record.reissued_id
        if reissued_id is not None:
            return str(reissued_id)
        key = getattr(instance, self.id_column)
        if key is None:
            raise ImproperlyConfigured(f"{self.model._meta.label}.save() has to set '{self.id_column}'.")
        return self.scheme.encode(key)

    def looked_up_identifier(self, instance: Model) -> str:
        """Return the ``id`` of any row, by a query for its record."""
        records = self.records().using(instance._state.db)
        return self.identifier(instance, records.filter(**{self.record_key: instance.pk}).first())

    def with_ids(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Let the rows of a query know their ``id``: see :meth:`identifier`."""
        rows: QuerySet[Any] = queryset.annotate(scim_reissued_id=self.reissued_id(OuterRef("pk")))
        return rows

    def reissued_id(self, key: OuterRef) -> Subquery:
        """Return the ``id`` that the record of a primary key keeps, as part of another query; often null."""
        return Subquery(self.records().filter(**{self.record_key: key}).values("reissued_id")[:1])

    def reissued(self, key: OuterRef) -> Exists:
        """Return the condition that a row's record keeps its ``id``, so that its key does not make it."""
        return Exists(self.records().filter(**{self.record_key: key}, reissued_id__isnull=False))

    def identified(self, queryset: QuerySet[Any], identifier: str) -> QuerySet[Any]:
        """Filter a queryset by ``id``; the result is empty for an ``id`` of another resource type.

        The row that an ``id`` is made from may have a new one: compare that of the resource too. An ``id`` is
        case-exact (RFC 7643 section 3.1), also where the collation of a text column is not.
        """
        if found := reissued(identifier):
            own = self.records().using(queryset.db).filter(reissued_id=found)
            return queryset.filter(pk__in=own.values(self.record_key))
        key = self.scheme.decode(identifier)
        if key is None:
            return queryset.none()
        rows = queryset.filter(**{self.id_column: key})
        if isinstance(key, str):
            exact = Comparable(F(self.id_column), case_exact=True)
            rows = rows.filter(Exact(exact, compose(key)))
        return rows

    def visible_keys(
        self, connection: Connection | None, identifiers: Sequence[str], *, using: str, locks: bool = False
    ) -> dict[str, Any]:
        """Return the primary keys of the resources that a connection can see, by their ``id``.

        :param using: The database that the caller writes to: a replica may not have the latest of them.
        :param locks: Whether their rows are locked, so that none is deleted before the caller refers to it.
        """

        def visible() -> QuerySet[Any]:
            rows = self.queryset(connection).using(using)
            return locked(rows) if locks else rows

        if locks:
            certify_names(using, (certified_name(self, identifier) for identifier in identifiers))
        found: dict[str, Any] = {}
        kept = [identifier for identifier in identifiers if reissued(identifier)]
        for batch in batches(kept):
            records = self.records().using(using).filter(reissued_id__in=batch)
            owners = {key: str(own) for own, key in records.values_list("reissued_id", self.record_key)}
            rows = visible().filter(pk__in=list(owners))
            found.update((owners[key], key) for key in rows.values_list("pk", flat=True))
        decoded = {identifier: self.scheme.decode(identifier) for identifier in identifiers}
        by_key = {key: identifier for identifier, key in decoded.items() if key is not None}

        def rows_among(condition: Any) -> QuerySet[Any, Any]:
            own = visible().filter(condition).filter(~self.reissued(OuterRef("pk")))
            return own.values_list(self.id_column, "pk")

        sight, column = self.visibility(connection), column_of(self.model, self.id_column)
        for batch in batches(list(by_key)):
            keys: Iterable[tuple[Any, Any]]
            if sight is None:
                keys = rows_among(Q(**{f"{self.id_column}__in": batch}))
            else:
                keys = self.statements.among(rows_among, column, batch, using, "visible", sight, locks)
            found.update((by_key[key], pk) for key, pk in keys if key in by_key)
        return {identifier: found[identifier] for identifier in identifiers if identifier in found}

    def require_touchable(self, connection: Connection, keys: Sequence[Any], *, using: str) -> None:
        """Refuse to change the memberships of rows that are not the connection's to touch.

        :raises ForbiddenException: With one of them.
        """
        require_touchable(self, connection, keys, using=using)

    # References to what is not there yet

    @property
    def has_waiting(self) -> bool:
        """Whether a resource may wait for one of this type, to fill a foreign key with it."""
        return self._can_be_waited_for and are_kept()

    @cached_property
    def _can_be_waited_for(self) -> bool:
        return bool(references_to(self))

    def wait(self, obj: Resource, mapping: Reference, value: str) -> Any:
        """Note what a resource of this type waits for; return the row of that if it has come by now."""
        return wait(obj, mapping, value)

    def wait_no_longer(self, obj: Resource, mapping: Reference) -> None:
        """Forget what a resource of this type waits for."""
        wait_no_longer(obj, mapping)

    # Attributes

    def resolve(self, key: str) -> AttributePath | None:
        """Return what a path names in the schemas of the resource type, or None if there is no such."""
        try:
            return resolve(self.resource, key)
        except InvalidPathException:
            return None

    def mapping_for(self, path: AttributePath) -> Mapping | None:
        """Return the mapping that answers for a path, or None for an attribute that never has a value."""
        return self.mappings.get(path.key) or self.mappings.get(path.head)

    @cached_property
    def written_mappings(self) -> list[Mapping]:
        """The mappings that clients may write."""
        return [mapping for mapping in self.mappings.values() if mapping.writable]

    def looked_up_columns(self) -> list[LookupColumn]:
        """Return the columns that should have an index for comparisons: see ``looked_up`` of the adapter."""
        wanted = {path.head for path in map(self.resolve, self.adapter.looked_up) if path is not None}
        found = [
            column
            for mapping in self.mappings.values()
            if mapping.is_unique or mapping.is_looked_up or mapping.path.head in wanted
            for column in mapping.lookup_columns()
        ]
        return list(dict.fromkeys(found))

    def schemas_of(self, document: Json) -> list[str]:
        """Return ``schemas``: the core schema and the extensions of which the document has attributes."""
        core = str(self.resource.__schema__)
        return [core, *(urn for urn in self.resource.get_extension_models() if urn in document)]

    @cached_property
    def _version_columns(self) -> list[HostPath]:
        columns = {column for mapping in self.mappings.values() for column in mapping.columns()}
        return [HostPath(self.model, column) for column in sorted(columns)]

    def version(self, obj: Resource) -> str:
        """Return ``meta.version``: a weak entity tag over the mapped columns and the revision.

        It is right also after a change by ``queryset.update()``, and costs the same for a group of any
        size. RFC 7644 section 3.14.
        """
        instance = obj.instance
        values = [column.read(instance) for column in self._version_columns]
        values += (obj.record.revision if obj.record else 0, obj.external_id)
        text = repr([None if is_empty(value) else str(value) for value in values])
        return f'W/"{hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()}"'

    def names(self, document: Json) -> tuple[str, str | None]:
        """Return what people call a resource, and its ``externalId`` or None, for the history."""
        return self.adapter.display(document), document.get("externalId")

    # Checks

    def check(self) -> Iterable[CheckMessage]:
        """Return what is wrong with the resource type, for Django's system checks."""
        yield from self.errors
        for mapping in self.mappings.values():
            yield from mapping.check()
        yield from check_model(self)
        yield from self.adapter.check()


def is_plain(rows: QuerySet[Any]) -> bool:
    """Whether a query reads one table, each row once."""
    query = rows.query
    has_joins = len(query.alias_map) > 1 or bool(query.select_related)
    return not (has_joins or query.distinct or query.combinator or query.is_sliced or query.group_by)


def certified_name(resource_type: ResourceType, identifier: str) -> str:
    """Return what a cluster knows a resource by, for those who refer to it and for whoever ends it."""
    # A UUID may be spelled in capitals.
    return f"{resource_type.name} {identifier.lower()}"
