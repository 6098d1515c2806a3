"""Addresses with more slashes than one where one is due, such as a base URL with a slash at its end makes."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from tests.assertions import assert_scim_error
from tests.conftest import ROOT
from tests.factories import UserFactory
from tests.representations import path_of, user

User = get_user_model()
BASE = f"https://testserver{ROOT}"


@pytest.mark.parametrize("path", ["//Users", "/Users//", "///Users///", "//Users/.search", "/Users//.search"])
def test_doubled_slashes_lead_to_a_collection(scim, path):
    UserFactory.create(username="barbara")
    search = path.endswith(".search")

    response = scim.post(path, {}) if search else scim.get(path)

    (found,) = response.json()["Resources"]
    assert found["meta"]["location"] == f"{BASE}/Users/{found['id']}"


def test_doubled_slashes_lead_to_a_resource_whatever_is_done_to_it(scim):
    created = scim.post("//Users", user("barbara"))
    path = created.headers["Location"].removeprefix(BASE)
    doubled = path.replace("/Users/", "//Users//")

    assert created.status_code == 201
    assert scim.get(f"{doubled}//").json() == created.json()
    assert scim.patch(doubled, {"op": "replace", "path": "title", "value": "Guide"}).status_code == 200
    assert scim.put(doubled, user("babs")).json()["userName"] == "babs"
    assert scim.delete(doubled).status_code == 204
    assert scim.get(path).status_code == 404


@pytest.mark.parametrize("path", ["//", "///"])
def test_doubled_slashes_lead_to_the_root(scim, path):
    row = UserFactory.create()

    (found,) = scim.get(path).json()["Resources"]

    assert found["meta"]["location"] == f"{BASE}{path_of(row)}"


@pytest.mark.parametrize("path", ["//ServiceProviderConfig", "/Schemas//", "//ResourceTypes//User"])
def test_doubled_slashes_lead_to_discovery(scim, path):
    response = scim.get(path)

    assert response.status_code == 200
    assert "//" not in response.content.decode().replace("https://", "")


def test_doubled_slashes_before_nothing_are_404(scim):
    assert_scim_error(scim.get("//Nowhere//at/all"), 404)


def test_doubled_slashes_need_a_token_as_all_addresses_do(scim):
    assert_scim_error(scim.client.get(f"{ROOT}//Users"), 401)
