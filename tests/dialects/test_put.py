"""PUT with what the client has read before, and with what it leaves out (RFC 7644 section 3.5.1)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.factories import GroupFactory, UserFactory
from tests.representations import ENTERPRISE, USER, group, path_of


@pytest.fixture
def barbara(scim) -> User:
    row = UserFactory.create(username="bjensen@example.com", email="bjensen@example.com")
    GroupFactory.create(name="Tour Guides").user_set.add(row)
    body = {
        "schemas": [USER],
        "userName": row.username,
        "externalId": "701984",
        "name": {"givenName": "Barbara", "familyName": "Jensen"},
        "emails": [{"value": row.email, "type": "work", "primary": True}],
        "title": "Guide",
        ENTERPRISE: {"department": "Tours"},
    }
    assert scim.put(path_of(row), body).status_code == 200
    return row


def test_a_put_of_the_answer_to_a_get_changes_nothing(scim, barbara):
    before = scim.get(path_of(barbara)).json()
    assert before["groups"]

    response = scim.put(path_of(barbara), before)

    assert response.status_code == 200
    assert response.json() == before
    assert barbara.groups.count() == 1


def test_a_put_ignores_read_only_attributes_whatever_they_are(scim, barbara):
    before = scim.get(path_of(barbara)).json()
    echo = {**before, "id": "another", "meta": {"resourceType": "Group", "version": None}, "groups": []}

    response = scim.put(path_of(barbara), echo)

    assert response.status_code == 200
    assert response.json()["id"] == before["id"]
    assert response.json()["groups"] == before["groups"]
    assert barbara.groups.count() == 1


def test_a_put_with_nulls_clears_attributes(scim, barbara):
    echo = {
        **scim.get(path_of(barbara)).json(),
        "title": None,
        "externalId": None,
        "nickName": None,
        "emails": None,
        "name": {"givenName": "Barbara", "familyName": None, "middleName": None},
        ENTERPRISE: {"department": None, "manager": None},
    }

    document = scim.put(path_of(barbara), echo).json()

    assert not {"title", "externalId", "nickName", "emails", ENTERPRISE} & document.keys()
    assert document["name"] == {"givenName": "Barbara"}
    barbara.refresh_from_db()
    assert barbara.email == ""


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("active", ["left out", None, ""], ids=str)
def test_a_put_keeps_active_where_the_body_does_not_say(scim, barbara, is_active, active):
    User.objects.filter(pk=barbara.pk).update(is_active=is_active)
    echo = scim.get(path_of(barbara)).json()
    if active == "left out":
        del echo["active"]
    else:
        echo["active"] = active

    document = scim.put(path_of(barbara), echo).json()

    assert document["active"] is is_active
    barbara.refresh_from_db()
    assert barbara.is_active is is_active


@pytest.mark.parametrize("active", [False, "False", "false"])
def test_a_put_deactivates_an_account(scim, barbara, active):
    echo = {**scim.get(path_of(barbara)).json(), "active": active}

    assert scim.put(path_of(barbara), echo).json()["active"] is False
    barbara.refresh_from_db()
    assert barbara.is_active is False


def test_a_put_of_the_answer_to_a_get_of_a_group_changes_nothing(scim, barbara):
    guides = barbara.groups.get()
    before = scim.get(path_of(guides)).json()

    response = scim.put(path_of(guides), before)

    assert response.json() == before
    assert list(guides.user_set.all()) == [barbara]


def test_a_put_renames_a_group_and_keeps_the_members_that_it_has(scim, barbara):
    guides = barbara.groups.get()
    members = scim.get(path_of(guides)).json()["members"]

    response = scim.put(path_of(guides), group("Guides", id="another", members=members))

    assert response.json()["displayName"] == "Guides"
    assert list(guides.user_set.all()) == [barbara]
