"""``UserAdapter`` maps what the user model has, whatever that is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from django_scim.models import Record
from tests.factories import UserFactory, managed
from tests.hosts.small.models import Account, Person
from tests.representations import path_of, user

ADAPTERS = "tests.hosts.small.adapters"


@pytest.fixture
def accounts(settings):
    """Serve accounts that sign in by their address."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": f"{ADAPTERS}.AccountAdapter"}}}


@pytest.fixture
def people(settings):
    """Serve users of a model that Django's authentication knows nothing of."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": f"{ADAPTERS}.PersonAdapter", "attributes": {"title": None}}}
    }


def found(scim: Any, condition: str) -> list[str]:
    """Return the user names that a filter finds."""
    response = scim.get("/Users", {"filter": condition, "sortBy": "userName"})
    assert response.status_code == 200, response.json()
    return [resource["userName"] for resource in response.json()["Resources"]]


# A stock user model


def test_the_columns_of_a_stock_user_are_its_attributes(scim):
    account = UserFactory.create(username="bjensen", email="b@example.com", is_active=False)
    document = scim.get(path_of(account)).json()

    assert document["userName"] == "bjensen"
    assert document["name"] == {"givenName": "Barbara", "familyName": "Jensen"}
    assert document["emails"] == [{"value": "b@example.com", "primary": True, "type": "work"}]
    assert document["active"] is False


@pytest.mark.parametrize("op", ["add", "Replace"])
def test_an_account_that_scim_has_not_made_gets_the_address_that_entra_id_sends(scim, op):
    account = managed(scim.connection, UserFactory.create(username="kim", email="kim.old@example.com"))
    assert found(scim, 'emails[type eq "work"].value eq "kim.old@example.com"') == ["kim"]

    operation = {"op": op, "path": 'emails[type eq "work"].value', "value": "kim.new@example.com"}
    response = scim.patch(path_of(account), operation)

    work = {"value": "kim.new@example.com", "primary": True, "type": "work"}
    assert response.json()["emails"] == [work]
    account.refresh_from_db()
    assert account.email == "kim.new@example.com"
    assert found(scim, 'emails[type eq "work"].value eq "kim.new@example.com"') == ["kim"]


def test_an_account_that_scim_has_not_made_is_as_old_as_its_row(scim):
    account = UserFactory.create()
    meta = scim.get(path_of(account)).json()["meta"]

    assert meta["created"] == account.date_joined.isoformat().replace("+00:00", "Z")


def test_a_superuser_can_be_read_and_not_changed(scim):
    account = UserFactory.create(is_superuser=True)

    assert scim.get(path_of(account)).status_code == 200
    assert (
        scim.patch(path_of(account), {"op": "replace", "path": "active", "value": False}).status_code == 403
    )
    assert scim.delete(path_of(account)).status_code == 403
    account.refresh_from_db()
    assert account.is_active


def test_what_rights_an_account_has_is_no_attribute(scim):
    response = scim.post("/Users", user("mallory", is_superuser=True, isStaff=True, is_staff=True))

    assert response.status_code == 201
    account = get_user_model().objects.get()
    assert not account.is_superuser
    assert not account.is_staff


# An account that signs in by its address


def test_the_user_name_of_an_account_without_one_is_its_address(scim, accounts):
    response = scim.post("/Users", user("bjensen@example.com"))

    assert response.status_code == 201
    assert Account.objects.get().email == "bjensen@example.com"
    assert response.json()["userName"] == "bjensen@example.com"


def test_the_emails_of_a_user_come_out_as_they_went_in(scim, accounts):
    emails = [
        {"value": "bjensen@example.com", "type": "work", "primary": True},
        {"value": "babs@example.org", "type": "home"},
    ]
    created = scim.post("/Users", user("bjensen@example.com", emails=emails)).json()

    assert created["emails"] == emails
    assert scim.get(f"/Users/{created['id']}").json()["emails"] == emails


def test_an_account_that_scim_has_not_made_has_its_address_for_an_email(scim, accounts):
    account = Account.objects.create(email="bjensen@example.com")

    emails = [{"value": "bjensen@example.com", "primary": True, "type": "work"}]
    assert scim.get(path_of(account)).json()["emails"] == emails


def test_an_account_without_emails_of_its_own_is_found_by_its_address(scim, accounts):
    Account.objects.create(email="bjensen@example.com")
    Account.objects.create(email="jsmith@example.com")

    assert found(scim, 'emails eq "BJENSEN@example.com"') == ["bjensen@example.com"]
    assert found(scim, 'emails.value sw "jsmith"') == ["jsmith@example.com"]
    assert found(scim, 'emails[value co "jensen" and primary eq true]') == ["bjensen@example.com"]
    assert found(scim, "emails pr") == ["bjensen@example.com", "jsmith@example.com"]
    assert found(scim, 'emails[type eq "work"]') == ["bjensen@example.com", "jsmith@example.com"]
    assert found(scim, 'emails[type eq "work"].value eq "jsmith@example.com"') == ["jsmith@example.com"]
    assert found(scim, "emails[not (type pr)]") == []
    assert found(scim, 'emails.type ne "work"') == []


def test_an_account_with_emails_of_its_own_is_found_by_those_alone(scim, accounts):
    scim.post("/Users", user("bjensen@example.com", emails=[{"value": "babs@example.org", "type": "home"}]))

    assert found(scim, 'emails.value eq "babs@example.org"') == ["bjensen@example.com"]
    assert found(scim, 'emails[type eq "home"]') == ["bjensen@example.com"]
    assert found(scim, 'emails.value eq "bjensen@example.com"') == []


def test_accounts_are_sorted_by_the_email_that_they_show(scim, accounts):
    Account.objects.create(email="b@example.com")
    Account.objects.create(email="D@example.com")
    scim.post("/Users", user("z@example.com", emails=[{"value": "a@example.com", "primary": True}]))
    scim.post("/Users", user("a@example.com", emails=[{"value": "c@example.com"}]))
    response = scim.get("/Users", {"sortBy": "emails"})

    shown = [resource["emails"][0]["value"] for resource in response.json()["Resources"]]
    assert shown == ["a@example.com", "b@example.com", "c@example.com", "D@example.com"]


def test_a_change_of_the_emails_leaves_the_login_as_it_is(scim, accounts):
    created = scim.post("/Users", user("bjensen@example.com")).json()
    new = [{"value": "mallory@example.org", "primary": True}]
    response = scim.patch(f"/Users/{created['id']}", {"op": "replace", "path": "emails", "value": new})

    assert response.json()["emails"] == new
    assert Account.objects.get().email == "bjensen@example.com"


def test_a_change_of_the_login_leaves_the_emails_that_were_sent(scim, accounts):
    emails = [{"value": "bjensen@example.com", "type": "work", "primary": True}]
    created = scim.post("/Users", user("bjensen@example.com", emails=emails)).json()
    response = scim.patch(
        f"/Users/{created['id']}", {"op": "replace", "path": "userName", "value": "bsmith@example.com"}
    )

    assert response.json()["userName"] == "bsmith@example.com"
    assert response.json()["emails"] == emails
    assert Account.objects.get().email == "bsmith@example.com"


def test_an_email_that_is_added_joins_the_address(scim, accounts):
    account = managed(scim.connection, Account.objects.create(email="bjensen@example.com"))
    home = {"value": "babs@example.org", "type": "home"}
    response = scim.patch(path_of(account), {"op": "add", "path": "emails", "value": [home]})

    work = {"value": "bjensen@example.com", "primary": True, "type": "work"}
    assert response.json()["emails"] == [work, home]


def test_an_address_without_regard_to_case_is_one_account(scim, accounts):
    Account.objects.create(email="bjensen@example.com")
    response = scim.post("/Users", user("BJensen@Example.com"))

    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")


def test_a_user_name_that_is_no_address_is_refused_by_the_column(scim, accounts):
    response = scim.post("/Users", user("bjensen"))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert not Account.objects.exists()


def test_a_column_for_the_whole_name_leaves_its_parts_to_be_stored(scim, accounts):
    name = {"formatted": "Ms. Barbara Jensen", "givenName": "Barbara", "familyName": "Jensen"}
    created = scim.post("/Users", user("bjensen@example.com", name=name)).json()

    assert Account.objects.get().full_name == "Ms. Barbara Jensen"
    assert created["name"] == name
    assert found(scim, 'name.familyName eq "jensen" and name.formatted sw "Ms."') == ["bjensen@example.com"]


def test_a_model_without_groups_has_no_groups_attribute(scim, accounts):
    account = Account.objects.create(email="bjensen@example.com")

    assert "groups" not in scim.get(path_of(account)).json()
    assert found(scim, "groups pr") == []


def test_a_model_without_is_active_keeps_what_the_client_says(scim, accounts):
    created = scim.post("/Users", user("bjensen@example.com", active=True)).json()
    response = scim.patch(f"/Users/{created['id']}", {"op": "replace", "path": "active", "value": False})

    assert response.json()["active"] is False
    assert found(scim, "active eq false") == ["bjensen@example.com"]


def test_a_password_is_hashed_whatever_the_model(scim, accounts):
    scim.post("/Users", user("bjensen@example.com", password="t1meMa$heen"))

    assert Account.objects.get().check_password("t1meMa$heen")


def test_an_account_that_gets_no_password_cannot_sign_in_by_one(scim, accounts):
    scim.post("/Users", user("bjensen@example.com"))

    assert not Account.objects.get().has_usable_password()


def test_an_account_that_is_made_again_has_no_password_of_before_where_none_is_mapped(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"password": None}}}}
    scim.post("/Users", user("john", externalId="4"))
    account = User.objects.get()
    account.set_password("correct horse battery staple")
    account.save()
    scim.delete(path_of(account))

    assert scim.post("/Users", user("john", externalId="4")).status_code == 201

    account.refresh_from_db()
    assert account.is_active
    assert not account.has_usable_password()


# A model that Django's authentication knows nothing of


def test_the_field_names_of_other_user_models_are_known_too(scim, people):
    created = scim.post("/Users", user("bjensen", name={"familyName": "Jensen"}, active=False)).json()

    person = Person.objects.get()
    assert (person.login, person.surname, person.is_active) == ("bjensen", "Jensen", False)
    assert created["name"] == {"familyName": "Jensen", "formatted": "bjensen Jensen"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_password_that_nothing_can_take_is_kept_nowhere(scim, people, method):
    secret = "t1meMa$heen"
    created = scim.post("/Users", user("bjensen", title="Guide")).json()
    if method == "POST":
        response = scim.post("/Users", user("jsmith", password=secret))
    elif method == "PUT":
        response = scim.put(f"/Users/{created['id']}", user("bjensen", password=secret))
    else:
        response = scim.patch(
            f"/Users/{created['id']}",
            {"op": "add", "path": "password", "value": secret},
            {"op": "add", "value": {"password": secret}},
        )

    assert response.status_code < 300
    kept = [json.dumps([record.attributes, record.comparable]) for record in Record.objects.all()]
    assert secret not in " ".join(kept)
    assert "password" not in response.json()


def test_a_password_whose_mapping_was_taken_away_is_kept_nowhere(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"password": None}}}}
    scim.post("/Users", user("bjensen", password="t1meMa$heen", title="Guide"))

    record = Record.objects.get()
    assert record.attributes == {"title": "Guide"}
    assert "t1meMa$heen" not in json.dumps(record.comparable)
    assert not scim.get("/ServiceProviderConfig").json()["changePassword"]["supported"]


def test_a_password_that_nothing_maps_cannot_be_asked_for(scim, people):
    response = scim.get("/Users", {"filter": 'password eq "t1meMa$heen"'})

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidFilter")


def test_a_model_without_a_column_for_emails_stores_them(scim, people):
    emails = [{"value": "b@example.com", "type": "work", "primary": True}]
    created = scim.post("/Users", user("bjensen", emails=emails)).json()

    assert scim.get(f"/Users/{created['id']}").json()["emails"] == emails
    assert found(scim, 'emails.value eq "b@example.com"') == ["bjensen"]
