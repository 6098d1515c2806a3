"""Who may read the history."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from django_scim.api.permissions import HasScope
from django_scim.models import AccessToken

VIEW_HISTORY = "django_scim.view_provisioningevent"


class MayReadHistory(HasScope):
    """Asks of an access token the scope ``history``, and of anybody else to be staff with the permission.

    To act for a connection by an authentication of the project is not enough: that may be what everyone
    who is signed in does to their own account.
    """

    message = "this needs a token with the scope 'history', or staff who may view provisioning events"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the history may be read; of a token, that of its own connection."""
        if isinstance(request.auth, AccessToken):
            return super().has_permission(request, view)
        user: Any = request.user
        is_staff = getattr(user, "is_active", False) and getattr(user, "is_staff", False)
        return bool(is_staff and user.has_perm(VIEW_HISTORY))
