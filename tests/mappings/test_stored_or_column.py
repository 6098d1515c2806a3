"""``StoredOrColumn``: people sign in by their address, and the directory knows them by a login name."""

from __future__ import annotations

from typing import Any

import pytest

from django_scim.mappings import StoredOrColumn
from django_scim.models import Record
from django_scim.resources.registry import registry
from tests.assertions import assert_scim_error
from tests.hosts.small.models import Account
from tests.representations import path_of, user

MAIL = {"value": "b@example.com", "type": "work", "primary": True}


@pytest.fixture(autouse=True)
def accounts(settings, db) -> None:
    """A project whose login is the address."""
    options = {
        "adapter": "tests.hosts.small.adapters.AccountAdapter",
        "attributes": {"userName": StoredOrColumn("email")},
    }
    settings.DJANGO_SCIM = {"RESOURCES": {"User": options, "Group": None}}


def found(scim: Any, expression: str, **query: str) -> list[str]:
    answer = scim.get("/Users", {"filter": expression, **query})
    assert answer.status_code == 200, answer.content
    return [each["userName"] for each in answer.json()["Resources"]]


def test_the_name_and_the_address_are_kept_apart(scim):
    made = scim.post("/Users", user("bjensen", emails=[MAIL]))

    assert made.status_code == 201, made.content
    assert (made.json()["userName"], made.json()["emails"]) == ("bjensen", [MAIL])
    assert Account.objects.get().email == "b@example.com"


def test_an_account_that_scim_has_not_written_has_its_address_for_a_name(scim):
    Account.objects.create(email="b@example.com")

    assert found(scim, 'userName eq "B@example.com"') == ["b@example.com"]


def test_a_name_that_is_kept_is_found_and_the_address_is_no_name_any_more(scim):
    scim.post("/Users", user("bjensen", emails=[MAIL]))

    assert found(scim, 'userName eq "BJensen"') == ["bjensen"]
    assert found(scim, 'userName eq "b@example.com"') == []
    assert found(scim, 'userName ne "bjensen"') == []
    assert found(scim, 'userName sw "bj"') == ["bjensen"]
    assert found(scim, 'emails.value eq "b@example.com"') == ["bjensen"]


def test_names_and_addresses_are_sorted_together(scim):
    scim.post("/Users", user("bjensen", emails=[{**MAIL, "value": "z@example.com"}]))
    Account.objects.create(email="a@example.com")
    Account.objects.create(email="c@example.com")

    assert found(scim, "userName pr", sortBy="userName") == ["a@example.com", "bjensen", "c@example.com"]


@pytest.mark.parametrize("taken", ["BJENSEN", "a@example.com"])
def test_a_name_that_another_account_has_by_either_is_a_conflict(scim, taken):
    scim.post("/Users", user("bjensen", emails=[MAIL]))
    Account.objects.create(email="a@example.com")
    other = {**MAIL, "value": "n@example.com"}

    assert_scim_error(scim.post("/Users", user(taken, emails=[other])), 409, "uniqueness")


def test_an_account_made_by_hand_is_adopted_by_a_write_with_its_address_for_a_name(scim):
    scim.connection.adoption = "matching"
    scim.connection.save()
    account = Account.objects.create(email="b@example.com")

    written = scim.put(path_of(account), user("b@example.com", displayName="Babs"))
    renamed = scim.put(path_of(account), user("bjensen", emails=[MAIL]))

    assert (written.status_code, renamed.status_code) == (200, 200)
    assert Record.objects.get().managed_by == scim.connection
    assert renamed.json()["userName"] == "bjensen"


def test_a_name_that_is_no_address_does_not_stand_in_for_one(scim):
    assert_scim_error(scim.post("/Users", user("bjensen")), 400, "invalidValue")


def test_a_name_that_is_an_address_stands_in_for_one(scim):
    assert scim.post("/Users", user("b@example.com")).status_code == 201
    assert Account.objects.get().email == "b@example.com"


def test_the_address_that_people_sign_in_by_is_that_of_emails_where_the_name_is_kept(settings):
    def column_in_step() -> str | None:
        users = registry().by_name["User"]
        return users.adapter.column_in_step(users.mappings["emails"].path)

    assert column_in_step() == "email"
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.AccountAdapter"}, "Group": None}
    }
    assert column_in_step() is None
