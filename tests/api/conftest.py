"""Requests as clients really send them: any method, body and headers."""

from __future__ import annotations

from typing import Any, Protocol

import orjson
import pytest
from django.test import Client

from tests.api.kinds import GROUPS, USERS, Kind
from tests.conftest import ROOT, SCIM, HttpsClient, ScimClient


class Send(Protocol):
    """Sends one request and returns the response."""

    def __call__(
        self, method: str, path: str, payload: Any = None, content_type: str = SCIM, **headers: str
    ) -> Any: ...


@pytest.fixture
def send(scim: ScimClient) -> Send:
    """Sends a request below the SCIM root with the token of ``scim``; bytes are sent as they are."""

    def sent(method: str, path: str, payload: Any = None, content_type: str = SCIM, **headers: str) -> Any:
        body = payload if isinstance(payload, bytes) else b"" if payload is None else orjson.dumps(payload)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return scim.client.generic(
            method,
            f"{ROOT}{path}",
            body,
            content_type=content_type,
            headers={"Authorization": f"Bearer {scim.token}", **names},
        )

    return sent


@pytest.fixture
def anonymous(db: None) -> Client:
    """Somebody who has no token."""
    return HttpsClient()


@pytest.fixture(params=[USERS, GROUPS], ids=["Users", "Groups"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """A resource type, each in turn."""
    found: Kind = request.param
    return found
