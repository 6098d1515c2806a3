"""The rows and the resources of records, for a page of the admin at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model, Q

from django_scim.mappings import Stored
from django_scim.models import ProvisioningEvent, Record
from django_scim.operations.staff import has_identifier
from django_scim.resources.loading import attach_records
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.why.finding import primary_keys


def resources_of(records: Sequence[Record]) -> dict[Any, Resource]:
    """Return the resources of records, by the key of the record, in one query for each resource type.

    A record is left out if its row is deleted or has no ``id``, or if the project no longer serves its type.
    """
    found: dict[Any, Resource] = {}
    for resource_type in registry():
        own = {record.key: record for record in records if record.resource_type == resource_type.name}
        for obj in resources_in(resource_type, own) if own else ():
            found[own[obj.instance.pk].pk] = obj
    return found


def resources_in(resource_type: ResourceType, records: dict[Any, Record]) -> list[Resource]:
    """Return the resources of records of one type, which are given by the key of their row.

    Whole rows are fetched: the project may say by any column whether one is active.
    """
    rows = resource_type.model._base_manager.filter(pk__in=list(records))
    if resource_type.joins:
        rows = rows.select_related(*resource_type.joins)
    caller = Caller(None)
    objects = [Resource(resource_type, row, caller) for row in rows if has_identifier(resource_type, row)]
    for obj in objects:
        obj.record = records[obj.instance.pk]
    if objects and isinstance(resource_type.mappings.get("active"), Stored):
        attach_records(objects)
    return objects


def name_of(obj: Resource) -> str:
    """Return the display name of a resource's row."""
    return obj.resource_type.adapter.row_name(obj.instance)


def is_active(obj: Resource) -> bool:
    """Whether a resource is active, and not deleted."""
    is_deleted = obj.record is not None and obj.record.deleted_at is not None
    return not is_deleted and obj.resource_type.adapter.is_active(obj)


def row_of(resource_type: ResourceType, record: Record) -> Model | None:
    """Return the row of a record, or None if the project has deleted it."""
    row: Model | None = resource_type.model._base_manager.filter(pk=record.key).first()
    return row


def resource_type_for(model: type[Model]) -> ResourceType | None:
    """Return the resource type of a model, or else that of a proxy of the same model, or None."""
    concrete = model._meta.concrete_model
    served = [each for each in registry() if each.model._meta.concrete_model is concrete]
    return min(served, key=lambda resource_type: resource_type.model is not model, default=None)


def record_of(resource_type: ResourceType, row: Model) -> Record | None:
    """Return the record of a row, or None if there is none."""
    return resource_type.records().filter(**{resource_type.record_key: row.pk}).first()


Reference = tuple[str, str]
"""The resource type and the ``id`` of a resource."""


def records_of(events: Iterable[ProvisioningEvent]) -> dict[Reference, Record]:
    """Return the records of the resources of events, by resource type and ``id``."""
    references = {(event.resource_type, event.resource_id) for event in events if event.resource_id}
    keys = {
        resource_type: primary_keys(
            resource_type, [id for name, id in references if name == resource_type.name]
        )
        for resource_type in registry()
    }
    return records_with(keys)


def records_with(keys: dict[ResourceType, dict[str, Any]]) -> dict[Reference, Record]:
    """Return the records of rows in one query.

    :param keys: The primary keys of the rows by the ``id``, for each resource type.
    """
    condition = Q()
    references: dict[tuple[str, Any], Reference] = {}
    for resource_type, own in keys.items():
        if own:
            condition |= Q(
                resource_type=resource_type.name, **{f"{resource_type.record_key}__in": list(own.values())}
            )
            references |= {(resource_type.name, key): (resource_type.name, id) for id, key in own.items()}
    if not condition:
        return {}
    # A database that compares text without its case may find records that were not asked for.
    return {
        references[key]: record
        for record in Record.objects.filter(condition).defer("attributes", "comparable")
        if (key := (record.resource_type, record.key)) in references
    }
