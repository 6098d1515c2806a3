"""Deletes old rows in batches, so that the tables stay in use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.db import router
from django.db.models import Model, QuerySet

from django_scim.models import EventCount, MembershipChange, ProvisioningEvent
from django_scim.sql.transactions import run


def events_before(time: datetime) -> QuerySet[ProvisioningEvent]:
    """Return the events before a time, the oldest first."""
    events = ProvisioningEvent.objects.using(router.db_for_write(ProvisioningEvent))
    return events.filter(time__lt=time).order_by("time", "pk")


def counts_before(time: datetime) -> QuerySet[EventCount]:
    """Return the counts of hours that had begun before a time, the oldest first."""
    counts = EventCount.objects.using(router.db_for_write(EventCount))
    return counts.filter(hour__lt=time).order_by("hour", "pk")


def prune(rows: QuerySet[Any], batch_size: int) -> Iterator[int]:
    """Delete rows in batches, each in its own transaction, and yield the size of each batch.

    It may stop after any batch and be run again. If it runs twice at the same time, the second run finds that
    rows are deleted already, and goes on.

    :param rows: The rows to delete, ordered by a column with an index, and then by the primary key.
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
    """Delete rows by their primary keys. Return how many were found and deleted, and the last row's column.

    The keys are read first: MariaDB and MySQL allow no ``LIMIT`` in the subquery of a ``DELETE``, and a range
    would also lock the gaps between the rows. The next batch begins where this one ended, so that the
    database does not read the index entries of deleted rows again.
    """
    rows = list(batch.values_list("pk", column))
    if not rows:
        return 0, 0, None
    keys = [key for key, _ in rows]
    if batch.model is ProvisioningEvent:
        MembershipChange.objects.using(batch.db).filter(event__in=keys).delete()
    deleted, _ = batch.model._base_manager.using(batch.db).filter(pk__in=keys).delete()
    return len(rows), deleted, rows[-1][1]
