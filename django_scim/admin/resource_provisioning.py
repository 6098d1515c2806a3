"""Which identity provider a row of the project belongs to, if to any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from django_scim.adapters.base import Adapter
from django_scim.admin.rows import record_of
from django_scim.history.attempt import READS
from django_scim.models import Connection, Link, Outcome, ProvisioningEvent, Record

CACHE = "_django_scim_provisioning"
"""The attribute of a request that keeps what was found for it: a page asks several times."""


@dataclass(frozen=True)
class Provisioning:
    """What is known of a row: its record, what connections call it, and which of them write it.

    :param connections: Those that have linked the resource, or else the one that has written it last.
    :param is_provisioned: Whether an identity provider writes the resource. Its connection may be gone.
    """

    record: Record | None
    links: Sequence[Link]
    connections: Sequence[Connection]
    is_provisioned: bool


def provisioning_of(adapter: Adapter, row: Model, request: HttpRequest) -> Provisioning:
    """Return what is known of a row; found once a request."""
    found: dict[Any, Provisioning] = getattr(request, CACHE, {})
    setattr(request, CACHE, found)
    key = (adapter.name, row.pk)
    if key not in found:
        found[key] = look_up(adapter, row)
    return found[key]


def look_up(adapter: Adapter, row: Model) -> Provisioning:
    """Return what is known of a row.

    A record alone proves nothing: there is one also where the project has changed the members of a group.
    """
    record = record_of(adapter, row)
    links = [] if record is None else list(record.links.select_related("connection").order_by("pk"))
    connections = [link.connection for link in links]
    is_written = bool(connections)
    if not is_written:
        event = last_write(adapter, row)
        is_written = event is not None
        connections = [event.connection] if event is not None and event.connection is not None else []
    if not is_written and record is not None:
        is_written = bool(record.attributes) or record.unique_values.exists()
    is_deleted = record is not None and record.deleted_at is not None
    is_provisioned = is_written and not is_deleted and not adapter.protected(row)
    return Provisioning(record, links, connections, is_provisioned)


def last_write(adapter: Adapter, row: Model) -> ProvisioningEvent | None:
    """Return the last change that a connection has made to a resource, as far as the history goes back."""
    events = ProvisioningEvent.objects.filter(
        resource_id=adapter.identifier(row), resource_type=adapter.name, outcome=Outcome.SUCCESS
    ).exclude(operation__in=READS)
    # What somebody of the project has done has no method.
    return events.exclude(method="").select_related("connection").order_by("-time", "-pk").first()
