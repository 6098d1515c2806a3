"""Counting events by the hour, for the pictures and the figures of the admin."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import F

from django_scim.models import EventCount, ProvisioningEvent
from django_scim.models.event_count import duration_bound


def count(event: ProvisioningEvent) -> None:
    """Count an event once its transaction is committed.

    After it and not within it: all writes of a connection would wait for each other for the same row.
    """
    database = event._state.db or DEFAULT_DB_ALIAS
    transaction.on_commit(partial(add, event, database), using=database, robust=True)


def add(event: ProvisioningEvent, database: str) -> None:
    """Add an event to the row of its hour, which is made where there is none."""
    key: dict[str, Any] = {
        "connection_id": event.connection_id,
        "hour": event.time.replace(minute=0, second=0, microsecond=0),
        "outcome": event.outcome,
        "status": event.status,
        "scim_type": event.scim_type,
        "duration": duration_bound(event.duration),
    }
    counts = EventCount.objects.using(database)
    if not counts.filter(**key).update(count=F("count") + 1):
        counts.get_or_create(**key)
        counts.filter(**key).update(count=F("count") + 1)
