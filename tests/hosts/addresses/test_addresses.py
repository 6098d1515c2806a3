"""Multi-valued attributes with a row for each value."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.db import connection

from django_scim.resources.registry import registry
from tests.factories import UserFactory
from tests.hosts.addresses.models import Handle, Phone
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


def test_the_schema_says_which_parts_of_an_email_are_the_client_s(scim):
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
            ("display", "readWrite", None),
            ("type", "readOnly", ["work"]),
            ("primary", "readWrite", None),
        ],
        "phoneNumbers": [
            ("value", "readWrite", None),
            ("display", "readWrite", None),
            ("type", "readWrite", ["work", "home", "mobile"]),
            ("primary", "readWrite", None),
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
        # What no client has sent of what no column holds.
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


class TestPartsWithoutAColumn:
    """A phone number has no column for ``display`` and ``primary``, and an address none for ``display``."""

    NUMBERS = [
        {"value": "555-1", "type": "work", "display": "Desk"},
        {"value": "555-2", "type": "mobile", "primary": True},
        {"value": "555-3"},
    ]

    @pytest.fixture
    def path(self, scim) -> str:
        """The path of a user with three numbers and an address."""
        emails = [{"value": "b@example.com", "primary": True, "display": "Babs"}]
        created = scim.post("/Users", user("bjensen", phoneNumbers=self.NUMBERS, emails=emails))
        assert created.status_code == 201, created.content
        assert created.json()["phoneNumbers"] == self.NUMBERS
        return f"/Users/{created.json()['id']}"

    def test_parts_without_a_column_are_read_as_they_were_sent(self, scim, path):
        found = scim.get(path).json()

        assert found["phoneNumbers"] == self.NUMBERS
        assert found["emails"][0]["display"] == "Babs"

    def test_parts_without_a_column_can_be_written_alone(self, scim, path):
        before = keys(Phone)
        scim.patch(path, {"op": "replace", "path": 'phoneNumbers[value eq "555-1"].display', "value": "Home"})
        scim.patch(path, {"op": "remove", "path": "phoneNumbers[primary eq true].primary"})

        found = scim.get(path).json()["phoneNumbers"]
        assert [each.get("display") for each in found] == ["Home", None, None]
        assert not any("primary" in each for each in found)
        assert keys(Phone) == before

    def test_parts_without_a_column_end_with_the_value(self, scim, path):
        scim.patch(path, {"op": "remove", "path": 'phoneNumbers[value eq "555-1"]'})
        scim.patch(path, {"op": "add", "path": "phoneNumbers", "value": [{"value": "555-1"}]})

        assert {"value": "555-1"} in scim.get(path).json()["phoneNumbers"]

    def test_rows_that_the_project_changes_win_over_the_parts_that_are_kept(self, scim, path):
        Phone.objects.filter(number="555-1").update(number="555-8")
        Phone.objects.filter(number="555-2").update(kind="home")
        Phone.objects.create(user_id=Phone.objects.first().user_id, number="555-9", kind="home")

        assert scim.get(path).json()["phoneNumbers"] == [
            {"value": "555-8", "type": "work"},
            {"value": "555-2", "type": "home", "primary": True},
            {"value": "555-3"},
            {"value": "555-9", "type": "home"},
        ]

    def test_rows_that_the_project_deletes_leave_nothing_behind(self, scim, path):
        Phone.objects.all().delete()

        assert "phoneNumbers" not in scim.get(path).json()
        assert scim.get("/Users", {"filter": "phoneNumbers.display pr"}).json()["totalResults"] == 0

    def test_two_rows_of_one_value_keep_the_parts_of_each(self, scim):
        numbers = [
            {"value": "555-1", "type": "work"},
            {"value": "555-1", "type": "home", "display": "Babs"},
        ]
        created = scim.post("/Users", user("bjensen", phoneNumbers=numbers))

        assert scim.get(f"/Users/{created.json()['id']}").json()["phoneNumbers"] == numbers

    @pytest.mark.parametrize(
        ("expression", "matches"),
        [
            ('phoneNumbers.display eq "DESK"', True),
            ('phoneNumbers.display sw "de"', True),
            ('phoneNumbers[type eq "work" and display eq "desk"]', True),
            ('phoneNumbers[type eq "mobile" and display eq "desk"]', False),
            ('phoneNumbers[primary eq true and value eq "555-2"]', True),
            ('phoneNumbers[primary eq true and value eq "555-1"]', False),
            ("phoneNumbers[primary eq true and display pr]", False),
            ('phoneNumbers[value eq "555-3" and not (display pr)]', True),
            ('phoneNumbers.display ne "desk"', False),
            ("phoneNumbers.display eq null", True),
            ('emails[type eq "work" and display ew "abs"]', True),
        ],
    )
    def test_parts_without_a_column_are_found(self, scim, path, expression, matches):
        found = scim.get("/Users", {"filter": expression}).json()

        assert found["totalResults"] == int(matches)

    def test_parts_without_a_column_are_found_of_the_row_that_is_there(self, scim, path):
        Phone.objects.filter(number="555-1").update(number="555-8")

        found = scim.get("/Users", {"filter": 'phoneNumbers.display eq "Desk"'}).json()
        assert found["totalResults"] == 0

    def test_parts_without_a_column_are_sorted_by_and_say_which_is_the_primary_value(self, scim, path):
        numbers = [{"value": "1", "display": "Z"}, {"value": "9", "display": "A", "primary": True}]
        scim.post("/Users", user("zoe", phoneNumbers=numbers))
        scim.patch(path, {"op": "add", "path": 'phoneNumbers[value eq "555-2"].display', "value": "M"})

        def names(sort_by: str) -> list[str]:
            found = scim.get("/Users", {"sortBy": sort_by}).json()
            return [resource["userName"] for resource in found["Resources"]]

        assert names("phoneNumbers.display") == ["zoe", "bjensen"]
        assert names("phoneNumbers") == ["bjensen", "zoe"]


@pytest.mark.skipif(connection.vendor == "mysql", reason="it has no such constraints")
class TestAddressesOfTheDeleted:
    """A verified address is unique for django-allauth, by a constraint with a condition."""

    EMAIL = [{"value": "dora@example.com", "primary": True}]

    @pytest.fixture
    def gone(self, scim) -> User:
        """The account of somebody who is deleted."""
        made = scim.post("/Users", user("dora", externalId="1", emails=self.EMAIL))
        scim.delete(f"/Users/{made.json()['id']}")
        return User.objects.get()

    def test_the_address_of_somebody_deleted_is_parked_for_somebody_else(self, scim, gone):
        response = scim.post("/Users", user("dora2", externalId="2", emails=self.EMAIL))

        assert response.status_code == 201, response.content
        assert EmailAddress.objects.get(email="dora@example.com").user.username == "dora2"
        assert EmailAddress.objects.get(user=gone).email.endswith("@parked.invalid")

    def test_who_is_hired_again_has_the_address_back_if_it_is_free(self, scim, gone):
        key = EmailAddress.objects.get().pk
        other = scim.post("/Users", user("dora2", externalId="2", emails=self.EMAIL))
        scim.put(f"/Users/{other.json()['id']}", user("dora2", externalId="2"))

        response = scim.post("/Users", user("dora", externalId="1", emails=self.EMAIL))

        assert response.status_code == 201, response.content
        assert [row.pk for row in EmailAddress.objects.filter(user=gone)] == [key]
        assert EmailAddress.objects.get(pk=key).email == "dora@example.com"

    def test_who_is_hired_again_comes_with_another_address_if_it_is_not(self, scim, gone):
        scim.post("/Users", user("dora2", externalId="2", emails=self.EMAIL))

        emails = [{"value": "dora.again@example.com", "primary": True}]
        response = scim.post("/Users", user("dora", externalId="1", emails=emails))

        assert response.status_code == 201, response.content
        assert EmailAddress.objects.get(user=gone).email == "dora.again@example.com"

    def test_an_address_of_somebody_who_is_there_is_not_parked(self, scim):
        scim.post("/Users", user("dora", externalId="1", emails=self.EMAIL))

        assert scim.post("/Users", user("eva", externalId="2", emails=self.EMAIL)).status_code == 409

    def test_a_name_that_is_unique_in_any_case_of_letters_is_parked_too(self, scim):
        made = scim.post("/Users", user("dora", externalId="1", ims=[{"value": "Dora"}]))
        scim.delete(f"/Users/{made.json()['id']}")

        response = scim.post("/Users", user("dora2", externalId="2", ims=[{"value": "dORA"}]))

        assert response.status_code == 201, response.content
        assert Handle.objects.get(name="dORA").user.username == "dora2"
        assert Handle.objects.get(user__username__startswith="dora", name__startswith="Dora-parked-")


def warnings_of_addresses():
    """Return the warnings of addresses that django-allauth does not know of."""
    return [message for message in run_checks(tags=["django_scim"]) if message.id == "django_scim.W015"]


def test_addresses_in_the_table_of_allauth_are_not_warned_of():
    assert warnings_of_addresses() == []


@pytest.mark.parametrize("configured", [{}, {"RESOURCES": {"User": {"attributes": {"emails": None}}}}])
def test_addresses_that_allauth_does_not_know_of_are_warned_of(settings, configured):
    settings.DJANGO_SCIM = configured

    (message,) = warnings_of_addresses()

    assert "cannot sign in" in message.msg
    assert '"emails": Rows("emailaddress_set", value="email", primary="primary"' in message.hint
