"""Asks for resources of one type, and says what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ScimClient
from tests.messages import ERROR

Json = dict[str, Any]


class Reader:
    """Asks for resources of one type."""

    def __init__(self, scim: ScimClient, endpoint: str, name: str) -> None:
        self.scim = scim
        self.endpoint = endpoint
        self.name = name

    def page(self, **parameters: Any) -> Json:
        """Return the ListResponse that answers a query."""
        response = self.scim.get(self.endpoint, parameters)
        assert response.status_code == 200, response.content.decode()
        page: Json = response.json()
        return page

    def names(self, filter: str | None = None, **parameters: Any) -> list[str]:
        """Return how the resources on a page are called: ``userName``, or ``displayName`` of groups."""
        sent = parameters if filter is None else {"filter": filter, **parameters}
        return [resource[self.name] for resource in self.page(**sent)["Resources"]]

    def only(self, **parameters: Any) -> Json:
        """Return the one resource that there is."""
        (resource,) = self.page(**parameters)["Resources"]
        return dict(resource)

    def refusal(self, **parameters: Any) -> str:
        """Return the ``scimType`` of the error that answers a query."""
        response = self.scim.get(self.endpoint, parameters)
        body: Json = response.json()
        assert (response.status_code, body["status"]) == (400, "400"), body
        assert body["schemas"] == [ERROR]
        assert body["detail"]
        return str(body["scimType"])

    def post(self, body: Json) -> Json:
        """Make a resource."""
        response = self.scim.post(self.endpoint, body)
        assert response.status_code == 201, response.content.decode()
        resource: Json = response.json()
        return resource


@pytest.fixture
def users(scim: ScimClient) -> Reader:
    """Asks for users."""
    return Reader(scim, "/Users", "userName")


@pytest.fixture
def groups(scim: ScimClient) -> Reader:
    """Asks for groups."""
    return Reader(scim, "/Groups", "displayName")


@pytest.fixture
def badges(settings: Any) -> None:
    """A host whose users have the extension of :mod:`tests.query.badges`."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.query.badges.BadgedUserAdapter"}}}
