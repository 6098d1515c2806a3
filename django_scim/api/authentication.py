"""Bearer tokens (RFC 6750) as a DRF authentication class."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from django_scim.api.errors import UNAUTHENTICATED
from django_scim.models import AccessToken, Connection


class Client:
    """An authenticated identity provider, in the place of Django's user."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.pk = f"scim-connection-{connection.pk}"

    def __str__(self) -> str:
        return str(self.connection)


class AccessTokenAuthentication(BaseAuthentication):
    """Finds the :class:`~django_scim.models.AccessToken` in the ``Authorization`` header.

    ``request.user`` becomes a :class:`Client`, ``request.auth`` the token. An authentication class of
    the host that takes its place has to give ``request.auth`` a ``connection``, or be one.
    """

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        """Return the client and its token; none if the request carries no bearer token.

        :raises AuthenticationFailed: If the token is not valid now.
        """
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        stored = AccessToken.objects.usable(token.strip())
        if stored is None:
            raise AuthenticationFailed(UNAUTHENTICATED)
        stored.note_use(timezone.now())
        return Client(stored.connection), stored

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return 'Bearer realm="SCIM"'
