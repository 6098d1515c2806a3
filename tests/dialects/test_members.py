"""Members of a group as identity providers add and remove them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from tests.factories import GroupFactory, UserFactory
from tests.representations import group, id_of, member, path_of


@pytest.fixture
def members(db) -> list[User]:
    return UserFactory.create_batch(3)


@pytest.fixture
def guides(members) -> Group:
    found = GroupFactory.create(name="Tour Guides")
    found.user_set.set(members)
    return found


@pytest.fixture
def patched(scim, guides):
    """Send operations for the group, and return who is in it then."""

    def send(*operations: dict[str, Any]) -> set[User]:
        response = scim.patch(path_of(guides), *operations)
        assert response.status_code == 204, response.json()
        return set(guides.user_set.all())

    return send


# Removal


def test_a_removal_of_members_removes_only_those_that_its_value_names(patched, members):
    first, second, third = members
    value = [{"$ref": None, "value": id_of(first)}, {"value": id_of(third), "display": "Barbara"}]

    assert patched({"op": "Remove", "path": "members", "value": value}) == {second}


def test_a_member_may_be_named_by_a_single_object_or_a_string(patched, members):
    first, second, third = members

    assert patched(
        {"op": "Remove", "path": "members", "value": member(first)},
        {"op": "Remove", "path": "members", "value": id_of(second)},
    ) == {third}


def test_all_members_are_removed_by_neither_filter_nor_value(patched):
    assert patched({"op": "remove", "path": "members"}) == set()


def test_all_members_are_removed_by_a_value_that_is_null(patched):
    assert patched({"op": "remove", "path": "members", "value": None}) == set()


def test_a_filter_of_members_needs_no_space_before_its_value(patched, members):
    first, *others = members

    assert patched({"op": "remove", "path": f'members[value eq"{id_of(first)}"]'}) == set(others)


def test_a_filter_of_members_needs_no_quotation_marks(patched, members):
    first, *others = members

    assert patched({"op": "remove", "path": f"members[value eq {id_of(first)}]"}) == set(others)


@pytest.mark.parametrize("gone", ["26118915-6090-4610-87e4-49d8ca9f808d", "nobody", "no member"])
@pytest.mark.parametrize("by_filter", [True, False])
def test_removing_a_user_who_is_no_member_or_has_vanished_is_a_success(patched, members, gone, by_filter):
    identifier = id_of(UserFactory.create()) if gone == "no member" else gone
    operation = {"op": "Remove", "path": "members", "value": [{"value": identifier}]}
    if by_filter:
        operation = {"op": "Remove", "path": f'members[value eq "{identifier}"]'}

    assert patched(operation) == set(members)


def test_a_member_whose_account_was_deleted_can_be_removed(scim, patched, members):
    first, *others = members
    scim.delete(path_of(first))

    patched({"op": "Remove", "path": "members", "value": [member(first)]})

    assert patched({"op": "Remove", "path": f'members[value eq "{id_of(first)}"]'}) >= set(others)


# Adding


def test_adding_a_member_twice_makes_no_second_membership(patched, guides, members):
    joins = UserFactory.create()

    after = patched(
        {"op": "Add", "path": "members", "value": [member(joins), member(joins)]},
        {"op": "Add", "path": "members", "value": [member(joins), member(members[0])]},
    )

    assert after == {*members, joins}
    assert User.groups.through.objects.filter(group=guides).count() == 4


@pytest.mark.parametrize("op", ["add", "Add"])
@pytest.mark.parametrize(
    "shape", ["list", "object", "string", "strings", "wrapped", "key", "null $ref", "null display"]
)
def test_a_member_may_be_added_in_many_shapes(patched, members, op, shape):
    joins = UserFactory.create()
    values = {
        "list": [member(joins)],
        "object": member(joins),
        "string": id_of(joins),
        "strings": [id_of(joins)],
        "wrapped": {"members": [member(joins)]},
        "null $ref": [{"$ref": None, "value": id_of(joins)}],
        "null display": [{"value": id_of(joins), "display": None, "type": "User"}],
    }
    operation = {"op": op, "path": "members", "value": values.get(shape)}
    if shape == "key":
        operation = {"op": op, "value": {"members": [member(joins)]}}

    assert patched(operation) == {*members, joins}


def test_a_user_who_does_not_exist_cannot_be_added_to_a_group(scim, guides, members):
    operation = {"op": "Add", "path": "members", "value": ["26118915-6090-4610-87e4-49d8ca9f808d"]}

    response = scim.patch(path_of(guides), operation)

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert set(guides.user_set.all()) == set(members)


# Replacing


@pytest.mark.parametrize("value", [[], None, ""], ids=["empty list", "null", "empty string"])
@pytest.mark.parametrize("with_path", [True, False])
def test_replacing_the_members_with_nothing_empties_the_group(patched, value, with_path):
    operation = {"op": "replace", "path": "members", "value": value}
    if not with_path:
        operation = {"op": "replace", "value": {"members": value}}

    assert patched(operation) == set()


def test_replacing_the_members_leaves_exactly_those(patched, members):
    first, second, _ = members
    joins = UserFactory.create()

    after = patched(
        {"op": "replace", "path": "members", "value": [id_of(first), id_of(second), id_of(joins)]}
    )

    assert after == {first, second, joins}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "displayName", "value": "Guides"},
        {"op": "replace", "value": {"displayName": "Guides"}},
        {"op": "replace", "value": {"id": "another", "displayName": "Guides"}},
    ],
    ids=["path", "key", "with the id"],
)
def test_a_rename_of_a_group_does_not_touch_the_members(patched, guides, members, operation):
    assert patched(operation) == set(members)
    guides.refresh_from_db()
    assert guides.name == "Guides"


# Bodies


@pytest.mark.parametrize("shape", ["object", "string", "strings", "null display"])
def test_a_new_group_may_have_its_members_in_many_shapes(scim, members, shape):
    first, *_ = members
    values = {
        "object": member(first),
        "string": id_of(first),
        "strings": [id_of(first)],
        "null display": [{"value": id_of(first), "display": None}],
    }

    response = scim.post("/Groups", group("Guides", members=values[shape]))

    assert response.status_code == 201, response.json()
    assert [found["value"] for found in response.json()["members"]] == [id_of(first)]
    assert list(Group.objects.get(name="Guides").user_set.all()) == [first]


def test_a_put_replaces_the_whole_membership_whatever_the_display_is(scim, guides, members):
    first, *_ = members
    joins = UserFactory.create()
    body = {
        **scim.get(path_of(guides)).json(),
        "members": [{"value": id_of(row), "display": None} for row in (first, joins)],
    }

    response = scim.put(path_of(guides), body)

    assert response.status_code == 200
    assert set(guides.user_set.all()) == {first, joins}


@pytest.mark.parametrize("value", [[], None, ""], ids=["empty list", "null", "empty string"])
def test_a_put_of_a_group_with_no_members_empties_it(scim, guides, value):
    assert scim.put(path_of(guides), group("Tour Guides", members=value)).status_code == 200
    assert not guides.user_set.exists()


@pytest.mark.parametrize(
    "value",
    [{}, [{}], [None], [""], [{"value": ""}], [{"value": None}], [{"display": "Babs"}], [{"$ref": None}]],
    ids=str,
)
def test_a_member_that_is_nobody_never_empties_a_group(scim, guides, members, value):
    for response in (
        scim.put(path_of(guides), group("Tour Guides", members=value)),
        scim.patch(path_of(guides), {"op": "replace", "path": "members", "value": value}),
        scim.patch(path_of(guides), {"op": "replace", "value": {"members": value}}),
    ):
        assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert scim.post("/Groups", group("Drivers", members=value)).status_code == 400
    assert set(guides.user_set.all()) == set(members)
