"""Answers that identity providers rely on."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.assertions import assert_scim_error
from tests.factories import GroupFactory, UserFactory
from tests.representations import group, id_of, member, path_of, user

# Groups


def test_an_empty_group_has_an_empty_list_of_members(scim):
    created = scim.post("/Groups", group("Tour Guides"))
    path = f"/Groups/{created.json()['id']}"

    assert created.json()["members"] == []
    assert scim.get(path).json()["members"] == []
    assert scim.get("/Groups").json()["Resources"][0]["members"] == []
    assert scim.get(path, {"attributes": "members"}).json()["members"] == []
    assert scim.get(path, {"attributes": "members.value"}).json()["members"] == []
    assert scim.put(path, group("Guides")).json()["members"] == []
    assert (
        scim.request("PATCH", f"{path}?attributes=members", [{"op": "remove", "path": "members"}]).json()[
            "members"
        ]
        == []
    )


def test_a_group_that_scim_has_never_touched_has_an_empty_list_of_members_too(scim):
    assert scim.get(path_of(GroupFactory.create())).json()["members"] == []


def test_a_user_without_groups_has_no_groups_attribute(scim):
    assert "groups" not in scim.get(path_of(UserFactory.create())).json()


@pytest.mark.parametrize("query", [{"excludedAttributes": "members"}, {"attributes": "displayName"}])
def test_members_that_are_not_asked_for_are_neither_answered_nor_fetched(scim, query):
    guides = GroupFactory.create()
    guides.user_set.add(UserFactory.create())
    table = User.groups.through._meta.db_table

    for path in (path_of(guides), "/Groups"):
        with CaptureQueriesContext(database) as queries:
            response = scim.get(path, query)
        body = response.json()
        assert "members" not in (body["Resources"][0] if path == "/Groups" else body)
        assert not [query["sql"] for query in queries if table in query["sql"]]


def test_a_patch_of_a_group_is_answered_without_a_body_that_has_its_members(scim):
    response = scim.patch(
        path_of(GroupFactory.create()), {"op": "Replace", "path": "displayName", "value": "A"}
    )

    assert response.status_code == 204
    assert response.content == b""
    assert response["ETag"]


def test_a_patch_of_a_user_is_answered_with_the_user(scim):
    row = UserFactory.create(username="bjensen")

    response = scim.patch(path_of(row), {"op": "Replace", "path": "active", "value": "False"})

    assert response.status_code == 200
    assert response.json()["userName"] == "bjensen"
    assert response.json()["active"] is False


# Users


@pytest.mark.parametrize("active", [True, False])
def test_the_names_of_a_user_are_echoed_in_every_answer(scim, active):
    sent = {
        "userName": "bjensen",
        "displayName": "Babs",
        "name": {"givenName": "Barbara", "familyName": "Jensen", "formatted": "Barbara Jensen"},
        "active": active,
    }
    created = scim.post("/Users", {**user(), **sent})
    identifier = created.json()["id"]
    path = f"/Users/{identifier}"

    answers = [
        created.json(),
        scim.get(path).json(),
        scim.get("/Users", {"filter": 'userName eq "bjensen"'}).json()["Resources"][0],
        scim.put(path, {**user(), **sent}).json(),
        scim.patch(path, {"op": "add", "path": "title", "value": "Guide"}).json(),
    ]

    for answer in answers:
        assert {"id": identifier, **sent}.items() <= answer.items()


def test_an_inactive_user_keeps_the_memberships(scim):
    row = UserFactory.create()
    guides = GroupFactory.create()
    guides.user_set.add(row)

    scim.patch(path_of(row), {"op": "Replace", "path": "active", "value": "False"})

    assert [found["value"] for found in scim.get(path_of(guides)).json()["members"]] == [id_of(row)]
    assert scim.get("/Groups", {"filter": f'members eq "{id_of(row)}"'}).json()["totalResults"] == 1
    joins = GroupFactory.create()
    assert (
        scim.patch(path_of(joins), {"op": "Add", "path": "members", "value": [member(row)]}).status_code
        == 204
    )
    assert list(joins.user_set.all()) == [row]


# Errors


@pytest.mark.parametrize("taken", ["bjensen@example.com", "BJensen@Example.com"])
def test_a_user_name_that_is_taken_in_any_case_is_a_conflict(scim, taken):
    UserFactory.create(username="bjensen@example.com")
    other = path_of(UserFactory.create())

    for response in (
        scim.post("/Users", user(taken)),
        scim.put(other, user(taken)),
        scim.patch(other, {"op": "Replace", "path": "userName", "value": taken}),
        scim.patch(other, {"op": "replace", "value": {"userName": taken}}),
    ):
        assert_scim_error(response, 409, "uniqueness")


@pytest.mark.parametrize("taken", ["Tour Guides", "tour guides"])
def test_the_name_of_a_group_that_is_taken_is_a_conflict(scim, taken):
    GroupFactory.create(name="Tour Guides")
    other = path_of(GroupFactory.create())

    for response in (
        scim.post("/Groups", group(taken)),
        scim.put(other, group(taken)),
        scim.patch(other, {"op": "Replace", "path": "displayName", "value": taken}),
        scim.patch(other, {"op": "replace", "value": {"displayName": taken}}),
    ):
        assert_scim_error(response, 409, "uniqueness")
    assert Group.objects.count() == 2


@pytest.mark.parametrize("authorization", ["", "Bearer nonsense", "Basic bmFtZTpwYXNzd29yZA=="])
def test_a_request_without_a_valid_token_is_answered_with_an_error_body(scim, authorization):
    response = scim.get("/Users", Authorization=authorization)

    assert_scim_error(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")
