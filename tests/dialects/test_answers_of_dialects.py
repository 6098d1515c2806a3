"""What a dialect has in every answer, such as the names that Okta's test of a server wants."""

from __future__ import annotations

import pytest

from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.operations.patch_operations import remove, replace
from tests.representations import path_of, user

EMPTY = {"givenName": "", "familyName": ""}


@pytest.fixture
def okta(db):
    return ScimClient(ConnectionFactory.create(dialect="okta"))


@pytest.fixture
def account(db):
    """An account without a name."""
    return UserFactory.create(first_name="", last_name="")


def test_answers_for_okta_have_both_names_always(okta, account):
    path = path_of(account)
    made = okta.post("/Users", user("barbara"))

    assert made.json()["name"] == EMPTY
    assert okta.get(path).json()["name"] == EMPTY
    assert [found["name"] for found in okta.get("/Users").json()["Resources"]] == [EMPTY, EMPTY]
    assert okta.get("/").json()["Resources"][0]["name"] == EMPTY
    assert okta.patch(path, replace("name.givenName", "B")).json()["name"] == {
        "givenName": "B",
        "familyName": "",
    }
    assert okta.patch(path, remove("name")).json()["name"] == EMPTY
    assert okta.put(path, user(account.username)).json()["name"] == EMPTY


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"attributes": "userName"}, None),
        ({"excludedAttributes": "name"}, None),
        ({"attributes": "name.givenName"}, {"givenName": ""}),
        ({"excludedAttributes": "name.givenName"}, {"familyName": ""}),
    ],
)
def test_answers_for_okta_have_the_names_that_are_asked_for(okta, account, query, name):
    assert okta.get(path_of(account), query).json().get("name") == name


def test_answers_for_okta_leave_groups_as_they_are(okta):
    assert "name" not in okta.get(path_of(GroupFactory.create())).json()


def test_answers_in_other_dialects_leave_out_what_has_no_value(scim, account):
    assert "name" not in scim.get(path_of(account)).json()


def test_names_that_are_always_there_are_no_change(okta, account):
    version = okta.get(path_of(account))["ETag"]

    assert okta.put(path_of(account), okta.get(path_of(account)).json())["ETag"]
    okta.patch(path_of(account), replace("name", EMPTY))

    account.refresh_from_db()
    assert (account.first_name, account.last_name) == ("", "")
    assert okta.get("/Users", {"filter": "name.givenName pr"}).json()["totalResults"] == 0
    assert version
