"""Which connections provision a resource, and who changed it last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import Case, CharField, Model, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext as _

from django_scim.admin.rows import record_of
from django_scim.history.counting import READS
from django_scim.models import Connection, Link, Outcome, ProvisioningEvent, Record
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.why.verdict import author_of

SAME_WRITE = timedelta(minutes=1)
"""The most time between a change and its event: the transaction of a large group takes a while."""


def authors_of(objects: Mapping[Any, Resource]) -> dict[Any, str]:
    """Return who changed resources last, by the key of their record, in three queries at most.

    A SCIM write saves the record first, then its event. So the first event that is not older than
    ``last_modified`` belongs to the change. If there is no such event, the project itself has changed the
    row. If the history does not go back that far, the author is unknown.
    """
    if not objects:
        return {}
    times = {pk: obj.record.last_modified for pk, obj in objects.items() if obj.record is not None}
    events = first_events(objects)
    oldest = ProvisioningEvent.objects.order_by("time", "pk").values_list("time", flat=True).first()
    authors: dict[Any, str] = {}
    for pk, time in times.items():
        event = events.get(pk)
        if event is not None and is_change(event) and event.time - time < SAME_WRITE:
            authors[pk] = author_of(event)
        elif oldest is not None and oldest <= time:
            authors[pk] = _("the project itself")
    return authors


def first_events(objects: Mapping[Any, Resource]) -> dict[Any, ProvisioningEvent]:
    """Return the first event of each resource since its last modification, by the key of the record.

    The index on the ``id`` of the resource and the time finds each event.
    """
    whens = [When(pk=pk, then=Value(obj.identifier)) for pk, obj in objects.items()]
    own = ProvisioningEvent.objects.filter(
        resource_id=OuterRef("identifier"),
        resource_type=OuterRef("resource_type"),
        time__gte=OuterRef("last_modified"),
    )
    records = Record.objects.filter(pk__in=list(objects)).annotate(
        identifier=Case(*whens, output_field=CharField())
    )
    keys = dict(records.values_list("pk", Subquery(own.order_by("time", "pk").values("pk")[:1])))
    events = ProvisioningEvent.objects.select_related("connection").only(
        "time", "method", "operation", "outcome", "connection__name"
    )
    found = events.in_bulk([key for key in keys.values() if key is not None])
    return {pk: found[key] for pk, key in keys.items() if key in found}


def is_change(event: ProvisioningEvent) -> bool:
    """Whether an event is a successful write."""
    return event.outcome == Outcome.SUCCESS and event.operation not in READS


LOOKED_AT = 100
"""How many changes of a resource are looked at to find who has written an attribute."""

CACHE = "_django_scim_provisioning"
"""The attribute of a request that caches :class:`Provisioning`: a page needs it several times."""


@dataclass(frozen=True)
class Provisioning:
    """The record of a row, its links, and the connections that provision it.

    :param connections: The connections with a link, or else the one that wrote the resource last.
    :param is_provisioned: Whether an identity provider writes the resource. Its connection may be deleted.
    """

    resource_type: ResourceType
    row: Model
    record: Record | None
    links: Sequence[Link]
    connections: Sequence[Connection]
    is_provisioned: bool

    @cached_property
    def authors(self) -> dict[str, str]:
        """Who has written each attribute last, by its path, as far as the newest events tell."""
        found: dict[str, str] = {}
        for event in self._latest_changes:
            for key in event.changes:
                found.setdefault(key, author_of(event))
        return found

    @property
    def _latest_changes(self) -> QuerySet[ProvisioningEvent]:
        events = changes_of(self.resource_type, self.row).select_related("connection")
        return events.only("method", "changes", "connection__name")[:LOOKED_AT]


def provisioning_of(resource_type: ResourceType, row: Model, request: HttpRequest) -> Provisioning:
    """Return the provisioning of a row, which is looked up once in a request."""
    found: dict[Any, Provisioning] = getattr(request, CACHE, {})
    setattr(request, CACHE, found)
    key = (resource_type.name, row.pk)
    if key not in found:
        found[key] = look_up(resource_type, row)
    return found[key]


def look_up(resource_type: ResourceType, row: Model) -> Provisioning:
    """Return the provisioning of a row.

    A record alone does not mean that the row is provisioned: there is also a record if the project itself
    has changed the members of a group.
    """
    record = record_of(resource_type, row)
    links = [] if record is None else list(record.links.select_related("connection").order_by("pk"))
    connections = [link.connection for link in links]
    is_written = bool(links)
    if not links and (event := last_write(resource_type, row)) is not None:
        is_written = True
        connections = [] if event.connection is None else [event.connection]
    if not is_written and record is not None:
        is_written = bool(record.attributes) or record.unique_values.exists()
    is_deleted = record is not None and record.deleted_at is not None
    is_provisioned = is_written and not is_deleted and not resource_type.adapter.protected(row)
    return Provisioning(resource_type, row, record, links, connections, is_provisioned)


def last_write(resource_type: ResourceType, row: Model) -> ProvisioningEvent | None:
    """Return the last change of a resource by a connection, or None if the history has none."""
    return changes_of(resource_type, row).select_related("connection").first()


def changes_of(resource_type: ResourceType, row: Model) -> QuerySet[ProvisioningEvent]:
    """Return the successful writes of a resource by connections, the last one first."""
    events = ProvisioningEvent.objects.filter(
        resource_id=resource_type.looked_up_identifier(row),
        resource_type=resource_type.name,
        outcome=Outcome.SUCCESS,
    ).exclude(operation__in=READS)
    # The events of actions in the admin have no method.
    return events.exclude(method="").order_by("-time", "-pk")
