"""``UNKNOWN_ATTRIBUTES``: what no schema has is ignored, or refused."""

from __future__ import annotations

import pytest

from tests.factories import UserFactory
from tests.representations import USER, path_of, user

CUSTOM = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User"

BODIES = [
    user(favouriteColour="green"),
    user(name={"givenName": "Barbara", "nick": "Babs"}),
    user(emails=[{"value": "b@example.com", "verified": True}]),
    {**user(), CUSTOM: {"tag": "701984"}},
    {**user(), "schemas": [USER, CUSTOM]},
]
OPERATIONS = [
    {"op": "replace", "path": "favouriteColour", "value": "green"},
    {"op": "replace", "path": "name.nick", "value": "Babs"},
    {"op": "replace", "path": f"{CUSTOM}:tag", "value": "701984"},
    {"op": "add", "path": 'colours[type eq "work"].value', "value": "green"},
    {"op": "replace", "value": {"favouriteColour": "green"}},
    {"op": "replace", "value": {f"{CUSTOM}:tag": "701984"}},
    {"op": "replace", "value": {CUSTOM: {"tag": "701984"}}},
    {"op": "remove", "path": "favouriteColour"},
    {"op": "Remove", "path": "favouriteColour", "value": "green"},
]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_body_with_unknown_attributes_is_accepted_without_them(scim, body):
    response = scim.post("/Users", body)

    assert response.status_code == 201, response.json()
    assert "green" not in response.content.decode()
    assert response.json()["schemas"] == [USER]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_on_an_unknown_attribute_changes_nothing(scim, operation):
    row = path_of(UserFactory.create())
    before = scim.get(row).json()

    response = scim.patch(row, operation)

    assert response.status_code == 200, response.json()
    assert response.json() == before


def test_known_attributes_beside_unknown_ones_are_written(scim):
    row = path_of(UserFactory.create())

    response = scim.patch(row, {"op": "replace", "value": {"favouriteColour": "green", "title": "Guide"}})

    assert response.json()["title"] == "Guide"


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_host_may_refuse_unknown_attributes_in_a_body(scim, settings, body):
    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": "forbid"}

    response = scim.post("/Users", body)

    assert response.status_code == 400
    assert response.json()["scimType"] in ("invalidSyntax", "invalidValue")


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_host_may_refuse_operations_on_unknown_attributes(scim, settings, operation):
    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": "forbid"}
    row = path_of(UserFactory.create())

    response = scim.patch(row, operation)

    assert response.status_code == 400
    assert response.json()["scimType"] in ("invalidPath", "invalidValue")


def test_a_host_that_refuses_unknown_attributes_accepts_the_rest(scim, settings):
    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": "forbid"}
    row = path_of(UserFactory.create())

    assert scim.post("/Users", user(title="Guide", emails="b@example.com")).status_code == 201
    assert scim.patch(row, {"op": "Replace", "value": {"title": "Guide"}}).json()["title"] == "Guide"


def test_the_setting_for_unknown_attributes_has_two_values(settings):
    from django_scim.conf import check_settings

    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": "refuse"}

    (error,) = list(check_settings())

    assert "UNKNOWN_ATTRIBUTES" in error.msg
