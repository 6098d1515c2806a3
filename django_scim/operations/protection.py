"""What SCIM may not change: protected rows, and the last administrator. Every write asks here."""

from __future__ import annotations

from django.db.models import Model
from scim2_models import ForbiddenException

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
