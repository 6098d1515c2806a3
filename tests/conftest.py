"""What all tests share: a database that is there, and a client that speaks SCIM."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.conf import settings
from django.core.cache import BaseCache, caches
from django.core.servers.basehttp import WSGIRequestHandler
from django.db import connections
from django.test import Client

from django_scim.models import AccessToken, Connection
from tests.factories import ConnectionFactory

SCIM = "application/scim+json"
ROOT = "/scim/v2"
BEHIND_TLS = {"X-Forwarded-Proto": "https"}
"""What a proxy that ends TLS adds to a request: live servers speak plain HTTP."""


def pytest_configure(config: pytest.Config) -> None:
    """Make live servers answer at once; leave out the tests of a database that is not there, with a word."""
    if connections["default"].vendor == "postgresql":
        flush_by_deleting(type(connections["default"].ops))
    # Django's server sends the head of an answer by itself. Its body would wait 40 ms for the client's
    # acknowledgement (Nagle's algorithm), once a request.
    WSGIRequestHandler.disable_nagle_algorithm = True
    database = settings.DATABASES["default"]
    if database["HOST"]:
        address = (database["HOST"], int(database["PORT"] or 0))
        try:
            socket.create_connection(address, timeout=3).close()
        except OSError:
            pytest.exit(f"skipped: no database server at {address[0]}:{address[1]}", returncode=0)


def flush_by_deleting(operations: type[Any]) -> None:
    """Have PostgreSQL empty its tables after a test that commits by DELETE.

    TRUNCATE makes new files for each table and its indexes, which takes most of the time of such a test. The
    tables hold a few rows.
    """

    def sql_flush(self: Any, style: Any, tables: Iterable[str], **options: Any) -> list[str]:
        names = sorted(map(self.quote_name, tables))
        return ["SET CONSTRAINTS ALL DEFERRED;", *(f"DELETE FROM {name};" for name in names)]  # noqa: S608 - of models

    operations.sql_flush = sql_flush


class HttpsClient(Client):
    """Django's test client, with TLS: SCIM is refused without."""

    def request(self, **request: Any) -> Any:
        """Send a request."""
        return super().request(**{**request, "wsgi.url_scheme": "https", "SERVER_PORT": "443"})


class ScimClient:
    """Sends SCIM requests through the whole stack, as the identity provider of one connection."""

    def __init__(self, connection: Connection, *scopes: str) -> None:
        self.connection = connection
        stored, self.token = AccessToken.objects.issue(connection, scopes=list(scopes or ("read", "write")))
        self.stored = stored
        self.client: Client = HttpsClient()

    def request(self, method: str, path: str, payload: Any = None, **headers: str) -> Any:
        """Send a request; bytes are sent as they are."""
        body = payload if isinstance(payload, bytes) else b"" if payload is None else orjson.dumps(payload)
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        options: dict[str, Any] = {} if payload is None else {"data": body, "content_type": SCIM}
        return self.client.generic(method, f"{ROOT}{path}", headers=sent, **options)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        """Send a GET, the query encoded."""
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return self.client.get(f"{ROOT}{path}", query or {}, headers=sent)

    def post(self, path: str, payload: Any, **headers: str) -> Any:
        """Send a POST."""
        return self.request("POST", path, payload, **headers)

    def put(self, path: str, payload: Any, **headers: str) -> Any:
        """Send a PUT."""
        return self.request("PUT", path, payload, **headers)

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Any:
        """Send a PATCH with operations."""
        payload = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": list(operations),
        }
        return self.request("PATCH", path, payload, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        """Send a DELETE."""
        return self.request("DELETE", path, **headers)


@pytest.fixture
def shared_cache(settings: Any) -> BaseCache:
    """A cache of the test's own. Tests without it have one that keeps nothing, so that no budget ends."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(uuid4())}}
    return caches["default"]


@pytest.fixture
def connection(db: None) -> Connection:
    """An identity provider."""
    return ConnectionFactory.create()


@pytest.fixture
def scim(connection: Connection) -> ScimClient:
    """A client with a token that may write."""
    return ScimClient(connection)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the run: modules, and the tests themselves."""
    gc.collect()
    gc.freeze()
