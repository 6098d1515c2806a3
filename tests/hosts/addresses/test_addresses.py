"""Multi-valued attributes with a row for each value."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User

from django_scim.resources.registry import registry
from tests.factories import UserFactory
from tests.hosts.addresses.models import Phone
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.representations import USER, path_of, user

EMAILS = [{"value": "b@example.com", "primary": True}, {"value": "babs@example.org"}]
PHONES = [{"value": "555-1", "type": "work"}, {"value": "555-2", "type": "mobile"}]


@pytest.fixture
def values():
    """The one address that is sent is the primary one: none is the same as false, and rows have no third."""
    return {"Emails.primary": lambda: True}


@pytest.fixture
def path(scim) -> str:
    """The path of a user with two addresses and two numbers."""
    created = scim.post("/Users", user("bjensen", emails=EMAILS, phoneNumbers=PHONES))
    assert created.status_code == 201, created.content
    return f"/Users/{created.json()['id']}"


def keys(model) -> dict[str, int]:
    """Return the primary keys of rows by what people call them."""
    return {getattr(row, "email", None) or str(row): row.pk for row in model.objects.all()}


def test_each_email_that_a_client_sends_is_a_row(path):
    assert set(EmailAddress.objects.values_list("email", "primary", "verified")) == {
        ("b@example.com", True, True),
        ("babs@example.org", False, True),
    }
    assert set(Phone.objects.values_list("number", "kind")) == {("555-1", "work"), ("555-2", "mobile")}


def test_each_row_of_an_address_is_an_email(scim, path):
    found = scim.get(path).json()

    assert found["emails"] == [
        {"value": "b@example.com", "type": "work", "primary": True},
        {"value": "babs@example.org", "type": "work"},
    ]
    assert found["phoneNumbers"] == PHONES


def test_a_patch_of_one_email_keeps_the_rows_of_the_others(scim, path):
    before = keys(Phone)
    scim.patch(path, {"op": "replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "555-9"})

    after = keys(Phone)
    assert set(after) == {"555-1", "555-9"}
    assert after["555-1"] == before["555-1"]


def test_a_change_of_the_type_of_an_email_keeps_its_row(scim, path):
    before = keys(Phone)
    scim.patch(path, {"op": "replace", "path": 'phoneNumbers[value eq "555-2"].type', "value": "home"})

    assert keys(Phone) == before
    assert Phone.objects.get(number="555-2").kind == "home"


def test_a_new_primary_address_takes_the_mark_from_the_old(scim, path):
    before = keys(EmailAddress)
    response = scim.patch(
        path, {"op": "replace", "path": 'emails[value eq "babs@example.org"].primary', "value": True}
    )

    assert response.status_code == 200, response.content
    assert EmailAddress.objects.get(primary=True).email == "babs@example.org"
    assert keys(EmailAddress) == before


def test_a_put_replaces_the_rows_of_values_that_differ(scim, path):
    before = keys(Phone)
    scim.put(path, user("bjensen", phoneNumbers=[{"value": "555-2", "type": "mobile"}, {"value": "555-3"}]))

    after = keys(Phone)
    assert set(after) == {"555-2", "555-3"}
    assert after["555-2"] == before["555-2"]
    assert not EmailAddress.objects.exists()


def test_the_schema_of_emails_has_the_parts_that_rows_have(scim):
    attributes = scim.get(f"/Schemas/{USER}").json()["attributes"]
    parts = {
        attribute["name"]: [
            (part["name"], part["mutability"], part.get("canonicalValues"))
            for part in attribute["subAttributes"]
        ]
        for attribute in attributes
        if attribute["name"] in ("emails", "phoneNumbers")
    }

    assert parts == {
        "emails": [
            ("value", "readWrite", None),
            ("type", "readOnly", ["work"]),
            ("primary", "readWrite", None),
        ],
        "phoneNumbers": [
            ("value", "readWrite", None),
            ("type", "readWrite", ["work", "home", "mobile"]),
        ],
    }


def test_a_type_of_an_email_that_the_column_does_not_take_is_refused(scim):
    numbers = [{"value": "555-1", "type": "pager"}]
    response = scim.post("/Users", user("bjensen", phoneNumbers=numbers))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert not Phone.objects.exists()


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ('emails.value eq "BABS@example.org"', True),
        ('emails[type eq "work" and value ew "example.org"]', True),
        ('emails[primary eq true and value co "babs"]', False),
        ('emails[type eq "home"]', False),
        ('phoneNumbers[type eq "mobile" and value eq "555-2"]', True),
        ('phoneNumbers[type eq "mobile" and value eq "555-1"]', False),
        ('not (phoneNumbers.value eq "555-1")', False),
        ("phoneNumbers pr", True),
        # Who is not the primary one is not marked at all.
        ("emails[primary eq false]", False),
        ("emails[primary ne true]", True),
        ('emails[primary pr and value co "babs"]', False),
        ("phoneNumbers.primary pr", False),
        # What no column holds has no value.
        ("phoneNumbers.display pr", False),
        ("phoneNumbers.display eq null", True),
        ('phoneNumbers[display ne "x" and type eq "work"]', True),
        ('phoneNumbers[display co "x"]', False),
    ],
)
def test_a_value_path_is_met_by_one_row(scim, path, expression, matches):
    found = scim.get("/Users", {"filter": expression}).json()

    assert found["totalResults"] == int(matches)


def test_sorting_by_emails_takes_the_primary_one(scim, path):
    other = [{"value": "a@example.com"}, {"value": "z@example.com", "primary": True}]
    scim.post("/Users", user("zoe", emails=other))

    found = scim.get("/Users", {"sortBy": "emails", "sortOrder": "descending"}).json()
    assert [resource["userName"] for resource in found["Resources"]] == ["zoe", "bjensen"]


def test_sorting_by_emails_takes_users_with_and_without_them(scim, path):
    scim.post("/Users", user("none"))
    scim.post("/Users", user("zoe", emails=[{"value": "z@example.com"}], phoneNumbers=[{"value": "555-0"}]))

    def names(sort_by: str) -> list[str]:
        found = scim.get("/Users", {"sortBy": sort_by}).json()
        return [resource["userName"] for resource in found["Resources"]]

    assert names("emails.type") == ["bjensen", "zoe", "none"]
    assert names("emails.primary") == ["bjensen", "none", "zoe"]
    assert names("emails.display") == ["bjensen", "none", "zoe"]
    assert names("phoneNumbers.value") == ["zoe", "bjensen", "none"]


def test_a_row_of_an_address_that_the_project_adds_is_a_new_version(scim, path):
    before = scim.get(path)
    Phone.objects.create(user_id=Phone.objects.first().user_id, number="555-7")

    assert scim.get(path, **{"If-None-Match": before["ETag"]}).status_code == 200


def test_a_phone_number_that_is_too_long_is_refused(scim, path):
    before = keys(Phone)
    response = scim.patch(path, {"op": "add", "path": "phoneNumbers", "value": [{"value": "5" * 31}]})

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert keys(Phone) == before


def test_rows_of_addresses_that_the_project_made_are_read(scim):
    row = UserFactory.create()
    EmailAddress.objects.create(user=row, email="own@example.com", primary=True)

    assert scim.get(path_of(row)).json()["emails"][0]["value"] == "own@example.com"


def test_a_wrong_relation_of_a_mapping_is_named_with_the_right_one():
    mapping = type(registry().by_name["User"].mappings["emails"])("emailadress_set", value="email")
    adapter = registry().by_name["User"]
    bound = mapping.bind(adapter, adapter.mappings["emails"].path)

    (error,) = bound.check()
    assert "emailadress_set" in error.msg
    assert "emailaddress_set" in str(error.hint)


def test_the_account_s_own_address_is_the_primary_one(scim):
    made = scim.post(
        "/Users", user(emails=[{"value": "a@example.com"}, {"value": "b@example.com", "primary": True}])
    )
    account = User.objects.get()
    assert account.email == "b@example.com"

    path = f"/Users/{made.json()['id']}"
    scim.patch(path, {"op": "replace", "path": "emails[primary eq true].value", "value": "c@example.com"})
    account.refresh_from_db()
    assert account.email == "c@example.com"

    scim.patch(path, {"op": "remove", "path": 'emails[value eq "c@example.com"]'})
    account.refresh_from_db()
    assert account.email == "a@example.com"

    scim.patch(path, {"op": "remove", "path": "emails"})
    account.refresh_from_db()
    assert account.email == ""


def test_an_address_that_is_cleared_has_no_row(scim):
    scim.post("/Users", user(emails=[{"value": "a@example.com"}, {"value": "", "display": "Babs"}]))

    assert [row.email for row in EmailAddress.objects.all()] == ["a@example.com"]
