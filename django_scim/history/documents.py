"""An event as a JSON document: that of the history's API, and a line of its export."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils import timezone

from django_scim.models import ProvisioningEvent


def with_related(events: QuerySet[ProvisioningEvent]) -> QuerySet[ProvisioningEvent]:
    """Return the events with what :func:`document_of` reads beside them, in the same query."""
    return events.select_related("connection")


def document_of(event: ProvisioningEvent) -> dict[str, Any]:
    """Return what there is to know of an event, with names in the style of SCIM.

    What there is none of is null, or an empty string. Only a request that was not read from the database,
    since it may be long, is left out.
    """
    connection = event.connection
    document = {
        "id": event.pk,
        "time": in_utc(event.time),
        "connection": None if connection is None else {"id": connection.pk, "name": connection.name},
        "token": event.token_id,
        "requestId": event.request_id,
        "method": event.method,
        "path": event.path,
        "operation": event.operation,
        "resourceType": event.resource_type,
        "resourceId": event.resource_id,
        "display": event.display,
        "externalId": event.external_id,
        "outcome": event.outcome,
        "status": event.status,
        "scimType": event.scim_type,
        "detail": event.detail,
        "version": event.version,
        "deactivated": event.deactivated,
        "duration": event.duration,
        "changes": event.changes,
    }
    if "request" not in event.get_deferred_fields():
        document["request"] = event.request
    return document


def in_utc(time: datetime) -> str:
    """Return a time as RFC 3339 writes it, in UTC; one of a project without time zones is in its own."""
    aware = time if timezone.is_aware(time) else timezone.make_aware(time)
    return aware.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def encoded(document: Any) -> bytes:
    """Return a document as JSON on one line.

    PostgreSQL gives a large number back with all its digits, and orjson writes no integer over 64 bits.
    """
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, separators=(",", ":")).encode()
