"""The counts of events by the hour, rolled up from the events when somebody looks at them.

A write adds its event and no more: a row of the hour would be the same one for all workers. The counts of an
hour are settled some time after its end, when no transaction is left that began in it. Those of a later hour
are made anew at each look.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import router
from django.db.models import (
    Case,
    Count,
    Max,
    Min,
    PositiveIntegerField,
    QuerySet,
    SmallIntegerField,
    Value,
    When,
)
from django.utils import timezone

from django_scim.models import EventCount, Operation, Outcome, ProvisioningEvent
from django_scim.models.provisioning_event import DURATIONS
from django_scim.sql.transactions import locked, run

READS = (Operation.READ, Operation.SEARCH)
"""The operations that change nothing. They are never counted, even if they are recorded."""

HOUR = timedelta(hours=1)

LATEST = timedelta(minutes=15)
"""How long after the end of an hour the last of its events may be committed."""

HOURS = 24
"""How many hours one statement counts."""


def roll_up() -> None:
    """Count the events of all hours that are not settled, a day in a transaction."""
    database = router.db_for_write(EventCount)
    for begin in unsettled(database):
        run(database, partial(count_hours, database, begin))


def unsettled(database: str) -> Iterator[datetime]:
    """Yield the hours to count from, each with those that follow it: there may be none for long."""
    counts = EventCount.objects.using(database)
    # A list: Django before 6.1 compares a column with False by NOT, for which SQLite looks in no index.
    start = counts.filter(is_settled__in=[False]).aggregate(hour=Min("hour"))["hour"]
    if start is None and (last := counts.aggregate(hour=Max("hour"))["hour"]):
        start = last + HOUR
    if start is not None:
        start = min(start, hour_of(timezone.now() - HOUR - LATEST))
    while True:
        events = writes(database) if start is None else writes(database).filter(time__gte=start)
        first = events.order_by("time").values_list("time", flat=True).first()
        if first is None:
            return
        begin = hour_of(first)
        yield begin
        start = begin + HOURS * HOUR


def hour_of(time: datetime) -> datetime:
    """Return the beginning of the hour of a time."""
    return time.replace(minute=0, second=0, microsecond=0)


def writes(database: str) -> QuerySet[ProvisioningEvent]:
    """Return the events that are counted: writes that were done or refused."""
    events = ProvisioningEvent.objects.using(database).exclude(operation__in=READS)
    return events.exclude(outcome=Outcome.REHEARSED)


def count_hours(database: str, begin: datetime) -> None:
    """Replace the counts of some hours, but for those that are settled."""
    hours = [begin + number * HOUR for number in range(HOURS)]
    counts = EventCount.objects.using(database)
    kept = counts.filter(hour__range=(hours[0], hours[-1]))
    # Whoever counts at the same time waits here, and replaces what it finds then.
    list(locked(kept.filter(is_settled=False).order_by("pk")).values_list("pk"))
    kept.filter(is_settled=False).delete()
    settled = set(kept.values_list("hour", flat=True))
    settled_until = timezone.now() - HOUR - LATEST
    rows = [
        EventCount(hour=hour, is_settled=hour <= settled_until, **values)
        for hour, values in counted(database, hours)
        if hour not in settled
    ]
    counts.bulk_create(rows, ignore_conflicts=True)


def counted(database: str, hours: list[datetime]) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield the counts of hours that follow each other: the hour, and the other columns.

    The query has the end of each hour, and the bounds of the durations, as conditions: a database may have no
    time zones of its own.
    """
    ends = [When(time__lt=hour + HOUR, then=Value(index)) for index, hour in enumerate(hours)]
    bounds = [When(duration__lte=bound, then=Value(bound)) for bound in DURATIONS]
    bound = Case(*bounds, default=Value(DURATIONS[-1]), output_field=PositiveIntegerField())
    columns = ("connection_id", "outcome", "status", "scim_type")
    rows = (
        writes(database)
        .filter(time__gte=hours[0], time__lt=hours[-1] + HOUR)
        .order_by()
        .annotate(index=Case(*ends, output_field=SmallIntegerField()), bound=bound)
        .values(*columns, "index", "bound")
        .annotate(count=Count("pk"))
    )
    for values in rows:
        yield hours[values.pop("index")], {"duration": values.pop("bound"), **values}
