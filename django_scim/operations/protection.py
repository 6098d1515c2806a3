"""What stops a write: protected rows, the last administrator, the breaker. Every write asks here.

A mistake at the identity provider, such as an assignment that is taken away from a group, deactivates every
account that it reaches within minutes. Beyond a limit the connection is paused until somebody has looked.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import router
from django.db.models import Model
from django.utils import timezone
from scim2_models import ForbiddenException, SCIMException

from django_scim.conf import get_settings
from django_scim.models import Connection, ProvisioningEvent
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import ResourceType


def require_unprotected(resource_type: ResourceType, instance: Model) -> None:
    """Refuse a write to a row that SCIM may only read.

    :raises ForbiddenException: With the reason.
    """
    if resource_type.adapter.protected(instance):
        raise ForbiddenException(
            detail=f"this {resource_type.name} is protected and cannot be changed by SCIM"
        )


def require_permitted_outcome(obj: Resource, *, is_changed: bool, is_deleted: bool) -> None:
    """Refuse a write that makes what SCIM may not, or takes away what the project cannot be without.

    To be called when everything is saved.

    :raises ForbiddenException: With the reason.
    """
    if is_changed and not is_deleted:
        require_unprotected(obj.resource_type, obj.instance)
    if obj.was_administrator and (is_deleted or not obj.resource_type.adapter.is_administrator(obj.instance)):
        require_other_administrator(obj)


def require_other_administrator(obj: Resource) -> None:
    """Refuse a write that leaves nobody who may do everything, where an adapter lets SCIM change such rows.

    The other one is locked, so that two of them cannot go at the same time.

    :raises ForbiddenException: With the reason.
    """
    administrators = obj.resource_type.adapter.administrators()
    if administrators is None:
        return
    others = administrators.using(obj.database).exclude(pk=obj.instance.pk)
    if not others.select_for_update().order_by("pk")[:1]:
        raise ForbiddenException(detail="this is the last active administrator")


PERIOD = timedelta(hours=1)
"""The time in which deactivations and deletions are counted together."""

ALWAYS_ALLOWED = 25
"""How many a share of the resources never goes below: one of five accounts is no disaster."""

MOST_COUNTED = 10_000
"""Up to how many resources are counted to know their share: no look at the whole table."""


class ConnectionPaused(SCIMException):
    """The connection is paused: 503, so that clients try again and lose nothing."""

    status = 503
    wait = PERIOD.total_seconds()
    """For the ``Retry-After`` header."""

    def __init__(self, reason: str) -> None:
        super().__init__(detail=f"provisioning is paused: {reason}")
        self.reason = reason


class LimitExceeded(ConnectionPaused):
    """A write would deprovision more than is allowed: whoever catches this has to pause the connection.

    The write is rolled back, so it cannot pause the connection itself.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} resources were to be deactivated or deleted within an hour")


def require_running(connection: Connection) -> None:
    """Refuse writes of a connection that is paused.

    :raises ConnectionPaused: If it is.
    """
    if connection.paused_at is not None:
        raise ConnectionPaused(connection.pause_reason)


def require_within_limit(obj: Resource) -> None:
    """Refuse a deactivation or a deletion beyond the limit.

    Requests that run at the same time do not see each other's events: as many as there are workers may
    pass beside the last one that is allowed.

    :raises LimitExceeded: If as many as are allowed have been done within the hour.
    """
    connection = obj.caller.acting
    settings = get_settings()
    limit, share = settings.DEPROVISIONING_LIMIT, settings.DEPROVISIONING_SHARE
    if connection.deprovisioning_limit is not None:
        limit, share = connection.deprovisioning_limit, None
    if limit is None and share is None:
        return
    done = deprovisioned(connection, most=MOST_COUNTED if limit is None else limit)
    if limit is not None and done >= limit:
        raise LimitExceeded(limit)
    if share is not None and done >= ALWAYS_ALLOWED:
        limit = max(ALWAYS_ALLOWED, resources(obj) * share // 100)
        if deprovisioned(connection, most=limit, resource_type=obj.resource_type.name) >= limit:
            raise LimitExceeded(limit)


def deprovisioned(connection: Connection, most: int, **selection: str) -> int:
    """Count what a connection has deactivated and deleted within the hour, up to a number.

    :param selection: What else the events have to be, such as their ``resource_type``.
    """
    since = max(filter(None, (timezone.now() - PERIOD, connection.resumed_at)))
    events = ProvisioningEvent.objects.using(router.db_for_write(ProvisioningEvent))
    found = events.filter(connection=connection, deactivated=True, time__gt=since, **selection).order_by()
    return found[:most].count()


def resources(obj: Resource) -> int:
    """Count the resources of the same type that the connection sees, up to :data:`MOST_COUNTED`."""
    rows = obj.resource_type.queryset(obj.caller.connection).using(obj.database)
    return rows.order_by()[:MOST_COUNTED].count()
