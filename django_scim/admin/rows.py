"""The project's rows behind records, a page of them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Model, Q

from django_scim.adapters.adapter import Adapter
from django_scim.mappings import Stored
from django_scim.models import Connection, ProvisioningEvent, Record
from django_scim.operations.staff import has_identifier
from django_scim.resources.loading import attach_records
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller, Resource


def resources_of(records: Sequence[Record]) -> dict[Any, Resource]:
    """Return the resources of records, by the key of the record, in one query a resource type.

    A resource whose row the project has deleted or whose type it serves no longer is left out, and a row that
    has no ``id``.
    """
    found: dict[Any, Resource] = {}
    for adapter in registry():
        own = {record.key: record for record in records if record.resource_type == adapter.name}
        for obj in resources_in(adapter, own) if own else ():
            found[own[obj.instance.pk].pk] = obj
    return found


def resources_in(adapter: Adapter, records: dict[Any, Record]) -> list[Resource]:
    """Return the resources of records of one type, which are given by the key of their row.

    Whole rows are fetched: the project may say by any column whether one is active.
    """
    rows = adapter.model._base_manager.filter(pk__in=list(records))
    if adapter.joins:
        rows = rows.select_related(*adapter.joins)
    caller = Caller(Connection(pk=0), "")
    objects = [Resource(adapter, row, caller) for row in rows if has_identifier(adapter, row)]
    for obj in objects:
        obj.record = records[obj.instance.pk]
    if objects and isinstance(adapter.mappings.get("active"), Stored):
        attach_records(objects)
    return objects


def name_of(obj: Resource) -> str:
    """Return what people call the row of a resource."""
    column = obj.adapter.display_column
    return str(obj.instance if column is None else getattr(obj.instance, column))


def is_active(obj: Resource) -> bool:
    """Whether a resource is there for SCIM, and active."""
    is_deleted = obj.record is not None and obj.record.deleted_at is not None
    return not is_deleted and obj.adapter.is_active(obj)


def row_of(adapter: Adapter, record: Record) -> Model | None:
    """Return the row of a record, or none if the project has deleted it."""
    row: Model | None = adapter.model._base_manager.filter(pk=record.key).first()
    return row


def adapter_for(model: type[Model]) -> Adapter | None:
    """Return the adapter that serves the rows of a model, or of the model that it is a proxy of."""
    served = [adapter for adapter in registry() if adapter.model is model]
    concrete = model._meta.concrete_model
    served += [adapter for adapter in registry() if adapter.model._meta.concrete_model is concrete]
    return next(iter(served), None)


def record_of(adapter: Adapter, row: Model) -> Record | None:
    """Return the record of a row, or none if SCIM has not touched it."""
    return adapter.records().filter(**{adapter.record_key: row.pk}).first()


Reference = tuple[str, str]
"""The resource type and the ``id`` of a resource."""


def records_of(events: Iterable[ProvisioningEvent]) -> dict[Reference, Record]:
    """Return the records of the resources of events, by resource type and ``id``."""
    references = {(event.resource_type, event.resource_id) for event in events if event.resource_id}
    keys = {
        adapter: primary_keys(adapter, [id for name, id in references if name == adapter.name])
        for adapter in registry()
    }
    return records_with(keys)


def records_with(keys: dict[Adapter, dict[str, Any]]) -> dict[Reference, Record]:
    """Return the records of rows whose primary keys are given by ``id``, in one query."""
    condition = Q()
    references: dict[tuple[str, Any], Reference] = {}
    for adapter, own in keys.items():
        if own:
            condition |= Q(resource_type=adapter.name, **{f"{adapter.record_key}__in": list(own.values())})
            references |= {(adapter.name, key): (adapter.name, id) for id, key in own.items()}
    if not condition:
        return {}
    records = Record.objects.filter(condition).defer("attributes", "comparable")
    found = {references.get((record.resource_type, record.key)): record for record in records}
    return {reference: record for reference, record in found.items() if reference is not None}


def primary_keys(adapter: Adapter, identifiers: Collection[str]) -> dict[str, Any]:
    """Return the primary keys of rows by ``id``; a column of the project that has the ``id`` is asked."""
    decoded = {identifier: adapter.scheme.decode(identifier) for identifier in identifiers}
    decoded = {identifier: key for identifier, key in decoded.items() if key is not None}
    if adapter.id_field is None or not decoded:
        return decoded
    rows = adapter.model._base_manager.filter(**{f"{adapter.id_column}__in": list(decoded.values())})
    keys = dict(rows.values_list(adapter.id_column, "pk"))
    return {identifier: keys[key] for identifier, key in decoded.items() if key in keys}


def names_of(adapter: Adapter, keys: Collection[Any]) -> dict[Any, str]:
    """Return what people call the rows with these primary keys."""
    rows = adapter.model._base_manager.filter(pk__in=keys)
    if adapter.display_column is None:
        return {row.pk: str(row) for row in rows}
    return {key: str(name) for key, name in rows.values_list("pk", adapter.display_column)}
