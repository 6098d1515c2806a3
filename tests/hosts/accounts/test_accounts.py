"""With no configuration at all, a user model of the project's own is provisioned."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group

from tests.hosts.accounts.models import Account
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.representations import group, user

ADDRESS = "bjensen@example.com"


@pytest.fixture
def values():
    """User names: email addresses."""
    return {"User.userName": lambda: f"{uuid4()}@example.com"}


def test_the_id_of_an_account_is_the_uuid_of_its_row(scim):
    created = scim.post("/Users", user(ADDRESS)).json()

    assert Account.objects.get().pk == UUID(created["id"])
    assert scim.get(f"/Users/{created['id']}").json()["userName"] == ADDRESS


def test_the_full_name_of_an_account_is_the_formatted_name(scim):
    name = {"formatted": "Barbara Jensen", "givenName": "Barbara", "familyName": "Jensen"}
    created = scim.post("/Users", user(ADDRESS, name=name)).json()

    assert Account.objects.get().full_name == "Barbara Jensen"
    assert created["name"] == name


def test_a_name_that_no_column_holds_is_found(scim):
    scim.post("/Users", user(ADDRESS, name={"familyName": "Jensen"}))
    scim.post("/Users", user("other@example.com", name={"familyName": "Other"}))

    found = scim.get("/Users", {"filter": 'name.familyName eq "jensen"'}).json()
    assert [resource["userName"] for resource in found["Resources"]] == [ADDRESS]


def test_the_user_name_is_unique_without_regard_to_case(scim):
    scim.post("/Users", user(ADDRESS))

    response = scim.post("/Users", user(ADDRESS.upper()))
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")
    assert Account.objects.count() == 1


def test_the_user_name_is_the_address_until_a_client_says_otherwise(scim):
    path = f"/Users/{scim.post('/Users', user(ADDRESS)).json()['id']}"
    default = [{"value": ADDRESS, "primary": True, "type": "work"}]
    assert scim.get(path).json()["emails"] == default

    other = [{"value": "babs@example.org", "type": "home"}]
    assert scim.patch(path, {"op": "replace", "path": "emails", "value": other}).json()["emails"] == other
    assert scim.put(path, user(ADDRESS)).json()["emails"] == default


@pytest.mark.parametrize("emails", [None, [{"value": "babs@example.org", "type": "home"}]])
def test_addresses_that_a_client_removes_are_gone(scim, emails):
    path = f"/Users/{scim.post('/Users', user(ADDRESS, emails=emails)).json()['id']}"

    assert "emails" not in scim.patch(path, {"op": "remove", "path": "emails"}).json()
    assert "emails" not in scim.get(path).json()
    other = {"op": "add", "path": "emails", "value": [{"value": "new@example.org"}]}
    assert scim.patch(path, other).json()["emails"] == [{"value": "new@example.org"}]


def test_a_deactivated_account_keeps_its_groups(scim):
    account = scim.post("/Users", user(ADDRESS)).json()
    scim.post("/Groups", group(members=[{"value": account["id"]}]))
    scim.patch(f"/Users/{account['id']}", {"op": "replace", "path": "active", "value": False})

    row = Account.objects.get()
    assert not row.is_active
    assert list(row.groups.all()) == [Group.objects.get()]


def test_a_uuid_of_no_account_is_not_found(scim):
    assert scim.get("/Users/00000000-0000-4000-8000-000000000000").status_code == 404


def test_who_is_hired_again_is_found_by_the_new_id(scim):
    person = user("ada@example.com", externalId="ada")
    former = scim.post("/Users", person).json()["id"]
    scim.delete(f"/Users/{former}")
    rehired = scim.post("/Users", person).json()["id"]

    path = f"/Users/{rehired}"
    assert rehired != former
    assert scim.get(path).status_code == 200
    assert scim.patch(path, {"op": "replace", "path": "active", "value": False}).json()["active"] is False
    assert scim.delete(path).status_code == 204
