"""The resources that events tell of: their records and names, for a page in a constant number of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q

from django_scim.adapters.base import Adapter
from django_scim.models import ProvisioningEvent, Record
from django_scim.registry import registry

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
