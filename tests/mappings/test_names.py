"""A name in one column: filled from what a client sends, and never at odds with the parts that are kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from django_scim.adapters import UserAdapter
from django_scim.mappings import Column, DisplayName, FullName, Stored
from django_scim.models import ProvisioningEvent
from django_scim.resources.registry import Registry
from django_scim.resources.resource_type import ResourceType
from tests.hosts.small.models import Account, Person, Visitor
from tests.mappings.workers import found, names, refusal
from tests.representations import path_of, user
from tests.strategies import PROFILE

ADAPTERS = "tests.hosts.small.adapters"
ADA = "ada@example.com"


@pytest.fixture
def accounts(settings):
    """Serve accounts that have one column for the name."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": f"{ADAPTERS}.AccountAdapter"}}}


@pytest.fixture
def visitors(settings):
    """Serve users that have a name to be shown, and no other."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": f"{ADAPTERS}.VisitorAdapter"}}}


def lovelace(**name: str) -> dict[str, Any]:
    """Return the user, with further parts of the name."""
    return user(ADA, name={"givenName": "Ada", "familyName": "Lovelace", **name})


def replace(path: str, value: Any) -> dict[str, Any]:
    """Return the operation of a PATCH."""
    return {"op": "replace", "path": path, "value": value}


def column() -> str:
    """Return what the one account has for its name."""
    return Account.objects.get().full_name


def rename(text: str) -> None:
    """Change the name in the project."""
    Account.objects.update(full_name=text)


# What the column gets


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"name": {"formatted": "Ms. Ada", "givenName": "Ada"}, "displayName": "Countess"}, "Ms. Ada"),
        ({"name": {"givenName": "Ada", "familyName": "Lovelace"}, "displayName": "Countess"}, "Ada Lovelace"),
        ({"name": {"givenName": "Ada"}, "displayName": "Countess"}, "Ada"),
        ({"name": {"familyName": "Lovelace"}}, "Lovelace"),
        ({"name": {"honorificPrefix": "Ms."}, "displayName": "Countess"}, "Countess"),
        ({"displayName": "Countess"}, "Countess"),
        ({"name": {"honorificPrefix": "Ms."}}, ""),
        ({}, ""),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_column_gets_the_first_name_that_a_client_sends(scim, accounts, sent, expected, method):
    if method == "POST":
        document = scim.post("/Users", user(ADA, **sent)).json()
    else:
        account = Account.objects.create(email=ADA, full_name="Somebody Else")
        document = scim.put(path_of(account), user(ADA, **sent)).json()

    assert column() == expected
    name = {**sent.get("name", {}), **({"formatted": expected} if expected else {})}
    assert document.get("name", {}) == name
    assert document.get("displayName") == sent.get("displayName")


def test_a_whole_name_and_its_parts_come_out_as_they_went_in(scim, accounts):
    sent = {"formatted": "Ms. Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace"}
    created = scim.post("/Users", user(ADA, name=sent)).json()

    assert created["name"] == sent
    assert scim.get(f"/Users/{created['id']}").json()["name"] == sent
    assert scim.put(f"/Users/{created['id']}", user(ADA, name=sent)).json()["name"] == sent
    assert "name" not in ProvisioningEvent.objects.latest("pk").changes


def test_a_name_that_was_made_of_the_parts_follows_them(scim, accounts):
    path = f"/Users/{scim.post('/Users', lovelace()).json()['id']}"

    patched = scim.patch(path, replace("name.givenName", "Augusta")).json()
    assert patched["name"] == {
        "givenName": "Augusta",
        "familyName": "Lovelace",
        "formatted": "Augusta Lovelace",
    }
    assert column() == "Augusta Lovelace"

    scim.patch(path, {"op": "remove", "path": "name.familyName"})
    assert column() == "Augusta"
    scim.patch(path, {"op": "remove", "path": "name"})
    assert column() == ""
    assert "name" not in scim.get(path).json()


def test_a_name_that_was_made_of_the_parts_follows_them_where_all_is_written_back(scim, accounts):
    document = scim.post("/Users", lovelace()).json()
    document["name"]["givenName"] = "Augusta"

    assert scim.put(f"/Users/{document['id']}", document).json()["name"]["formatted"] == "Augusta Lovelace"


def test_a_name_that_was_made_of_the_display_name_follows_it_until_there_are_parts(scim, accounts):
    path = f"/Users/{scim.post('/Users', user(ADA, displayName='Ada')).json()['id']}"

    scim.patch(path, replace("displayName", "Countess"))
    assert column() == "Countess"
    scim.patch(path, replace("name.familyName", "Lovelace"))
    assert column() == "Lovelace"
    scim.patch(path, replace("displayName", "Ada"))
    assert column() == "Lovelace"


def test_a_whole_name_that_a_client_sends_stays_until_it_sends_another(scim, accounts):
    path = f"/Users/{scim.post('/Users', lovelace(formatted='Ms. Ada')).json()['id']}"

    patched = scim.patch(path, replace("name.givenName", "Augusta")).json()
    assert patched["name"] == {"givenName": "Augusta", "familyName": "Lovelace", "formatted": "Ms. Ada"}
    scim.patch(path, replace("name.formatted", "Mrs. Ada"))
    assert column() == "Mrs. Ada"
    scim.patch(path, {"op": "remove", "path": "name.formatted"})
    assert column() == "Augusta Lovelace"


def test_a_name_that_is_removed_is_not_made_of_the_display_name(scim, accounts):
    path = (
        f"/Users/{scim.post('/Users', user(ADA, name={'formatted': 'Ada'}, displayName='Ada')).json()['id']}"
    )

    assert "name" not in scim.patch(path, {"op": "remove", "path": "name"}).json()
    assert column() == ""
    assert scim.put(path, user(ADA, displayName="Countess")).json()["name"] == {"formatted": "Countess"}


def test_a_patch_of_something_else_leaves_the_name_alone(scim, accounts):
    account = Account.objects.create(email=ADA, full_name="Countess of Lovelace")
    scim.patch(path_of(account), replace("title", "Analyst"), replace("displayName", "Ada"))

    assert column() == "Countess of Lovelace"


def test_the_history_has_the_whole_name(scim, accounts):
    path = f"/Users/{scim.post('/Users', lovelace()).json()['id']}"
    scim.patch(path, replace("name.givenName", "Augusta"))

    change = ProvisioningEvent.objects.latest("pk").changes["name"]
    assert change["before"]["formatted"] == "Ada Lovelace"
    assert change["after"]["formatted"] == "Augusta Lovelace"


def test_a_name_that_is_too_long_for_the_column_is_refused(scim, accounts):
    response = scim.post("/Users", lovelace(formatted="x" * 101))

    assert refusal(response)[:2] == (400, "invalidValue")


# When the project changes the column


def test_a_name_that_the_project_changes_is_not_at_odds_with_its_parts(scim, accounts):
    path = f"/Users/{scim.post('/Users', lovelace(honorificPrefix='Ms.')).json()['id']}"
    rename("Ada King")

    assert scim.get(path).json()["name"] == {"formatted": "Ada King"}
    assert found(scim, 'name.formatted eq "ada king"') == [ADA]
    for condition in ('name.familyName eq "Lovelace"', "name.familyName pr", 'name.givenName sw "A"'):
        assert found(scim, condition) == []
    assert found(scim, 'name.familyName ne "Lovelace"') == [ADA]
    assert found(scim, "name.familyName eq null") == [ADA]


def test_a_name_that_the_project_changes_in_case_alone_keeps_its_parts(scim, accounts):
    path = f"/Users/{scim.post('/Users', lovelace()).json()['id']}"
    rename("ADA LOVELACE")

    name = {"formatted": "ADA LOVELACE", "givenName": "Ada", "familyName": "Lovelace"}
    assert scim.get(path).json()["name"] == name
    assert found(scim, 'name.familyName eq "Lovelace"') == [ADA]


def test_a_client_that_sends_both_names_names_the_user_anew(scim, accounts):
    path = f"/Users/{scim.post('/Users', lovelace(honorificPrefix='Ms.')).json()['id']}"
    rename("Ada King")

    one = scim.patch(path, replace("name.givenName", "Augusta")).json()
    assert one["name"] == {"givenName": "Augusta", "formatted": "Ada King"}
    rename("Ada Byron King")
    both = scim.patch(path, replace("name", {"givenName": "Augusta", "familyName": "King"})).json()
    assert both["name"] == {"givenName": "Augusta", "familyName": "King", "formatted": "Augusta King"}
    assert column() == "Augusta King"


def test_a_name_that_the_project_empties_stays_empty_until_a_client_sends_one(scim, accounts):
    path = f"/Users/{scim.post('/Users', user(ADA, displayName='Ada')).json()['id']}"
    rename("")

    scim.patch(path, replace("title", "Analyst"))
    assert column() == ""
    scim.patch(path, replace("displayName", "Countess"))
    assert column() == "Countess"


def test_an_account_that_is_made_again_has_the_name_that_is_sent(scim, accounts):
    created = scim.post("/Users", lovelace(formatted="Ms. Ada", honorificPrefix="Ms.")).json()
    scim.delete(f"/Users/{created['id']}")

    again = scim.post("/Users", lovelace(formatted="Ms. Ada")).json()
    assert again["name"] == {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ms. Ada"}


# Queries


def test_the_parts_are_filtered_and_sorted_beside_the_column(scim, accounts):
    for address, given_name in [("b@example.com", "Bea"), ("c@example.com", "Ada"), ("d@example.com", "Zoe")]:
        scim.post("/Users", user(address, name={"givenName": given_name, "familyName": "Lovelace"}))
    Account.objects.filter(email="d@example.com").update(full_name="Somebody Else")
    Account.objects.create(email="e@example.com", full_name="Cleo")

    assert found(scim, 'name.formatted eq "bea lovelace"') == ["b@example.com"]
    assert found(scim, 'name.givenName eq "ADA" and name.formatted co "love"') == ["c@example.com"]
    assert found(scim, "name pr") == [f"{letter}@example.com" for letter in "bcde"]
    assert names(scim, sortBy="name.givenName")[:2] == ["c@example.com", "b@example.com"]
    assert names(scim, sortBy="name.formatted")[0] == "c@example.com"


def test_a_part_alone_can_be_asked_for(scim, accounts):
    path = f"/Users/{scim.post('/Users', lovelace()).json()['id']}"

    answer = scim.get(path, {"attributes": "name.familyName"}).json()
    assert answer["name"] == {"familyName": "Lovelace"}


TEXT = st.text(st.sampled_from("aAé -"), max_size=4).map(str.strip)
NAMES = st.dictionaries(st.sampled_from(["givenName", "familyName", "formatted"]), TEXT.filter(bool))


@pytest.mark.django_db
@PROFILE
@given(first=NAMES, second=NAMES, host=st.none() | TEXT)
def test_what_is_shown_is_what_is_found(scim, accounts, first, second, host):
    Account.objects.all().delete()
    path = f"/Users/{scim.post('/Users', user(ADA, name=first)).json()['id']}"
    if host is not None:
        rename(host)
    scim.patch(path, *(replace(f"name.{part}", value) for part, value in second.items()))
    name = scim.get(path).json().get("name", {})

    assert name.get("formatted", "") == column()
    for part in ("givenName", "familyName", "formatted"):
        assert found(scim, f"name.{part} pr") == ([ADA] if part in name else [])
        if part in name:
            assert found(scim, f'name.{part} eq "{name[part]}"') == [ADA]
    for part, value in second.items():
        assert name[part] == value


# A name to be shown


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"displayName": "Countess", "name": {"formatted": "Ms. Ada"}}, "Countess"),
        ({"name": {"formatted": "Ms. Ada", "givenName": "Ada"}}, "Ms. Ada"),
        ({"name": {"givenName": "Ada", "familyName": "Lovelace"}}, "Ada Lovelace"),
    ],
)
def test_a_name_to_be_shown_is_filled_from_the_name(scim, visitors, sent, expected):
    created = scim.post("/Users", user("ada", **sent)).json()

    assert (created["displayName"], created["name"]) == (expected, sent["name"])
    assert Visitor.objects.get().display_name == expected


def test_a_name_to_be_shown_follows_the_name_until_a_client_sends_one(scim, visitors):
    created = scim.post("/Users", user("ada", name={"givenName": "Ada", "familyName": "Lovelace"})).json()
    path = f"/Users/{created['id']}"

    assert scim.patch(path, replace("name.givenName", "Augusta")).json()["displayName"] == "Augusta Lovelace"
    assert scim.patch(path, replace("displayName", "Countess")).json()["displayName"] == "Countess"
    assert scim.patch(path, replace("name.givenName", "Ada")).json()["displayName"] == "Countess"
    Visitor.objects.update(display_name="Ada King")
    assert scim.patch(path, replace("name.givenName", "Augusta")).json()["displayName"] == "Ada King"
    assert "displayName" not in scim.patch(path, {"op": "remove", "path": "displayName"}).json()


# What is found by itself, and what is declared


@pytest.mark.parametrize(
    ("fields", "attribute", "mapping", "column"),
    [
        (["name"], "name", FullName, "name"),
        (["full_name"], "name", FullName, "full_name"),
        (["fullname", "display_name"], "name", FullName, "fullname"),
        (["display_name"], "displayName", DisplayName, "display_name"),
        (["full_name", "display_name"], "displayName", Column, "display_name"),
        (["first_name", "full_name"], "name.formatted", Column, "full_name"),
        (["first_name", "display_name"], "displayName", Column, "display_name"),
    ],
)
@isolate_apps("tests.hosts.small")
def test_the_column_of_a_name_is_found_by_itself(fields, attribute, mapping, column):
    texts = {name: models.CharField(max_length=50) for name in fields}
    texts["username"] = models.CharField(max_length=50, unique=True)
    model = type("Somebody", (models.Model,), {"__module__": Account.__module__, **texts})
    resource_type = ResourceType(UserAdapter(setting="DJANGO_SCIM", model=model))
    registry = Registry()
    registry.add("User", resource_type)
    registry.join()

    bound = resource_type.mappings[attribute]
    assert (type(bound), bound.columns()) == (mapping, (column,))


def test_a_part_that_the_project_maps_itself_takes_the_whole_name_out(settings, accounts):
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            "User": {"adapter": f"{ADAPTERS}.AccountAdapter", "attributes": {"name.formatted": "full_name"}}
        }
    }

    assert [message.id for message in run_checks(tags=["django_scim"]) if message.is_serious()] == []


def test_a_whole_name_is_declared_in_the_settings(scim, settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            "User": {"adapter": f"{ADAPTERS}.PersonAdapter", "attributes": {"name": FullName("surname")}}
        }
    }
    created = scim.post("/Users", user("ada", name={"givenName": "Ada", "familyName": "Lovelace"})).json()

    assert created["name"] == {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"}
    assert Person.objects.get().surname == "Ada Lovelace"


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"title": FullName("full_name")}, "maps 'title' by FullName, which is for 'name' alone."),
        (
            {"title": DisplayName("full_name")},
            "maps 'title' by DisplayName, which is for 'displayName' alone.",
        ),
        (
            {"name": FullName("full_name"), "name.familyName": Stored()},
            "maps 'name.familyName' beside FullName, which holds all of 'name'.",
        ),
        ({"name": FullName("no_such")}, "maps 'name.formatted' to 'no_such', but small.Account has no field"),
    ],
)
def test_a_system_check_reports_a_name_that_cannot_be(settings, attributes, text):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": f"{ADAPTERS}.AccountAdapter", "attributes": attributes}}
    }

    assert [message for message in run_checks(tags=["django_scim"]) if text in message.msg]
