"""What stops a write: protected rows, the last administrator, a connection that is paused."""

from __future__ import annotations

from django.db import router
from scim2_models import ForbiddenException, SCIMException

from django_scim.models import AccessToken, Connection
from django_scim.resources.resource import Resource
from django_scim.sql.clusters import certify_names


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
    certify_names(obj.database, [f"administrators {obj.resource_type.name}"])
    others = administrators.using(obj.database).exclude(pk=obj.instance.pk)
    if not others.select_for_update().order_by("pk")[:1]:
        raise ForbiddenException(detail="this is the last active administrator")


class ConnectionPaused(SCIMException):
    """The connection is paused: 503, so that clients try again and lose nothing."""

    status = 503
    wait = 3600
    """For the ``Retry-After`` header."""

    def __init__(self, reason: str) -> None:
        super().__init__(detail=f"provisioning is paused: {reason}")
        self.reason = reason


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
