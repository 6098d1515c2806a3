"""Bearer tokens (RFC 6750) as a DRF authentication class."""

from __future__ import annotations

import logging
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from django_scim.api.errors import UNAUTHENTICATED
from django_scim.api.permissions import connection_of
from django_scim.api.refusals import remember
from django_scim.api.throttling import FailedAuthentications
from django_scim.api.transport import client_address, is_within
from django_scim.conf import get_settings
from django_scim.imports import leads_to
from django_scim.models import AccessToken, Connection
from django_scim.models.access_token import RefusalReason

__all__ = ["AccessTokenAuthentication", "Client"]

logger = logging.getLogger("django_scim.request")


class Client:
    """An authenticated identity provider: what ``request.user`` is instead of Django's user."""

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

    ``request.user`` becomes a :class:`Client`, and ``request.auth`` becomes the token. If the host uses
    another authentication class, its ``request.auth`` has to be a connection, or have a ``connection``.
    """

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        """Return the client and its token, or None if the request has no bearer token.

        The answer is the same for every reason to refuse a token.

        :raises AuthenticationFailed: If the token is not usable, or not from this address.
        :raises Throttled: If too many wrong tokens came from this address.
        """
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        failures = FailedAuthentications(request)
        failures.require_within_rate(token)
        stored = AccessToken.objects.usable(token)
        if stored is None or not may_be_used(stored.connection, request):
            failures.note_failure()
            remember(request, stored or token, RefusalReason.NETWORK if stored else None)
            raise AuthenticationFailed(UNAUTHENTICATED)
        stored.note_use(timezone.now(), request.headers.get("User-Agent") or "")
        return Client(stored.connection), stored

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return 'Bearer realm="SCIM"'


def require_usable_connection(request: Request) -> None:
    """Refuse a connection that may not be used, for any kind of authentication.

    :raises AuthenticationFailed: If the request is of such a connection.
    """
    connection = connection_of(request)
    if connection is not None and not may_be_used(connection, request):
        raise AuthenticationFailed(UNAUTHENTICATED)


def may_be_used(connection: Connection, request: Request) -> bool:
    """Whether a connection is active, and the request comes from its networks, if it has any."""
    if not connection.is_active:
        logger.warning("The connection %s is not active: a request was refused.", connection)
        return False
    if not connection.networks:
        return True
    address = client_address(request)
    if is_within(address, connection.networks):
        return True
    logger.warning("The connection %s may not be used from %s: a request was refused.", connection, address)
    return False


def takes_own_tokens() -> bool:
    """Whether requests may be authenticated by the app's own tokens."""
    return any(leads_to(path, AccessTokenAuthentication) for path in get_settings().AUTHENTICATION_CLASSES)
