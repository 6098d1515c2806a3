"""Members that a relation cannot hold: nested groups, and members of another type than they say."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from tests.assertions import assert_scim_error
from tests.factories import GroupFactory, UserFactory
from tests.operations.patch_operations import add, replace
from tests.operations.responses import last_event, stored
from tests.representations import GROUP, group, id_of, member, path_of


@pytest.fixture
def account(db):
    """Who is a member of all groups here."""
    return UserFactory.create()


@pytest.fixture(params=["by id", "by type", "by $ref"])
def nested(request, db):
    """A group among members, as clients name it."""
    identifier = id_of(GroupFactory.create(name="Inner"))
    return {
        "by id": {"value": identifier},
        "by type": {"value": "unknown", "type": "group"},
        "by $ref": {"$ref": "https://testserver/scim/v2/Groups/unknown"},
    }[request.param]


def post(scim, values):
    return scim.post("/Groups", group("Outer", members=values))


def put(scim, values):
    return scim.put(path_of(GroupFactory.create(name="Outer")), group("Outer", members=values))


def patch_add(scim, values):
    return scim.patch(path_of(GroupFactory.create(name="Outer")), add("members", values))


def patch_replace(scim, values):
    return scim.patch(path_of(GroupFactory.create(name="Outer")), replace("members", values))


@pytest.fixture(params=[post, put, patch_add, patch_replace])
def send(request):
    """All ways to write members."""
    return request.param


def test_a_nested_group_is_left_out_and_the_users_are_members(scim, send, account, nested):
    response = send(scim, [member(account), nested])

    assert response.status_code in (200, 201, 204)
    assert [*Group.objects.get(name="Outer").user_set.all()] == [account]
    assert "left out of members: a Group has no place for a Group here" in last_event().detail


def test_a_nested_group_is_refused_with_the_whole_request_where_the_setting_says_so(
    scim, settings, send, account, nested
):
    settings.DJANGO_SCIM = {"NESTED_GROUPS": "forbid"}

    response = send(scim, [member(account), nested])

    assert "has no place for a Group" in assert_scim_error(response, 400, "invalidValue")
    assert not Group.objects.filter(name="Outer", user__isnull=False).exists()


def test_a_member_that_is_nobody_is_refused_beside_a_nested_group(scim, send, account, nested):
    response = send(scim, [member(account), nested, {"value": "nobody"}])

    assert "there is no User with the id 'nobody'" in assert_scim_error(response, 400, "invalidValue")


@pytest.mark.parametrize("kind", ["Group", "Person", "direct"])
def test_a_member_of_another_type_than_it_says_is_refused(scim, send, account, kind):
    response = send(scim, [{**member(account), "type": kind}])

    assert f"is no {kind}" in assert_scim_error(response, 400, "invalidValue")


@pytest.mark.parametrize("kind", ["User", "user", "", None])
def test_a_member_of_the_type_that_it_says_is_a_member(scim, send, account, kind):
    send(scim, [{**member(account), "type": kind}])

    assert [*Group.objects.get(name="Outer").user_set.all()] == [account]


def test_a_removal_does_not_ask_for_the_type(scim, account):
    row = GroupFactory.create()
    row.user_set.add(account)

    scim.patch(
        path_of(row), {"op": "remove", "path": "members", "value": [{**member(account), "type": "Group"}]}
    )

    assert not row.user_set.exists()


def test_a_refused_type_changes_nothing(scim, account):
    before = stored()

    scim.post(
        "/Groups", {"schemas": [GROUP], "displayName": "x", "members": [{**member(account), "type": "X"}]}
    )

    assert stored() == before
