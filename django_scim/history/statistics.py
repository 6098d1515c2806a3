"""Figures of the history, computed in the database from the counts by the hour and not from the events.

They are as of the last :func:`~django_scim.history.counting.roll_up`.
"""

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
"""The days in the pictures, with the current one."""

RECENT = timedelta(hours=24)
"""The time that is recent. Since counts are by the hour, the hour in which it begins counts as a whole."""


@dataclass(frozen=True)
class Day:
    """The events of one day in the current time zone."""

    date: date
    outcomes: Counter[str] = field(default_factory=Counter)
    """The number of events by their outcome."""
    durations: Counter[int] = field(default_factory=Counter)
    """The number of events by the upper bound of their duration, in milliseconds."""


class Refusal(NamedTuple):
    """A reason for which requests were refused, and how often."""

    status: int
    scim_type: str
    number: int


def days(connection: Connection | None, number: int = DAYS) -> list[Day]:
    """Return the last days with their events, in one query.

    The query has the end of each day as a condition. So the database needs no time zones of its own, which
    MariaDB and MySQL often lack. In a time zone where days do not begin with an hour of UTC, an hour belongs
    to the day in which it begins.

    :param connection: The connection of the events, or None for all events, those of deleted ones too.
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
    """Return a percentile of durations in milliseconds, or None if there are no events.

    Only the bounds of the durations are known. The result is interpolated between two bounds, as if the
    durations were spread evenly. A duration over the last bound counts as the last bound.

    :param durations: The number of events by the upper bound of their duration.
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
    """Return the reasons of recent refusals, the most frequent first."""
    rows = (
        counts(connection)
        .filter(hour__gte=recently(), outcome=Outcome.REFUSED)
        .values_list("status", "scim_type")
        .annotate(total=Sum("count"))
        .order_by("-total", "status", "scim_type")
    )
    return [Refusal(*row) for row in rows]


def recent_refusal_count() -> Coalesce:
    """Return the annotation of connections: the number of recent refusals."""
    refused = counts_of_outer(Outcome.REFUSED).filter(hour__gte=recently())
    total = refused.values("connection").annotate(total=Sum("count")).values("total")
    return Coalesce(Subquery(total), 0, output_field=PositiveBigIntegerField())


def latest_of_times(*times: datetime | None) -> datetime | None:
    """Return the last of some times; None if there is none.

    The use of a token is written once a minute: a request that the history has may be later.
    """
    return max((each for each in times if each is not None), default=None)


def last_success() -> Coalesce:
    """Return the annotation of connections: the time of the last success.

    It is only the hour, if the event itself is deleted.
    """
    events = ProvisioningEvent.objects.filter(connection=OuterRef("pk"), outcome=Outcome.SUCCESS)
    newest = events.order_by("-time", "-pk").values("time")[:1]
    hour = counts_of_outer(Outcome.SUCCESS).order_by("-hour").values("hour")[:1]
    return Coalesce(Subquery(newest), Subquery(hour), output_field=DateTimeField())


def counts(connection: Connection | None) -> QuerySet[EventCount]:
    """Return the counts of a connection, or all counts."""
    counts = EventCount.objects.all()
    return counts if connection is None else counts.filter(connection=connection)


def counts_of_outer(outcome: Outcome) -> QuerySet[EventCount]:
    """Return the counts of the connection of the outer query."""
    return EventCount.objects.filter(connection=OuterRef("pk"), outcome=outcome).order_by()


def recently() -> datetime:
    """Return the beginning of the hour from which on counts are recent."""
    return (timezone.now() - RECENT).replace(minute=0, second=0, microsecond=0)


def current(moment: datetime) -> datetime:
    """Return a time in the current time zone, or as it is if the project has no time zones."""
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def time_text(moment: datetime) -> str:
    """Return a time as all pages and commands write it: to the second, in the current time zone."""
    return f"{current(moment):%Y-%m-%d %H:%M:%S}"


def beginning(day: date) -> datetime:
    """Return the time at which a day begins, in the current time zone."""
    midnight = datetime.combine(day, time.min)
    return timezone.make_aware(midnight) if settings.USE_TZ else midnight
