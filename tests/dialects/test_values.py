"""Values in the body of a POST or a PUT, in the shapes that identity providers give them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.representations import ENTERPRISE, user

SUE = "26118915-6090-4610-87e4-49d8ca9f808d"
"""An ``id`` of nobody: a manager may be provisioned after those whom they manage."""


@pytest.fixture
def created(scim):
    """Create a user with attributes, and return what it is then."""

    def send(**attributes: Any) -> dict[str, Any]:
        response = scim.post("/Users", user(**attributes))
        assert response.status_code == 201, response.json()
        read: dict[str, Any] = scim.get(f"/Users/{response.json()['id']}").json()
        assert read == response.json()
        return read

    return send


# Truth values


@pytest.mark.parametrize(
    ("text", "truth"), [("True", True), ("true", True), ("False", False), ("false", False)]
)
def test_a_truth_value_may_be_a_string_anywhere(created, text, truth):
    document = created(
        active=text,
        emails=[{"value": "b@example.com", "primary": text}],
        phoneNumbers=[{"value": "555-0100", "primary": text}],
        roles=[{"value": "Admin", "primary": text}],
    )

    assert document["active"] is truth
    assert document["emails"][0]["primary"] is truth
    assert document["phoneNumbers"][0]["primary"] is truth
    assert document["roles"][0]["primary"] is truth
    assert User.objects.get().is_active is truth


# References


@pytest.mark.parametrize(
    "manager",
    [
        {"value": SUE},
        SUE,
        [{"value": SUE}],
        [SUE],
        {"Value": SUE},
        {"$ref": None, "value": SUE},
        {"value": SUE, "displayName": None},
        {"value": SUE, "displayName": ""},
    ],
    ids=[
        "complex",
        "string",
        "array",
        "array of a string",
        "any case",
        "null $ref",
        "null name",
        "empty name",
    ],
)
@pytest.mark.parametrize("place", ["extension", "top"])
def test_a_manager_becomes_a_complex_value(created, manager, place):
    document = created(
        **({ENTERPRISE: {"manager": manager}} if place == "extension" else {"manager": manager})
    )

    assert document[ENTERPRISE] == {"manager": {"value": SUE}}


@pytest.mark.parametrize(
    "manager",
    ["", None, [], {}, {"value": ""}, {"value": None}, [{"value": ""}], {"$ref": "", "value": ""}],
    ids=str,
)
def test_a_manager_without_a_value_is_no_manager(created, manager):
    assert ENTERPRISE not in created(**{ENTERPRISE: {"manager": manager}})


@pytest.mark.parametrize("nobody", ["", None, [], {"value": ""}, [{"value": ""}]], ids=str)
@pytest.mark.parametrize("path", [f"{ENTERPRISE}:manager", "manager", None], ids=["urn", "name", "key"])
@pytest.mark.parametrize("op", ["Replace", "replace"])
def test_a_manager_is_cleared_by_one_without_a_value(scim, created, nobody, path, op):
    identifier = created(
        **{ENTERPRISE: {"manager": {"value": SUE, "displayName": "Sue"}, "department": "IT"}}
    )["id"]
    operation = {"op": op, "path": path, "value": nobody}
    if path is None:
        operation = {"op": op, "value": {f"{ENTERPRISE}:manager": nobody}}

    response = scim.patch(f"/Users/{identifier}", operation)

    assert response.status_code == 200, response.json()
    assert response.json()[ENTERPRISE] == {"department": "IT"}


@pytest.mark.parametrize(
    "value", [SUE, [{"$ref": f"http://example.com/scim/Users/{SUE}", "value": SUE}], {"value": SUE}], ids=type
)
@pytest.mark.parametrize("path", [f"{ENTERPRISE}:manager", "manager", f"{ENTERPRISE}:manager.value"])
def test_a_manager_may_be_patched_in_many_shapes(scim, created, path, value):
    identifier = created()["id"]
    if path.endswith(".value"):
        value = SUE

    response = scim.patch(f"/Users/{identifier}", {"op": "Add", "path": path, "value": value})

    assert response.json()[ENTERPRISE]["manager"]["value"] == SUE


# Numbers


def test_an_integer_is_the_string_that_an_attribute_has(created):
    document = created(
        externalId=4711,
        title=0,
        password=31415926535897,
        name={"givenName": 1},
        phoneNumbers=[{"value": 18446744073709551615, "type": "work"}],
        addresses=[{"postalCode": 10115, "type": "work"}],
        **{ENTERPRISE: {"employeeNumber": 701984, "manager": {"value": 26118915}}},
    )

    assert (document["externalId"], document["title"], document["name"]) == ("4711", "0", {"givenName": "1"})
    assert document["phoneNumbers"] == [{"value": "18446744073709551615", "type": "work"}]
    assert document["addresses"] == [{"postalCode": "10115", "type": "work"}]
    assert document[ENTERPRISE]["employeeNumber"] == "701984"
    assert document[ENTERPRISE]["manager"]["value"] == "26118915"


@pytest.mark.parametrize("path", [f"{ENTERPRISE}:employeeNumber", "employeeNumber"])
@pytest.mark.parametrize("value", [701984, [701984], ["701984"]])
def test_an_integer_may_be_patched_where_a_string_is_due(scim, created, path, value):
    row = f"/Users/{created()['id']}"

    response = scim.patch(row, {"op": "add", "path": path, "value": value})

    assert response.json()[ENTERPRISE]["employeeNumber"] == "701984"


@pytest.mark.parametrize("number", [1.5, 1e30, -0.0, True], ids=str)
def test_what_may_have_been_rounded_is_no_string(scim, number):
    response = scim.post("/Users", user(title=number))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")


# A list of one


@pytest.mark.parametrize(
    ("path", "value", "name", "expected"),
    [
        ("title", ["Guide"], "title", "Guide"),
        ("title", [{"value": "Guide"}], "title", "Guide"),
        ("active", [False], "active", False),
        ("active", ["False"], "active", False),
        ("name", [{"givenName": "Babs"}], "name", {"givenName": "Babs"}),
        ("name.givenName", ["Babs"], "name", {"givenName": "Babs"}),
        (f"{ENTERPRISE}:department", ["Tours"], ENTERPRISE, {"department": "Tours"}),
        (ENTERPRISE, [{"department": "Tours"}], ENTERPRISE, {"department": "Tours"}),
        (None, [{"title": "Guide", "nickName": ["Babs"]}], "title", "Guide"),
        (None, {ENTERPRISE: [{"department": "Tours"}]}, ENTERPRISE, {"department": "Tours"}),
    ],
    ids=str,
)
def test_the_value_of_an_operation_may_be_alone_in_a_list(scim, created, path, value, name, expected):
    row = f"/Users/{created()['id']}"

    response = scim.patch(row, {"op": "replace", "path": path, "value": value})

    assert response.status_code == 200, response.json()
    assert response.json()[name] == expected


# Several values


@pytest.mark.parametrize(
    "emails",
    ["b@example.com", ["b@example.com"], {"value": "b@example.com"}, [{"value": "b@example.com"}]],
    ids=["string", "strings", "object", "objects"],
)
def test_a_multi_valued_attribute_may_be_a_single_value(created, emails):
    document = created(emails=emails)

    assert document["emails"] == [{"value": "b@example.com"}]
    assert User.objects.get().email == "b@example.com"


def test_addresses_have_no_value_that_a_string_could_be(scim):
    response = scim.post("/Users", user(addresses=["100 Universal City Plaza"]))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")


@pytest.mark.parametrize("wrong", [5, [5], {"value": {"value": "x"}}, [["b@example.com"]]], ids=str)
def test_a_value_that_is_wrong_in_any_shape_is_refused(scim, wrong):
    response = scim.post("/Users", user(emails=wrong))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert not User.objects.exists()


# No value


@pytest.mark.parametrize("nothing", [None, "", []], ids=["null", "empty string", "empty list"])
def test_null_the_empty_string_and_the_empty_list_are_no_value(created, nothing):
    document = created(
        title=nothing,
        displayName=nothing,
        profileUrl=nothing,
        emails=nothing,
        addresses=nothing,
        photos=nothing,
        externalId=nothing,
        name={"givenName": "Barbara", "middleName": nothing, "honorificSuffix": nothing},
        **{ENTERPRISE: {"department": nothing, "costCenter": "4130", "manager": nothing}},
    )

    assert document.keys() == {"schemas", "id", "meta", "userName", "name", "active", ENTERPRISE}
    assert document["name"] == {"givenName": "Barbara"}
    assert document[ENTERPRISE] == {"costCenter": "4130"}


@pytest.mark.parametrize(
    "nothing", [None, "", [], {}], ids=["null", "empty string", "empty list", "empty object"]
)
def test_an_extension_may_have_no_value(created, nothing):
    assert ENTERPRISE not in created(**{ENTERPRISE: nothing})


def test_an_empty_value_among_several_is_no_value(created):
    document = created(emails=[{"value": "", "type": "work"}, {"value": "b@example.com", "type": ""}])

    # A type and nothing that it is of is no value either.
    assert document["emails"] == [{"value": "b@example.com"}]


@pytest.mark.parametrize("nothing", ["", None, []], ids=["empty string", "null", "empty list"])
def test_a_required_attribute_needs_a_value(scim, nothing):
    response = scim.post("/Users", user(nothing))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")


# Read-only values


def test_read_only_attributes_are_ignored_whatever_their_values(created):
    document = created(
        id="another", meta={"created": "not a date", "version": 5}, groups=[{"value": 5}, "administrators"]
    )

    assert document["id"] != "another"
    assert document["meta"]["resourceType"] == "User"
    assert "groups" not in document


# Names


def test_attribute_names_may_be_in_any_case_and_the_answer_has_the_canonical_ones(scim):
    body = {
        "Schemas": ["URN:ietf:params:scim:schemas:core:2.0:USER"],
        "USERNAME": "bjensen",
        "Emails": [{"Primary": True, "Type": "work", "VALUE": "b@example.com"}],
        ENTERPRISE.upper(): {"Department": "IT", "MANAGER": {"Value": SUE}},
    }

    response = scim.post("/Users", body)

    assert response.status_code == 201, response.json()
    document = response.json()
    assert document["userName"] == "bjensen"
    assert document["emails"] == [{"primary": True, "type": "work", "value": "b@example.com"}]
    assert document[ENTERPRISE] == {"department": "IT", "manager": {"value": SUE}}
    assert "USERNAME" not in document
