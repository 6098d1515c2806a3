"""Links, and browsers that open them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from django_scim.models import Connection, SetupLink
from django_scim.setup_links.addresses import page_path
from tests.conftest import HttpsClient

Shared = tuple[SetupLink, str]
"""A link, and the path of its page."""


def shared(connection: Connection, **fields: Any) -> Shared:
    """Return a link of a connection, and the path of its page."""
    given = {"provider": "okta", "expires": timezone.now() + timedelta(days=7), "may_show_token": True}
    link, secret = SetupLink.objects.issue(connection, **{**given, **fields})
    path = page_path(secret)
    assert path is not None
    return link, path


@pytest.fixture
def share(connection: Connection) -> Callable[..., Shared]:
    """Return what makes a link of the connection."""
    return lambda **fields: shared(connection, **fields)


@pytest.fixture
def customer() -> Client:
    """A browser in which nobody is signed in, over TLS. What fails is an answer, as for a real one."""
    return HttpsClient(raise_request_exception=False)
