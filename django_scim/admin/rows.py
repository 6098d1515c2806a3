"""The project's rows behind records, a page of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model

from django_scim.adapters.base import Adapter
from django_scim.adapters.mappings import Stored
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.models import Connection, Record
from django_scim.operations.own_scope import has_identifier
from django_scim.query.loading import attach_records
from django_scim.registry import registry


def resources_of(records: Sequence[Record]) -> dict[Any, ResourceObject]:
    """Return the resources of records, by the key of the record, in one query a resource type.

    A resource whose row the project has deleted or whose type it serves no longer is left out, and a row that
    has no ``id``.
    """
    found: dict[Any, ResourceObject] = {}
    for adapter in registry():
        own = {record.key: record for record in records if record.resource_type == adapter.name}
        for obj in resources_in(adapter, own) if own else ():
            found[own[obj.instance.pk].pk] = obj
    return found


def resources_in(adapter: Adapter, records: dict[Any, Record]) -> list[ResourceObject]:
    """Return the resources of records of one type, which are given by the key of their row.

    Whole rows are fetched: the project may say by any column whether one is active.
    """
    rows = adapter.model._base_manager.filter(pk__in=list(records))
    if adapter.joins:
        rows = rows.select_related(*adapter.joins)
    scope = Scope(Connection(pk=0), "")
    objects = [ResourceObject(adapter, row, scope) for row in rows if has_identifier(adapter, row)]
    for obj in objects:
        obj.record = records[obj.instance.pk]
    if objects and isinstance(adapter.mappings.get("active"), Stored):
        attach_records(objects)
    return objects


def name_of(obj: ResourceObject) -> str:
    """Return what people call the row of a resource."""
    column = obj.adapter.display_column
    return str(obj.instance if column is None else getattr(obj.instance, column))


def is_active(obj: ResourceObject) -> bool:
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
