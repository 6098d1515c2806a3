"""A project that serves no resource type."""

from __future__ import annotations

import pytest

from tests.assertions import assert_scim_error

EMPTY = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    "totalResults": 0,
    "itemsPerPage": 0,
    "Resources": [],
}


@pytest.fixture(autouse=True)
def no_resource_types(settings):
    """The setting that serves neither of those that are served by default."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": None, "Group": None}}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"filter": 'userName eq "barbara"'},
        {"sortBy": "id", "attributes": "userName", "count": "3"},
        {"startIndex": "2", "count": "0"},
        {"excludedAttributes": "groups"},
    ],
)
def test_the_root_is_an_empty_list_where_nothing_is_served(scim, query):
    answers = [scim.get("/", query), scim.post("/.search", {**query, "filter": "id pr"})]

    for answer in answers:
        found = answer.json()
        assert answer.status_code == 200
        assert {name: found[name] for name in EMPTY} == EMPTY


def test_the_root_is_an_empty_page_where_nothing_is_served(scim):
    assert scim.get("/", {"cursor": ""}).json() == EMPTY


@pytest.mark.parametrize("path", ["/Schemas", "/ResourceTypes"])
def test_discovery_is_an_empty_list_where_nothing_is_served(scim, path):
    assert scim.get(path).json()["Resources"] == []


def test_other_addresses_say_what_they_are_where_nothing_is_served(scim):
    assert scim.get("/ServiceProviderConfig").status_code == 200
    assert_scim_error(scim.get("/Users"), 404)
    assert_scim_error(scim.get("/Me"), 501)
