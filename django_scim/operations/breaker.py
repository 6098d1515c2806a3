"""The circuit breaker: how much a connection may do within an hour that hurts.

A mistake at the identity provider, such as a removed assignment of a group, can lock every account, empty
every group, or rename everybody within minutes. Over a limit, the connection is paused until somebody resumes
it.

What is counted are resources and not requests: one that is deactivated, and then deleted, counts once. What
the connection itself has made within the hour does not count: identity providers test themselves by making,
locking and deleting an account.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connections, router, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from django_scim.conf import get_settings
from django_scim.history.events import Attempt
from django_scim.models import AdoptionPolicy, Connection, Operation, Outcome, ProvisioningEvent
from django_scim.operations.protection import ConnectionPaused, require_running
from django_scim.resources.resource import Resource
from django_scim.signals import connection_paused
from django_scim.sql.clusters import certify_names
from django_scim.sql.transactions import run

logger = logging.getLogger("django_scim.request")

PERIOD = timedelta(hours=1)
"""The time in which resources are counted."""

ALWAYS_ALLOWED = 25
"""The least number that a limit by share allows: in a small project, one account is a large share."""

MOST_COUNTED = 10_000
"""The most resources that are counted for a share, so that the whole table is not read."""


REASON = gettext_noop(
    "more than %(limit)d resources were to be deactivated, deleted, emptied, renamed or given another "
    "password within an hour"
)
"""Why a connection is paused over the limit: in English for the provider, in the history and in the table."""

REASON_KEPT = re.compile(re.escape(REASON).replace(re.escape("%(limit)d"), r"(?P<limit>[0-9]+)"))
"""The same as it is kept."""


def reason_in_words(reason: str) -> str:
    """Return the reason of a pause: that of the limit in the active language, any other as it was given."""
    found = REASON_KEPT.fullmatch(reason)
    return reason if found is None else gettext(REASON) % {"limit": int(found["limit"])}


class LimitExceeded(ConnectionPaused):
    """A write would exceed the limit.

    Whoever catches this has to pause the connection. The write itself cannot, since it is rolled back.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(REASON % {"limit": limit})


def guard(obj: Resource, attempt: Attempt, *, was_active: bool | None, is_deleted: bool) -> None:
    """Count a write that hurts, and refuse it over the limit.

    Call it in the transaction of the write, after everything is saved. The row of the connection is locked
    until the commit, so that the next write that hurts counts this one. Other writes do not wait for it.

    :param was_active: Whether the resource was active before the write; None for one that the write makes.
    :raises LimitExceeded: If the limit is reached within the hour.
    :raises ConnectionPaused: If another request has paused the connection by now.
    """
    if was_active is None or attempt.connection is None or not has_limit(attempt.connection):
        return
    if attempt.is_rehearsal:
        return
    if not (is_deleted or attempt.deactivated or is_renamed(obj, attempt) or is_emptied(obj)):
        return
    if is_counted_or_fresh(obj, attempt.connection):
        return
    attempt.harmful = True
    connection = locked_connection(attempt.connection)
    require_running(connection)
    require_within_limit(obj, connection, bool(was_active))


def has_limit(connection: Connection) -> bool:
    """Whether anything is counted for a connection."""
    settings = get_settings()
    limits = (connection.deprovisioning_limit, settings.DEPROVISIONING_LIMIT, settings.DEPROVISIONING_SHARE)
    return any(limit is not None for limit in limits)


def is_renamed(obj: Resource, attempt: Attempt) -> bool:
    """Whether a write takes a name, an address or a password from somebody who had it.

    Of one that adopts what it names, only the name that it goes by counts: it brings the others as the
    provider has them.
    """
    mappings, names = obj.resource_type.mappings, obj.resource_type.adapter.known_by
    if obj.is_adopted and obj.caller.acting.adoption == AdoptionPolicy.MATCHING:
        names = (obj.resource_type.adapter.matched_by or "",)
    return any(
        mappings[key].path.head in names and ("before" in sides or mappings[key].path.is_secret)
        for key, sides in attempt.changes.items()
        if key in mappings
    )


def is_emptied(obj: Resource) -> bool:
    """Whether a write takes its last members from a resource, or more of them than it leaves."""
    for key, kinds in obj.members_changed.items():
        removed = set(kinds.get("removed", ())).difference(kinds.get("added", ()))
        if removed and obj.collections[key].count(obj, most=len(removed)) < len(removed):
            return True
    return False


def is_counted_or_fresh(obj: Resource, connection: Connection) -> bool:
    """Whether a resource has been counted within the hour, or was made by the connection within it."""
    now = timezone.now()
    is_counted = Q(harmful=True, time__gt=since(connection, now))
    record = obj.record
    if record is not None and record.managed_by_id == connection.pk and not record.is_joined:
        is_counted |= Q(operation=Operation.CREATE, time__gt=now - PERIOD)
    own = events_of(connection).filter(resource_id=obj.identifier, resource_type=obj.resource_type.name)
    return own.filter(is_counted, outcome=Outcome.SUCCESS).exists()


