"""Who has changed a resource last, for a page of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, OuterRef, Subquery, Value, When
from django.utils.translation import gettext as _

from django_scim.adapters.objects import ResourceObject
from django_scim.history.attempt import READS
from django_scim.models import Outcome, ProvisioningEvent, Record

SAME_WRITE = timedelta(minutes=1)
"""How long after a change at most its event is written: the transaction of a large group takes a while."""


def authors_of(objects: Mapping[Any, ResourceObject]) -> dict[Any, str]:
    """Return who has changed resources last, by the key of their record, in three queries at most.

    A write over SCIM saves the record and then its event. So the first event that is not older than
    ``last_modified`` is that of the change, or the project has changed the row by itself. Where the history
    does not go back that far, nobody knows.
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
            authors[pk] = author(event)
        elif oldest is not None and oldest <= time:
            authors[pk] = _("the project itself")
    return authors


def first_events(objects: Mapping[Any, ResourceObject]) -> dict[Any, ProvisioningEvent]:
    """Return the first event of each resource since it was last modified, by the key of the record.

    Each is found by the index on the ``id`` of the resource and the time.
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
    """Whether an event is of a write that was done."""
    return event.outcome == Outcome.SUCCESS and event.operation not in READS


def author(event: ProvisioningEvent) -> str:
    """Return who is behind an event."""
    if event.connection is not None:
        return str(event.connection)
    return _("a connection that is gone") if event.method else _("the project itself")
