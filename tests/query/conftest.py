"""What the tests of reading share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ScimClient


@pytest.fixture
def badges(settings: Any) -> None:
    """A host whose users have the extension of :mod:`tests.query.badges`."""
    settings.DJANGO_SCIM = {"USER": {"adapter": "tests.query.badges.BadgedUserAdapter"}}


class Reader:
    """Asks for resources of one type, and expects an answer."""

    def __init__(self, scim: ScimClient, endpoint: str) -> None:
        self.scim = scim
        self.endpoint = endpoint

    def page(self, **parameters: Any) -> dict[str, Any]:
        """Return the ListResponse of a query."""
        response = self.scim.get(self.endpoint, parameters)
        assert response.status_code == 200, response.content.decode()
        page: dict[str, Any] = response.json()
        return page

    def resources(self, **parameters: Any) -> list[dict[str, Any]]:
        """Return the resources on a page."""
        found: list[dict[str, Any]] = self.page(**parameters)["Resources"]
        return found