def locked_connection(connection: Connection) -> Connection:
    """Return a connection as it is now, locked until the commit."""
    rows = Connection.objects.using(router.db_for_write(Connection))
    certify_names(rows.db, [f"connection {connection.pk}"])
    # Its events refer to it: where the database can tell, they may be written meanwhile.
    has_no_key = connections[rows.db].features.has_select_for_no_key_update
    return rows.select_for_update(no_key=has_no_key).get(pk=connection.pk)


def require_within_limit(obj: Resource, connection: Connection, was_active: bool) -> None:
    """Refuse a write over the limit.

    :raises LimitExceeded: If the limit is reached within the hour.
    """
    settings = get_settings()
    limit, share = settings.DEPROVISIONING_LIMIT, settings.DEPROVISIONING_SHARE
    if connection.deprovisioning_limit is not None:
        limit, share = connection.deprovisioning_limit, None
    done = counted(connection, most=MOST_COUNTED if limit is None else limit)
    if limit is not None and done >= limit:
        raise LimitExceeded(limit)
    if share is not None and done >= ALWAYS_ALLOWED:
        limit = max(ALWAYS_ALLOWED, resources(obj, connection, was_active) * share // 100)
        if counted(connection, most=limit, resource_type=obj.resource_type.name) >= limit:
            raise LimitExceeded(limit)


def counted(connection: Connection, most: int, **selection: Any) -> int:
    """Count the resources that a connection has hurt within the hour, at most up to a number.

    :param selection: Further lookups of the events, such as their ``resource_type``.
    """
    return harmful_events(connection, timezone.now()).filter(**selection).order_by()[:most].count()


def harmful_events(connection: Connection, now: datetime) -> QuerySet[ProvisioningEvent]:
    """Return the events that count at a time: one for each resource."""
    found = events_of(connection).filter(harmful=True, time__gt=since(connection, now), time__lte=now)
    return found.order_by("-time", "-pk")


def refused_since(connection: Connection, paused_at: datetime) -> QuerySet[ProvisioningEvent]:
    """Return what was refused because of a pause, the first one first."""
    refused = events_of(connection).filter(outcome=Outcome.REFUSED, status=ConnectionPaused.status)
    return refused.filter(time__gte=paused_at).order_by("time", "pk")


def pause(connection: Connection, reason: str) -> bool:
    """Pause a connection, log that, and tell the project once that is committed.

    Of the requests that meet the limit at the same time, one pauses the connection, and tells.

    :returns: False if it was paused already.
    """
    using = router.db_for_write(Connection)
    # Again after a deadlock: the writes that hurt hold the row of the connection.
    is_new = run(using, partial(connection.pause, reason))
    if is_new:
        logger.error("the connection %s is paused: %s", connection, reason)
        tell = partial(connection_paused.send_robust, Connection, connection=connection, reason=reason)
        transaction.on_commit(tell, using=using, robust=True)
    return is_new


def since(connection: Connection, now: datetime) -> datetime:
    """Return from when on resources are counted."""
    return max(filter(None, (now - PERIOD, connection.resumed_at)))


def events_of(connection: Connection) -> QuerySet[ProvisioningEvent]:
    """Return the events of a connection, from where they are written."""
    events = ProvisioningEvent.objects.using(router.db_for_write(ProvisioningEvent))
    return events.filter(connection=connection)


def resources(obj: Resource, connection: Connection, was_active: bool) -> int:
    """Count the resources of the same type that a connection may change, up to :data:`MOST_COUNTED`.

    Those that count are active, or were when the hour began. Those that it has made within the hour do not:
    the limit could be lifted by making more.
    """
    name, now = obj.resource_type.name, timezone.now()
    rows = within_reach(obj, connection).exclude(pk=obj.instance.pk)
    active = obj.resource_type.adapter.active_rows(rows, obj.caller).order_by()[:MOST_COUNTED].count()
    lost = counted(connection, most=MOST_COUNTED, resource_type=name, deactivated=True)
    created = events_of(connection).filter(
        resource_type=name, outcome=Outcome.SUCCESS, operation=Operation.CREATE, time__gt=now - PERIOD
    )
    return active + lost + was_active - created.order_by()[:MOST_COUNTED].count()


def within_reach(obj: Resource, connection: Connection) -> QuerySet[Any]:
    """Return the rows that a connection may change, as far as the records tell."""
    resource_type = obj.resource_type
    rows = resource_type.queryset(connection).using(obj.database)
    records = resource_type.records().filter(**{resource_type.record_key: OuterRef("pk")})
    if connection.adoption == AdoptionPolicy.OWN:
        return rows.filter(Exists(records.filter(managed_by=connection)))
    if resource_type.adapter.is_shared:
        return rows
    others = records.filter(managed_by__isnull=False).exclude(managed_by=connection)
    return rows.filter(~Exists(others))
