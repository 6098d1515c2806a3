"""How the connections did last week, for each group of people who are told of the same ones."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q
from django.utils import timezone

from django_scim.history.statistics import beginning, current
from django_scim.models import Connection, Effect, Outcome, ProvisioningEvent
from django_scim.notifications.finding import WRITES, heard, with_heard
from django_scim.notifications.notification import Kind, Notification, WeekOfConnection, stamp

WEEK = timedelta(days=7)


def digests() -> Iterator[Notification]:
    """Yield a digest of the last week for all who are told of some connections that are active."""
    monday = monday_of(timezone.now())
    since, until = beginning(monday - WEEK), beginning(monday)
    groups: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    for connection in watched(until):
        groups[tuple(sorted(connection.notify))].append(connection)
    counts = counted(since, until) if groups else {}
    for recipients, connections in groups.items():
        weeks = [week_of(connection, counts) for connection in connections]
        facts = {"connections": weeks, "since": since, "until": until}
        key = f"{Kind.DIGEST}:{stamp(since)}:{digest_of(recipients)}"
        yield Notification(Kind.DIGEST, key, None, recipients, facts)


def monday_of(time: datetime) -> Any:
    """Return the day on which the week of a time began, in the current time zone."""
    day = current(time).date()
    return day - timedelta(days=day.weekday())


def watched(until: datetime) -> Any:
    """Return the active connections that there were then, with when they were heard, and a token expires."""
    is_usable = Q(tokens__revoked=None, tokens__expires__gt=timezone.now())
    connections = with_heard(Connection.objects.filter(is_active=True, created__lt=until))
    return connections.annotate(next_expiry=Min("tokens__expires", filter=is_usable)).order_by("name")


def counted(since: datetime, until: datetime) -> dict[int, Counter[tuple[str, str]]]:
    """Return how many writes of each connection had which outcome and effect, in one query."""
    rows = (
        ProvisioningEvent.objects.filter(time__gte=since, time__lt=until, operation__in=WRITES)
        .order_by()
        .values_list(F("connection"), "outcome", "effect")
        .annotate(number=Count("pk"))
    )
    counts: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for connection, outcome, effect, number in rows:
        counts[connection][outcome, effect] += number
    return counts


def week_of(connection: Any, counts: dict[int, Counter[tuple[str, str]]]) -> WeekOfConnection:
    """Return how a connection of :func:`watched` did."""
    own = counts.get(connection.pk, Counter())
    outcomes: Counter[str] = Counter()
    for (outcome, _), number in own.items():
        outcomes[outcome] += number
    return WeekOfConnection(
        connection,
        succeeded=outcomes[Outcome.SUCCESS],
        refused=outcomes[Outcome.REFUSED],
        created=own[Outcome.SUCCESS, Effect.CREATED] + own[Outcome.SUCCESS, Effect.REHIRED],
        deactivated=own[Outcome.SUCCESS, Effect.DEACTIVATED],
        deleted=own[Outcome.SUCCESS, Effect.DELETED],
        heard=heard(connection),
        expires=connection.next_expiry,
    )


def digest_of(recipients: tuple[str, ...]) -> str:
    """Return a short text that stands for some recipients."""
    return hashlib.sha256("\n".join(recipients).encode()).hexdigest()[:16]
