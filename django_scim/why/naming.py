"""What people call the rows of resources, for many of them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from django_scim.models import ProvisioningEvent
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType
from django_scim.why.finding import primary_keys


def names_of(resource_type: ResourceType, keys: Collection[Any]) -> dict[Any, str]:
    """Return the display names of rows by their primary keys."""
    rows = resource_type.model._base_manager.filter(pk__in=keys)
    if resource_type.adapter.display_column is None:
        return {row.pk: str(row) for row in rows}
    return {key: str(name) for key, name in rows.values_list("pk", resource_type.adapter.display_column)}


def names_in_events(events: Iterable[ProvisioningEvent]) -> dict[Any, str]:
    """Return whom events are about, by the key of the event, in a few queries for each resource type.

    A request that was refused before its resource was read has the ``id`` alone: then the row has the name.
    """
    events = list(events)
    unnamed = {
        (event.resource_type, event.resource_id)
        for event in events
        if event.resource_id and not event.display
    }
    found: dict[tuple[str, str], str] = {}
    for resource_type in registry():
        identifiers = [identifier for name, identifier in unnamed if name == resource_type.name]
        keys = primary_keys(resource_type, identifiers) if identifiers else {}
        names = names_of(resource_type, list(keys.values())) if keys else {}
        found |= {(resource_type.name, own): names[key] for own, key in keys.items() if key in names}
    return {event.pk: f"{event.resource_type} {name_in(event, found)}" for event in events}


def name_in(event: ProvisioningEvent, found: dict[tuple[str, str], str]) -> str:
    """Return the best name of whom an event is about."""
    name = event.display or found.get((event.resource_type, event.resource_id))
    return name or event.external_id or event.resource_id or _("without a name")
