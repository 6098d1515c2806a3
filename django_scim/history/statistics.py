"""Figures of the history, summed up in the database from the counts by the hour, not from the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import (
    Case,
    DateTimeField,
    OuterRef,
    PositiveBigIntegerField,
    QuerySet,
    SmallIntegerField,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from django_scim.models import Connection, EventCount, Outcome, ProvisioningEvent
from django_scim.models.provisioning_event import DURATIONS

DAYS = 30
"""How many days the pictures show, the current one included."""

RECENT = timedelta(hours=24)
"""What counts as recent. Counts are by the hour: all of the hour in which this time began is counted too."""


@dataclass(frozen=True)
class Day:
    """The events of one day in the current time zone."""

    date: date
    outcomes: Counter[str] = field(default_factory=Counter)
    """The number of events by outcome."""
    durations: Counter[int] = field(default_factory=Counter)
    """The number of events by the bound of their duration, in milliseconds."""


class Refusal(NamedTuple):
    """A reason for which requests were refused, and how often."""

    status: int
    scim_type: str
    number: int


def days(connection: Connection | None, number: int = DAYS) -> list[Day]:
    """Return the last days with their events, in one query.

    The database groups by day with the beginnings of the days as conditions: it needs no time zones of
    its own, which MariaDB and MySQL often lack. An hour belongs to the day in which it began, where days
    do not begin with an hour of UTC.

    :param connection: Whose events, or None for all, also those of deleted connections.
    """
    today = current(timezone.now()).date()
    result = [Day(today - timedelta(days=ago)) for ago in reversed(range(number))]
    ends = [beginning(day.date + timedelta(days=1)) for day in result]
    conditions = [When(hour__lt=end, then=Value(index)) for index, end in enumerate(ends)]
    rows = (
        counts(connection)
        .filter(hour__gte=beginning(result[0].date), hour__lt=ends[-1])
        .annotate(day=Case(*conditions, output_field=SmallIntegerField()))
        .values_list("day", "outcome", "duration")
        .annotate(Sum("count"))
        .order_by()
    )
    for index, outcome, duration, count in rows:
        result[index].outcomes[outcome] += count
        result[index].durations[duration] += count
    return result


def percentile(durations: Mapping[int, int], percent: int) -> float | None:
    """Return the duration in milliseconds that so many percent of the events did not exceed.

    Durations are known by their bounds alone. Within two bounds they are taken as spread evenly, so the
    result is exact at a bound and interpolated between two. What took longer than the last bound counts
    as if it had not.

    :param durations: The number of events by bound.
    :returns: None if there are no events.
    """
    wanted = sum(durations.values()) * percent / 100
    below = 0
    for bound, count in sorted(durations.items()):
        if count and below + count >= wanted:
            lower = max((other for other in DURATIONS if other < bound), default=0)
            return lower + (bound - lower) * (wanted - below) / count
        below += count
    return None


def recent_refusals(connection: Connection) -> list[Refusal]:
    """Return why requests were refused recently, the most frequent reason first."""
    rows = (
        counts(connection)
        .filter(hour__gte=recently(), outcome=Outcome.REFUSED)
        .values_list("status", "scim_type")
        .annotate(total=Sum("count"))
        .order_by("-total", "status", "scim_type")
    )
    return [Refusal(*row) for row in rows]


def recent_refusal_count() -> Coalesce:
    """Return how many requests were refused recently, as a column of a query of connections."""
    refused = counts_of_outer(Outcome.REFUSED).filter(hour__gte=recently())
    total = refused.values("connection").annotate(total=Sum("count")).values("total")
    return Coalesce(Subquery(total), 0, output_field=PositiveBigIntegerField())


def last_success() -> Coalesce:
    """Return when a request last succeeded, as a column of a query of connections.

    It is the hour alone where the event itself is pruned.
    """
    events = ProvisioningEvent.objects.filter(connection=OuterRef("pk"), outcome=Outcome.SUCCESS)
    newest = events.order_by("-time", "-pk").values("time")[:1]
    hour = counts_of_outer(Outcome.SUCCESS).order_by("-hour").values("hour")[:1]
    return Coalesce(Subquery(newest), Subquery(hour), output_field=DateTimeField())


def counts(connection: Connection | None) -> QuerySet[EventCount]:
    """Return the counts of a connection, or all if it is None."""
    counts = EventCount.objects.all()
    return counts if connection is None else counts.filter(connection=connection)


def counts_of_outer(outcome: Outcome) -> QuerySet[EventCount]:
    """Return the counts of the connection that the query around them is about."""
    return EventCount.objects.filter(connection=OuterRef("pk"), outcome=outcome).order_by()


def recently() -> datetime:
    """Return the beginning of the hour from which on counts are recent."""
    return (timezone.now() - RECENT).replace(minute=0, second=0, microsecond=0)


def current(moment: datetime) -> datetime:
    """Return a time in the current time zone, or as it is if the project has no time zones."""
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def beginning(day: date) -> datetime:
    """Return the time at which a day begins, in the current time zone."""
    midnight = datetime.combine(day, time.min)
    return timezone.make_aware(midnight) if settings.USE_TZ else midnight
