"""A permission, a throttle and a deprovisioning function of a host."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from django_scim.api.permissions import connection_of
from django_scim.models import Connection, Scope

left: list[tuple[str, str | None]] = []
"""Who has left, and the connection that said so."""


class FrozenForAudit(BasePermission):
    """Lets nobody write whose connection is named so."""

    message = "nothing may be changed during the audit"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Reads are allowed, queries by POST among them."""
        connection = connection_of(request)
        is_frozen = connection is not None and connection.name.startswith("Audited")
        return view.required_scope is Scope.READ or not is_frozen


class NoGroups(BasePermission):
    """Keeps groups to the project."""

    message = "groups are ours"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Look at the resource type; what is about no one type has None."""
        return bool(view.resource_scope != "groups")


class TwoForAll(SimpleRateThrottle):
    """Two writes a minute, for all connections of a tenant together."""

    scope = "scim-tenant"
    rate = "2/min"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Count writes by the tenant of their connection."""
        connection = connection_of(request)
        if connection is None or view.required_scope is Scope.READ:
            return None
        return f"scim-tenant-{connection.tenant_type_id}-{connection.tenant_id}"


def note_leaver(instance: Any, connection: Connection | None) -> None:
    """Note who has left."""
    left.append((instance.username, None if connection is None else connection.name))
