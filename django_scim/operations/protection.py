"""What stops a write: protected rows, the last administrator, the limit of deprovisioning.

A mistake at the identity provider, such as a removed assignment of a group, can deactivate every account
within minutes. Over a limit, the connection is paused until somebody resumes it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import router
from django.utils import timezone
from scim2_models import ForbiddenException, SCIMException

from django_scim.conf import get_settings
from django_scim.models import AccessToken, Connection, ProvisioningEvent
from django_scim.resources.resource import Resource


def require_unprotected(obj: Resource) -> None:
    """Refuse a write to a row that SCIM may only read, or a write that makes such a row.

    :raises ForbiddenException: With the reason.
    """
    adapter = obj.resource_type.adapter
    is_handed_over = obj.record is not None and obj.record.is_handed_over
    if adapter.protected(obj.instance) or (not is_handed_over and adapter.guarded(obj.instance)):
        detail = f"this {obj.resource_type.name} is protected and cannot be changed by SCIM"
        raise ForbiddenException(detail=detail)


def require_permitted_outcome(obj: Resource, *, is_changed: bool, is_deleted: bool) -> None:
    """Refuse a write after which a row is protected, or after which there is no administrator.

    Call it after everything is saved.

    :raises ForbiddenException: With the reason.
    """
    if is_changed and not is_deleted:
        require_unprotected(obj)
    if obj.was_administrator and (is_deleted or not obj.resource_type.adapter.is_administrator(obj.instance)):
        require_other_administrator(obj)


def require_other_administrator(obj: Resource) -> None:
    """Refuse a write that takes away the last administrator, if the adapter lets SCIM change such rows.

    The other administrator is locked, so that two requests cannot take away the last two at the same time.

    :raises ForbiddenException: With the reason.
    """
    administrators = obj.resource_type.adapter.administrators()
    if administrators is None:
        return
    others = administrators.using(obj.database).exclude(pk=obj.instance.pk)
    if not others.select_for_update().order_by("pk")[:1]:
        raise ForbiddenException(detail="this is the last active administrator")


PERIOD = timedelta(hours=1)
"""The time in which deactivations and deletions are counted."""

ALWAYS_ALLOWED = 25
"""The least number that a limit by share allows: in a small project, one account is a large share."""

MOST_COUNTED = 10_000
"""The most resources that are counted for a share, so that the whole table is not read."""


class ConnectionPaused(SCIMException):
    """The connection is paused: 503, so that clients try again and lose nothing."""

    status = 503
    wait = PERIOD.total_seconds()
    """For the ``Retry-After`` header."""

    def __init__(self, reason: str) -> None:
        super().__init__(detail=f"provisioning is paused: {reason}")
        self.reason = reason


class LimitExceeded(ConnectionPaused):
    """A write would exceed the limit of deprovisioning.

    Whoever catches this has to pause the connection. The write itself cannot, since it is rolled back.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} resources were to be deactivated or deleted within an hour")


def require_running(connection: Connection) -> None:
    """Refuse writes of a connection that is paused.

    :raises ConnectionPaused: If it is.
    """
    if connection.paused_at is not None:
        raise ConnectionPaused(connection.pause_reason)


class NoLongerAuthentic(SCIMException):
    """The token was revoked or has expired, or its connection was switched off, while a job ran."""

    status = 401

    def __init__(self) -> None:
        super().__init__(detail="the token was revoked or has expired, or its connection was switched off")


def stop_of(connection: Connection, token: AccessToken | None) -> SCIMException | None:
    """Return why a client may not go on, as the database has it now; None if it may.

    One query of one row: a statement that is kept, if the client has a token.
    """
    if token is not None:
        renewed = AccessToken.objects.still_usable(token)
        now = None if renewed is None else renewed.connection
    else:
        rows = Connection.objects.using(router.db_for_write(Connection))
        now = rows.filter(pk=connection.pk, is_active=True).first()
    if now is None:
        return NoLongerAuthentic()
    return None if now.paused_at is None else ConnectionPaused(now.pause_reason)


def require_within_limit(obj: Resource) -> None:
    """Refuse a deactivation or a deletion over the limit.

    Requests at the same time do not see each other's events. So the limit may be exceeded by as many as
    there are workers.

    :raises LimitExceeded: If the limit is reached within the hour.
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
    """Count what a connection has deactivated and deleted within the hour, at most up to a number.

    :param selection: Further lookups of the events, such as their ``resource_type``.
    """
    since = max(filter(None, (timezone.now() - PERIOD, connection.resumed_at)))
    events = ProvisioningEvent.objects.using(router.db_for_write(ProvisioningEvent))
    found = events.filter(connection=connection, deactivated=True, time__gt=since, **selection).order_by()
    return found[:most].count()


def resources(obj: Resource) -> int:
    """Count the resources of the same type that the connection sees, up to :data:`MOST_COUNTED`."""
    rows = obj.resource_type.queryset(obj.caller.connection).using(obj.database)
    return rows.order_by()[:MOST_COUNTED].count()
