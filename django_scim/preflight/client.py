"""A client that speaks SCIM with the project, in its own process and through the whole stack."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import get_script_prefix
from django.utils.translation import gettext

from django_scim.api.addresses import base_path
from django_scim.models import AccessToken, Connection

SCIM = "application/scim+json"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class ScimClient:
    """Sends SCIM requests as the identity provider of one connection, by HTTPS and with a token of its own.

    :param connection: The connection.
    :param scopes: What the token allows.
    :param headers: The headers of each request, such as ``User-Agent``.
    :param raises: Whether an unexpected error of the project is raised. Otherwise the answer is 500, and its
        ``exc_info`` has the error.
    :raises ImproperlyConfigured: If the project's URLs do not include those of the app.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        scopes: tuple[str, ...] = ("read", "write"),
        headers: dict[str, str] | None = None,
        raises: bool = True,
    ) -> None:
        root = base_path(connection)
        if root is None:
            raise ImproperlyConfigured(
                gettext(
                    "The URLs of the project do not include those of the app for this connection: add "
                    'include("django_scim.urls") to ROOT_URLCONF.'
                )
            )
        # What reverse() puts before each path, and a server takes off again.
        prefix = get_script_prefix().rstrip("/")
        self.root = root.removeprefix(prefix)
        self.connection = connection
        self.headers = headers or {}
        _, self.token = AccessToken.objects.issue(connection, scopes=list(scopes))
        self.http = Client(
            raise_request_exception=raises,
            SERVER_NAME=host(),
            REMOTE_ADDR=address(connection),
            SCRIPT_NAME=prefix,
        )

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Send a request, and return Django's response.

        :param path: The path below the SCIM root, with its query, such as ``/Users?count=1``.
        :param body: What is sent as JSON, or None.
        """
        sent = {"Authorization": f"Bearer {self.token}", **self.headers, **(headers or {})}
        content_type = sent.pop("Content-Type", SCIM)
        payload = b"" if body is None else orjson.dumps(body)
        return self.http.generic(
            method, f"{self.root}{path}", payload, content_type, secure=True, headers=sent
        )

    def get(self, path: str) -> Any:
        """Send a GET."""
        return self.request("GET", path)

    def post(self, path: str, body: Any) -> Any:
        """Send a POST."""
        return self.request("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        """Send a PUT."""
        return self.request("PUT", path, body)

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        """Send a PATCH with operations (RFC 7644 section 3.5.2)."""
        return self.request("PATCH", path, patch(*operations))

    def delete(self, path: str) -> Any:
        """Send a DELETE."""
        return self.request("DELETE", path)


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a PATCH."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def host() -> str:
    """Return a host name that the project answers to."""
    named = [name.lstrip(".") for name in settings.ALLOWED_HOSTS if name.strip("*.")]
    return named[0] if named else "localhost"


def address(connection: Connection) -> str:
    """Return an address that a connection may be used from."""
    return str(ip_network(connection.networks[0])[0]) if connection.networks else "127.0.0.1"
