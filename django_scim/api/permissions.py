"""What a token may be used for."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from django_scim.models import AccessToken, Connection

__all__ = ["HasScope", "connection_of"]


def connection_of(request: Request) -> Connection | None:
    """Return the connection that a request acts for, or None if the authentication has no connection."""
    auth = request.auth
    if isinstance(auth, Connection):
        return auth
    connection = getattr(auth, "connection", None)
    return connection if isinstance(connection, Connection) else None


class HasScope(BasePermission):
    """Requires a connection, and if it has an access token, the scope that the method needs."""

    message = "the token does not allow this"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the token has the scope ``read`` or ``write``, and if it is limited, the resource type."""
        if connection_of(request) is None:
            return False
        return not isinstance(request.auth, AccessToken) or request.auth.allows(
            view.required_scope, view.resource_scope
        )
