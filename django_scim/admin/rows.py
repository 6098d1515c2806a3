"""The project's rows behind records, a page of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model

from django_scim.adapters.base import Adapter
from django_scim.models import Record
from django_scim.registry import registry


def names_of(records: Sequence[Record]) -> dict[Any, str]:
    """Return what people call the rows of records, by the key of the record, in one query a resource type."""
    names: dict[Any, str] = {}
    for adapter in registry():
        own = {record.key: record.pk for record in records if record.resource_type == adapter.name}
        if own:
            for key, name in names_in(adapter, list(own)):
                names[own[key]] = str(name)
    return names


def names_in(adapter: Adapter, keys: list[Any]) -> list[tuple[Any, Any]]:
    """Return primary keys with the names of their rows."""
    rows = adapter.model._base_manager.filter(pk__in=keys)
    if adapter.display_column is not None:
        return list(rows.values_list("pk", adapter.display_column))
    return [(row.pk, row) for row in rows]


def row_of(adapter: Adapter, record: Record) -> Model | None:
    """Return the row of a record, or none if the project has deleted it."""
    row: Model | None = adapter.model._base_manager.filter(pk=record.key).first()
    return row
