"""What there is to tell of connections at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from django_scim.models import AccessToken, Connection, Operation, Outcome, ProvisioningEvent
from django_scim.notifications.notification import Kind, Notification, stamp
from django_scim.operations.protection import ConnectionPaused

WRITES = (Operation.CREATE, Operation.REPLACE, Operation.MODIFY, Operation.DELETE)

WINDOW = timedelta(days=7)
"""Within which time refusals make a row."""

MOST_REASONS = 5


def about(connection: Connection, kind: Kind, identity: str, **facts: Any) -> Notification:
    """Return a notification about one connection.

    :param identity: What tells this one from others of the same kind.
    """
    return Notification(kind, f"{kind}:{identity}", connection, tuple(connection.notify), facts)


def pause_of(connection: Connection) -> Notification:
    """Return the notification about a connection that is paused."""
    since = connection.paused_at
    return about(
        connection,
        Kind.PAUSED,
        f"{connection.pk}:{stamp(since)}",
        reason=connection.pause_reason,
        since=since,
    )


def pauses() -> Iterator[Notification]:
    """Yield a notification for each connection that is paused."""
    for connection in Connection.objects.filter(is_active=True, paused_at__isnull=False):
        yield pause_of(connection)


def expiring_tokens(within: timedelta) -> Iterator[Notification]:
    """Yield a notification for each token that can be used and expires soon."""
    now = timezone.now()
    lasting = AccessToken.objects.filter(connection=OuterRef("connection"), revoked=None).filter(
        Q(expires=None) | Q(expires__gt=OuterRef("expires"))
    )
    tokens = AccessToken.objects.filter(
        connection__is_active=True, revoked=None, expires__gt=now, expires__lte=now + within
    )
    for token in tokens.annotate(has_successor=Exists(lasting)).select_related("connection"):
        identity = f"{token.pk}:{stamp(token.expires)}"
        yield about(token.connection, Kind.EXPIRING, identity, token=token, is_last=not token.has_successor)


def silences(after: timedelta) -> Iterator[Notification]:
    """Yield a notification for each connection of which nothing has been heard for long.

    One of which nothing was ever heard is being set up, and not silent.
    """
    latest = timezone.now() - after
    for connection in with_heard(Connection.objects.filter(is_active=True)):
        since = heard(connection)
        if since is not None and since <= latest:
            yield about(connection, Kind.SILENT, f"{connection.pk}:{stamp(since)}", since=since)


def with_heard(connections: QuerySet[Connection]) -> QuerySet[Any]:
    """Annotate connections with what :func:`heard` needs."""
    events = ProvisioningEvent.objects.filter(connection=OuterRef("pk")).order_by("-time", "-pk")
    return connections.annotate(
        last_used=Max("tokens__last_used"), last_event=Subquery(events.values("time")[:1])
    )


def heard(connection: Any) -> datetime | None:
    """Return when something came from a connection last: by its tokens, or by its history."""
    return max(filter(None, (connection.last_used, connection.last_event)), default=None)


def rows_of_refusals(at_least: int) -> Iterator[Notification]:
    """Yield a notification for each connection whose latest writes were all refused, so many at least."""
    since = timezone.now() - WINDOW
    counts = refusals().filter(time__gte=since, connection__is_active=True).values("connection")
    enough = counts.annotate(number=Count("pk")).filter(number__gte=at_least).order_by()
    connections = Connection.objects.in_bulk([row["connection"] for row in enough])
    for connection in connections.values():
        success = last_success(connection)
        row = refusals().filter(connection=connection, time__gte=since)
        if success is not None:
            row = row.filter(time__gt=success)
        figures = row.aggregate(number=Count("pk"), since=Min("time"))
        if figures["number"] >= at_least:
            reasons = row.values_list("status", "scim_type").annotate(number=Count("pk"))
            facts = {**figures, "reasons": list(reasons.order_by("-number", "status")[:MOST_REASONS])}
            yield about(connection, Kind.REFUSED, f"{connection.pk}:{stamp(success)}", **facts)


def refusals() -> QuerySet[ProvisioningEvent]:
    """Return the writes that were refused, and not because of a pause."""
    refused = ProvisioningEvent.objects.filter(outcome=Outcome.REFUSED, operation__in=WRITES).order_by()
    return refused.exclude(status=ConnectionPaused.status)


def last_success(connection: Connection) -> datetime | None:
    """Return when a write of a connection last succeeded, or would have in a rehearsal.

    Each query is the first row of an index, however long the history is.
    """
    events = ProvisioningEvent.objects.filter(connection=connection).order_by("-time", "-pk")
    found = [
        events.filter(outcome=outcome, operation=operation).values_list("time", flat=True).first()
        for outcome in (Outcome.SUCCESS, Outcome.REHEARSED)
        for operation in WRITES
    ]
    return max(filter(None, found), default=None)
