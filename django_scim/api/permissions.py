"""What a token may be used for."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from django_scim.api.refusals import remember
from django_scim.models import AccessToken, Connection
from django_scim.models.access_token import RefusalReason

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
        """Whether the token has the scope ``read`` or ``write``, and if it is limited, the resource type.

        A token without it leaves a trace at its connection.
        """
        if connection_of(request) is None:
            return False
        token = request.auth
        if not isinstance(token, AccessToken) or token.allows(view.required_scope, view.resource_scope):
            return True
        remember(request, token, RefusalReason.SCOPE)
        return False
