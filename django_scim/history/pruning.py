"""Deleting what is old, little by little: the tables stay in use meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.db import router
from django.db.models import Model, QuerySet

from django_scim.models import EventCount, ProvisioningEvent
from django_scim.sql.transactions import run


def events_before(time: datetime) -> QuerySet[ProvisioningEvent]:
    """Return the events that are older, the oldest first."""
    events = ProvisioningEvent.objects.using(router.db_for_write(ProvisioningEvent))
    return events.filter(time__lt=time).order_by("time", "pk")


def counts_before(time: datetime) -> QuerySet[EventCount]:
    """Return the counts of hours that had begun before a time, the oldest first."""
    counts = EventCount.objects.using(router.db_for_write(EventCount))
    return counts.filter(hour__lt=time).order_by("hour", "pk")


def prune(rows: QuerySet[Any], batch_size: int) -> Iterator[int]:
    """Delete rows in batches, each in a transaction of its own, and yield how many each had.

    It may stop after any batch and be run again. If two run at once, the second one finds some rows deleted
    already, and goes on.

    :param rows: What is deleted, ordered by a column with an index and then by the primary key.
    """
    column = str(rows.query.order_by[0])
    last = None
    while True:
        batch = rows if last is None else rows.filter(**{f"{column}__gte": last})
        selected, deleted, last = run(rows.db, partial(delete_batch, batch[:batch_size], column))
        if not selected:
            return
        yield deleted


def delete_batch(batch: QuerySet[Model], column: str) -> tuple[int, int, Any]:
    """Delete rows by their primary keys; return how many were selected and deleted, and the last value.

    The keys are read first. MariaDB and MySQL take no ``LIMIT`` in the subquery of a ``DELETE``, and a range
    would lock the gaps between the rows too. The next batch begins where this one ended, so that it does
    not read the index entries of deleted rows.
    """
    rows = list(batch.values_list("pk", column))
    if not rows:
        return 0, 0, None
    keys = [key for key, _ in rows]
    deleted, _ = batch.model._base_manager.using(batch.db).filter(pk__in=keys).delete()
    return len(rows), deleted, rows[-1][1]
