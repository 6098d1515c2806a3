"""Walks through the resources that a connection sees, in batches, and finds where they have drifted.

A batch takes a constant number of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from django_scim.drift.sent import differences, sent_by
from django_scim.models import Connection, ProvisioningEvent
from django_scim.resources.loading import attach_records, fetch
from django_scim.resources.projection import bounded_projection
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.keyset import BY_PRIMARY_KEY

BATCH = 500
"""How many resources are looked at together."""


class Kind(StrEnum):
    """How something has drifted."""

    UNLINKED = "unlinked"
    """The connection sees it, and nobody provisions it."""

    SILENT = "silent"
    """The connection provisions it, and has not named it in any request for long."""

    CHANGED = "changed"
    """An attribute that the connection has sent was changed by somebody else since."""

    CASE = "case"
    """An attribute differs from what the connection has sent in the case of letters alone."""


@dataclass(frozen=True)
class Drift:
    """One thing that has drifted.

    :param attribute: The attribute, with what was sent and what is there; empty if it is about none.
    """

    kind: Kind
    resource_type: str
    identifier: str
    name: str
    external_id: str = ""
    attribute: str = ""
    sent: Any = None
    found: Any = None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def drifts(
    connection: Connection,
    resource_types: Sequence[ResourceType],
    *,
    silent_since: datetime | None,
    advance: Callable[[int], object] | None = None,
) -> Iterator[Drift]:
    """Yield what has drifted of resource types, in the order of their rows.

    :param silent_since: From when on a request is looked for; None to look for none.
    :param advance: Called with the number of resources after each batch.
    """
    for resource_type in resource_types:
        after = None
        while objects := page(resource_type, connection, after):
            yield from drifts_among(objects, connection, silent_since)
            after = objects[-1].instance.pk
            if advance is not None:
                advance(len(objects))


def rows_of(resource_type: ResourceType, connection: Connection) -> QuerySet[Any]:
    """Return the rows that a connection sees, deleted resources left out."""
    rows = resource_type.queryset(connection)
    # Whole rows: the project may say by any column what one is called.
    return rows.select_related(*resource_type.joins) if resource_type.joins else rows


def page(resource_type: ResourceType, connection: Connection, after: Any) -> list[Resource]:
    """Return the next resources after a primary key, with their records and their values."""
    rows = rows_of(resource_type, connection)
    found = BY_PRIMARY_KEY.first(rows, BATCH, beyond=None if after is None else (after,))
    caller = Caller(connection)
    objects = [Resource(resource_type, row, caller) for row in found]
    if objects:
        attach_records(objects)
        fetch(objects, bounded_projection(resource_type), is_shown=False)
    return objects


def drifts_among(
    objects: Sequence[Resource], connection: Connection, silent_since: datetime | None
) -> Iterator[Drift]:
    """Yield what has drifted of some resources of one type."""
    resource_type = objects[0].resource_type
    own = {obj.identifier: obj for obj in objects if is_own(obj, connection)}
    heard = heard_of(connection, resource_type, list(own), silent_since) if silent_since else set(own)
    sent = sent_by(connection, resource_type, list(own)) if own else {}
    projection = bounded_projection(resource_type)
    for obj in objects:
        identifier = obj.identifier
        if identifier not in own:
            if obj.record is None or obj.record.managed_by_id is None:
                yield drift_of(obj, Kind.UNLINKED)
            continue
        if identifier not in heard and not is_new(obj, silent_since):
            yield drift_of(obj, Kind.SILENT)
        if (known := sent.get(identifier)) is None:
            continue
        is_untouched = bool(known.version) and known.version == resource_type.version(obj)
        for each in differences(resource_type, known, projection.read(obj)):
            if each.is_of_case or not is_untouched:
                kind = Kind.CASE if each.is_of_case else Kind.CHANGED
                yield drift_of(obj, kind, attribute=each.attribute, sent=each.sent, found=each.found)


def is_own(obj: Resource, connection: Connection) -> bool:
    """Whether a connection provisions a resource: it manages it, or has given it an ``externalId``."""
    is_managed = obj.record is not None and obj.record.managed_by_id == connection.pk
    return is_managed or obj.external_id is not None


def is_new(obj: Resource, since: datetime | None) -> bool:
    """Whether a resource is there for too short a time to be silent."""
    return since is not None and obj.record is not None and obj.record.created >= since


def heard_of(
    connection: Connection, resource_type: ResourceType, identifiers: Sequence[str], since: datetime
) -> set[str]:
    """Return which resources a connection has named since a time, refused requests included."""
    events = ProvisioningEvent.objects.filter(
        connection=connection, resource_type=resource_type.name, resource_id__in=identifiers, time__gte=since
    )
    return set(events.order_by().values_list("resource_id", flat=True).distinct())


def drift_of(obj: Resource, kind: Kind, **facts: Any) -> Drift:
    """Return what has drifted of a resource."""
    resource_type = obj.resource_type
    name = resource_type.adapter.row_name(obj.instance)
    return Drift(kind, resource_type.name, obj.identifier, name, obj.external_id or "", **facts)


def silence(connection: Connection, days: int) -> tuple[datetime | None, int]:
    """Return from when on a request is looked for, and how many days the history goes back.

    The time is None if the history does not go back as far: nobody could be told apart.
    """
    now = timezone.now()
    since = now - timedelta(days=days)
    times = ProvisioningEvent.objects.filter(connection=connection).order_by("time", "pk")
    oldest = times.values_list("time", flat=True).first()
    kept = 0 if oldest is None else (now - oldest).days
    return (since if oldest is not None and oldest <= since else None), kept
