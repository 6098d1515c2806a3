"""Identical values of a multi-valued attribute are kept once (RFC 7643 section 2.4)."""

from __future__ import annotations

import pytest

from tests.factories import GroupFactory, UserFactory
from tests.operations.badges import BADGE
from tests.representations import group, id_of, path_of, user

WORK = {"type": "work", "value": "b@example.com"}
HOME = {"type": "home", "value": "b@example.com"}
STREET = {"type": "work", "streetAddress": "100 Universal City Plaza"}

CASES = [
    ("emails", [WORK, HOME, WORK], [WORK, HOME]),
    ("emails", [WORK, {"VALUE": "b@example.com", "Type": "work", "display": None}], [WORK]),
    ("emails", [WORK, {**WORK, "primary": True}], [{**WORK, "primary": True}]),
    ("emails", [{**WORK, "primary": True}, {**WORK, "primary": True}], [{**WORK, "primary": True}]),
    ("phoneNumbers", [{"value": "555"}, {"value": "555"}], [{"value": "555"}]),
    ("addresses", [STREET, STREET, {**STREET, "country": "US"}], [STREET, {**STREET, "country": "US"}]),
    ("roles", ["Admin", {"value": "Admin"}], [{"value": "Admin"}]),
    ("x509Certificates", [{"value": "QUI="}, {"value": "QUI"}], [{"value": "QUI="}]),
]


@pytest.fixture
def row(scim):
    return f"/Users/{scim.post('/Users', user('bjensen')).json()['id']}"


@pytest.mark.parametrize(("name", "given", "kept"), CASES, ids=str)
def test_a_new_resource_has_identical_values_once(scim, name, given, kept):
    assert scim.post("/Users", user(**{name: given})).json()[name] == kept


@pytest.mark.parametrize(("name", "given", "kept"), CASES, ids=str)
def test_a_replacement_keeps_identical_values_once(scim, row, name, given, kept):
    assert scim.put(row, user("bjensen", **{name: given})).json()[name] == kept


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(("name", "given", "kept"), CASES, ids=str)
def test_an_operation_keeps_identical_values_once(scim, row, op, name, given, kept):
    assert scim.patch(row, {"op": op, "path": name, "value": given}).json()[name] == kept
    assert scim.patch(row, {"op": op, "value": {name: given}}).json()[name] == kept


@pytest.mark.parametrize(("name", "given", "kept"), CASES, ids=str)
def test_several_operations_keep_identical_values_once(scim, row, name, given, kept):
    operations = [{"op": "add", "path": name, "value": [entry]} for entry in given]

    assert scim.patch(row, *operations).json()[name] == kept


def test_a_value_that_a_path_makes_identical_to_another_is_kept_once(scim):
    created = scim.post("/Users", user(phoneNumbers=[{"value": "1"}, {"value": "2"}])).json()
    operation = {"op": "replace", "path": 'phoneNumbers[value eq "2"].value', "value": "1"}

    assert scim.patch(f"/Users/{created['id']}", operation).json()["phoneNumbers"] == [{"value": "1"}]


def test_values_that_are_not_complex_are_kept_once(scim, badges):
    created = scim.post("/Users", {**user(), BADGE: {"floors": [3, 1, 3, 1]}}).json()
    operation = {"op": "add", "path": f"{BADGE}:floors", "value": [1, 2, 2]}

    assert created[BADGE]["floors"] == [3, 1]
    assert scim.patch(f"/Users/{created['id']}", operation).json()[BADGE]["floors"] == [3, 1, 2]


def test_a_member_that_is_given_twice_is_a_member_once(scim):
    one, other = UserFactory.create_batch(2)
    team = path_of(GroupFactory.create(name="Guides"))
    twice = [{"value": id_of(one)}, {"value": id_of(other)}, {"value": id_of(one)}]

    created = scim.post("/Groups", group("Tours", members=twice))
    assert sorted(each["value"] for each in created.json()["members"]) == [id_of(one), id_of(other)]
    for operation in (
        {"op": "add", "path": "members", "value": twice},
        {"op": "replace", "path": "members", "value": twice},
    ):
        assert scim.patch(team, operation, operation).status_code == 204
        assert len(scim.get(team).json()["members"]) == 2
    assert len(scim.put(team, group("Guides", members=twice)).json()["members"]) == 2


def test_a_member_may_be_named_twice_in_two_ways(scim):
    one = UserFactory.create()
    address = f"https://testserver/scim/v2{path_of(one)}"

    created = scim.post("/Groups", group("Tours", members=[{"value": id_of(one)}, {"$ref": address}]))

    assert [each["value"] for each in created.json()["members"]] == [id_of(one)]
