"""Operations of a PATCH as identity providers write them (RFC 7644 section 3.5.2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import UserFactory, managed
from tests.representations import ENTERPRISE, USER, path_of

WORK = {"type": "work", "value": "bjensen@example.com", "primary": True}


@pytest.fixture
def barbara(scim) -> User:
    row = UserFactory.create(username="bjensen@example.com", email="", first_name="", last_name="")
    managed(scim.connection, row)
    body = {
        "schemas": [USER],
        "userName": row.username,
        "name": {"givenName": "Barbara", "familyName": "Jensen", "middleName": "Jane"},
        "emails": [WORK],
        ENTERPRISE: {"department": "Tours", "costCenter": "4130"},
    }
    assert scim.put(path_of(row), body).status_code == 200
    return row


@pytest.fixture
def patched(scim, barbara):
    """Send operations for Barbara, and return what she is then."""

    def send(*operations: dict[str, Any]) -> dict[str, Any]:
        response = scim.patch(path_of(barbara), *operations)
        document: dict[str, Any] = response.json()
        assert response.status_code == 200, document
        return document

    return send


def work_email(document: dict[str, Any]) -> dict[str, Any]:
    return next(email for email in document["emails"] if email.get("type") == "work")


# Without a path each key is one


@pytest.mark.parametrize("op", ["add", "replace", "Replace"])
@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("name.givenName", ("name", "givenName")),
        ("NAME.GIVENNAME", ("name", "givenName")),
        (f"{USER}:name.givenName", ("name", "givenName")),
        (f"{ENTERPRISE}:department", (ENTERPRISE, "department")),
        (f"{ENTERPRISE.upper()}:Department", (ENTERPRISE, "department")),
        (f"{ENTERPRISE}.department", (ENTERPRISE, "department")),
        ("department", (ENTERPRISE, "department")),
        ("DisplayName", ("displayName",)),
    ],
)
def test_a_key_of_a_value_is_a_path_that_may_be_dotted_or_qualified_in_any_case(patched, op, key, path):
    document = patched({"op": op, "value": {key: "Babs"}})

    found = document
    for name in path:
        found = found[name]
    assert found == "Babs"
    assert key not in document or key == path[0]


@pytest.mark.parametrize(
    "key",
    ['emails[type eq "work"].value', 'Emails[Type EQ "work"].Value', f'{USER}:emails[type eq "work"].value'],
)
def test_a_key_of_a_value_may_select_values(patched, key):
    document = patched({"op": "replace", "value": {key: "babs@example.com"}})

    assert document["emails"] == [{**WORK, "value": "babs@example.com"}]


def test_the_other_attributes_of_a_complex_one_stay_when_a_key_names_one(patched):
    assert patched({"op": "replace", "value": {"name.middleName": "J."}})["name"] == {
        "givenName": "Barbara",
        "familyName": "Jensen",
        "middleName": "J.",
    }


def test_the_value_of_a_key_may_be_a_whole_attribute_or_extension(patched):
    document = patched(
        {
            "op": "replace",
            "path": None,
            "value": {
                "emails": [{"value": "babs@example.com"}],
                ENTERPRISE: {"department": "Sales", "manager.value": "e-1"},
            },
        }
    )

    assert document["emails"] == [{"value": "babs@example.com"}]
    assert document[ENTERPRISE] == {
        "department": "Sales",
        "costCenter": "4130",
        "manager": {"value": "e-1"},
    }


def test_read_only_attributes_are_ignored_among_the_keys_of_a_value(scim, patched, barbara):
    before = scim.get(path_of(barbara)).json()

    after = patched(
        {
            "op": "replace",
            "value": {
                "schemas": [USER],
                "id": "another",
                "meta": {"resourceType": "Group", "created": "not a date"},
                "meta.version": "1",
                "groups": [{"value": "administrators"}],
                'groups[value eq "x"].display': "x",
                "title": "Guide",
            },
        }
    )

    assert after["id"] == before["id"]
    assert after["meta"]["created"] == before["meta"]["created"]
    assert after["title"] == "Guide"
    assert "groups" not in after


def test_a_value_of_nothing_but_read_only_keys_is_no_change(scim, patched, barbara):
    version = scim.get(path_of(barbara)).json()["meta"]["version"]

    assert patched({"op": "replace", "value": {"id": "another"}})["meta"]["version"] == version


def test_an_empty_path_is_no_path(patched):
    assert patched({"op": "replace", "path": "", "value": {"title": "Guide"}})["title"] == "Guide"


def test_a_path_to_what_is_read_only_is_refused_as_the_rfc_says(scim, barbara):
    response = scim.patch(path_of(barbara), {"op": "replace", "path": "id", "value": "another"})

    assert (response.status_code, response.json()["scimType"]) == (400, "mutability")


def test_remove_needs_a_path_as_the_rfc_says(scim, barbara):
    response = scim.patch(path_of(barbara), {"op": "remove", "value": {"title": "Guide"}})

    assert (response.status_code, response.json()["scimType"]) == (400, "noTarget")


# Paths


@pytest.mark.parametrize(
    "path",
    [
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}.department",
        "urn:scim:schemas:extension:enterprise:1.0.department",
        "urn:scim:schemas:extension:enterprise:2.0.department",
        "urn:scim:schemas:extension:enterprise:2.0:User:department",
        "department",
        "DEPARTMENT",
    ],
)
def test_a_path_into_an_extension_may_be_written_in_the_ways_of_the_past(patched, path):
    document = patched({"op": "Replace", "path": path, "value": "Sales"})

    assert document[ENTERPRISE]["department"] == "Sales"


def test_an_attribute_of_the_core_schema_is_never_looked_for_in_an_extension(patched):
    document = patched({"op": "replace", "path": "title", "value": "Guide"})

    assert document["title"] == "Guide"
    assert "title" not in document[ENTERPRISE]


# A filter that matches nothing


@pytest.mark.parametrize("op", ["add", "replace", "Add", "Replace"])
@pytest.mark.parametrize(
    ("path", "value", "entry"),
    [
        ('phoneNumbers[type eq "work"].value', "555-0100", {"type": "work", "value": "555-0100"}),
        ('addresses[type eq "work"].country', "US", {"type": "work", "country": "US"}),
        ('roles[primary eq "True"].value', "Admin", {"primary": True, "value": "Admin"}),
        ('ims[type eq "aim"]', {"value": "babs"}, {"type": "aim", "value": "babs"}),
    ],
)
def test_a_value_that_is_not_there_is_made_as_one_eq_describes_it(patched, op, path, value, entry):
    document = patched({"op": op, "path": path, "value": value})

    assert document[path.partition("[")[0]] == [entry]


def test_an_add_makes_what_a_conjunction_of_eq_describes(patched):
    path = 'addresses[type eq "work" and primary eq true].country'

    document = patched({"op": "add", "path": path, "value": "US"})

    assert document["addresses"] == [{"type": "work", "primary": True, "country": "US"}]


def test_the_value_that_a_filter_made_is_found_by_the_operations_after(patched):
    document = patched(
        {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Hollywood"},
        {"op": "Add", "path": 'addresses[type eq "work"].region', "value": "CA"},
        {"op": "Add", "path": 'addresses[type eq "home"].locality', "value": "Burbank"},
    )

    assert document["addresses"] == [
        {"type": "work", "locality": "Hollywood", "region": "CA"},
        {"type": "home", "locality": "Burbank"},
    ]


@pytest.mark.parametrize(
    "path",
    [
        'phoneNumbers[type ne "work"].value',
        'phoneNumbers[type eq "work" or type eq "home"].value',
        'phoneNumbers[not (type eq "work")].value',
        "phoneNumbers[display pr].value",
        'phoneNumbers[type sw "wo"].value',
        'phoneNumbers[type eq "work" and primary eq true].value',
        'phoneNumbers[type eq "work" and value eq "555-0100"]',
        'addresses[type eq "work" and country eq "US" and primary eq true].country',
    ],
)
def test_a_filter_that_describes_no_entry_and_matches_none_is_no_target(scim, barbara, path):
    response = scim.patch(path_of(barbara), {"op": "replace", "path": path, "value": "555-0100"})

    assert (response.status_code, response.json()["scimType"]) == (400, "noTarget")


def test_a_removal_by_a_filter_that_matches_nothing_is_no_error(patched):
    assert patched({"op": "Remove", "path": 'emails[type eq "home"]'})["emails"] == [WORK]


# Values


def test_null_the_empty_string_and_the_empty_list_unassign(patched):
    document = patched(
        {"op": "Add", "path": "title", "value": "Guide"},
        {"op": "Add", "path": "nickName", "value": "Babs"},
        {"op": "Add", "path": "locale", "value": "en-US"},
        {"op": "Replace", "path": "title", "value": ""},
        {"op": "Replace", "path": "nickName", "value": None},
        {"op": "Replace", "path": "locale", "value": []},
        {"op": "Replace", "path": "emails", "value": ""},
        {"op": "Replace", "path": "name.middleName", "value": ""},
        {"op": "Replace", "path": f"{ENTERPRISE}:costCenter", "value": ""},
    )

    assert not {"title", "nickName", "locale", "emails"} & document.keys()
    assert document["name"] == {"givenName": "Barbara", "familyName": "Jensen"}
    assert document[ENTERPRISE] == {"department": "Tours"}


@pytest.mark.parametrize("nothing", ["", None])
def test_the_empty_string_and_null_are_added_as_nothing(patched, nothing):
    document = patched(
        {"op": "Add", "path": "title", "value": "Guide"},
        {"op": "Add", "path": "title", "value": nothing},
        {"op": "Add", "path": "emails", "value": nothing},
        {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": nothing},
        {"op": "Add", "value": {"nickName": nothing, "name.middleName": nothing}},
    )

    assert "title" not in document
    assert document["emails"] == [WORK]


@pytest.mark.parametrize("value", [None, "", []], ids=["null", "empty string", "empty list"])
@pytest.mark.parametrize("in_value", [False, True], ids=["path", "key"])
def test_an_extension_is_removed_by_replacing_it_with_nothing(patched, value, in_value):
    operation = {"op": "replace", "path": ENTERPRISE, "value": value}
    if in_value:
        operation = {"op": "replace", "value": {ENTERPRISE: value}}

    document = patched(operation)

    assert ENTERPRISE not in document
    assert document["schemas"] == [USER]


@pytest.mark.parametrize("value", ["False", "false", "FALSE", False])
@pytest.mark.parametrize("with_path", [True, False])
def test_active_in_a_patch_may_be_a_string(scim, barbara, value, with_path):
    operation = {"op": "Replace", "path": "active", "value": value}
    if not with_path:
        operation = {"op": "Replace", "value": {"active": value}}

    assert scim.patch(path_of(barbara), operation).json()["active"] is False
    barbara.refresh_from_db()
    assert barbara.is_active is False


def test_primary_in_a_patch_may_be_a_string(patched):
    document = patched(
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "babs@jensen.org"},
        {"op": "Replace", "path": 'emails[type eq "home"].primary', "value": "True"},
    )

    assert {email["type"]: email.get("primary") for email in document["emails"]} == {
        "work": False,
        "home": True,
    }


@pytest.mark.parametrize("value", ["perhaps", {"value": False}, [False, False]], ids=str)
def test_an_active_that_is_no_truth_value_is_refused(scim, barbara, value):
    response = scim.patch(path_of(barbara), {"op": "Replace", "path": "active", "value": value})

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")


def test_a_simple_value_may_be_in_an_object_in_a_list(patched):
    document = patched(
        {"op": "Replace", "path": "displayName", "value": [{"$ref": None, "value": "Barbara"}]}
    )

    assert document["displayName"] == "Barbara"


@pytest.mark.parametrize(
    "value",
    [
        {"value": "babs@example.com"},
        "babs@example.com",
        ["babs@example.com"],
        {"emails": [{"value": "babs@example.com"}]},
        {"value": [{"value": "babs@example.com"}]},
    ],
    ids=["an object", "a string", "strings", "an object around the list", "a value around the list"],
)
def test_a_list_may_be_what_should_be_in_it_or_have_an_object_around_it(patched, value):
    document = patched({"op": "Replace", "path": "emails", "value": value})

    assert document["emails"] == [{"value": "babs@example.com"}]


def test_a_value_that_a_path_selects_may_be_given_a_list_of_one(patched):
    document = patched(
        {"op": "Replace", "path": 'emails[type eq "work"]', "value": [{"value": "b@example.com"}]}
    )

    assert document["emails"] == [{**WORK, "value": "b@example.com"}]


# Removals with a value


def test_a_removal_removes_the_values_that_its_value_names(patched):
    document = patched(
        {"op": "Add", "path": "roles", "value": [{"value": "Admin", "type": "app"}, {"value": "User"}]},
        {"op": "Remove", "path": "roles", "value": [{"$ref": None, "value": "Admin"}]},
    )

    assert document["roles"] == [{"value": "User"}]


def test_the_value_of_a_removal_may_name_values_by_strings(patched):
    document = patched(
        {"op": "Add", "path": "roles", "value": ["Admin", "User", "Guest"]},
        {"op": "Remove", "path": "roles", "value": ["Admin", "Guest"]},
    )

    assert document["roles"] == [{"value": "User"}]


def test_the_value_of_a_removal_from_a_single_valued_attribute_is_not_read(patched):
    document = patched(
        {"op": "Add", "path": "title", "value": "Guide"},
        {"op": "Remove", "path": "title", "value": "Guide"},
        {"op": "Remove", "path": f"{ENTERPRISE}:department", "value": ""},
        {"op": "Remove", "path": 'emails[type eq "work"]', "value": [WORK]},
        {"op": "Remove", "path": "name.middleName", "value": {"value": "Jane"}},
    )

    assert not {"title", "emails"} & document.keys()
    assert document[ENTERPRISE] == {"costCenter": "4130"}
    assert document["name"] == {"givenName": "Barbara", "familyName": "Jensen"}


# All at once


def test_an_operation_that_is_refused_undoes_all_other_operations(scim, barbara):
    before = scim.get(path_of(barbara)).json()

    response = scim.patch(
        path_of(barbara),
        {"op": "Replace", "value": {"name.givenName": "Babs", 'phoneNumbers[type eq "work"].value': "555"}},
        {"op": "Replace", "path": "active", "value": "perhaps"},
    )

    assert response.status_code == 400
    assert scim.get(path_of(barbara)).json() == before
