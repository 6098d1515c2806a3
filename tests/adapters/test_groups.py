"""``GroupAdapter`` finds the relation between the groups and the users of a project, on either side of it."""

from __future__ import annotations

import pytest

from django_scim.models import Record
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small.models import Account, Team
from tests.representations import group, id_of, member, path_of

ADAPTERS = "tests.hosts.small.adapters"


@pytest.fixture
def teams(settings):
    """Serve teams that have a relation to their accounts, and one to their owners."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            "User": {"adapter": f"{ADAPTERS}.AccountAdapter"},
            "Group": {"adapter": f"{ADAPTERS}.TeamAdapter"},
        }
    }


def test_a_stock_group_has_a_name_and_the_users_that_are_in_it(scim):
    guides = GroupFactory.create(name="Tour Guides")
    account = UserFactory.create(username="bjensen")
    account.groups.add(guides)
    document = scim.get(path_of(guides)).json()

    assert document["displayName"] == "Tour Guides"
    assert [(value["value"], value["type"]) for value in document["members"]] == [(id_of(account), "User")]


def test_a_user_shows_the_groups_it_is_in(scim):
    guides = GroupFactory.create(name="Tour Guides")
    account = UserFactory.create()
    account.groups.add(guides)
    (value,) = scim.get(path_of(account)).json()["groups"]

    assert (value["value"], value["display"], value["type"]) == (id_of(guides), "Tour Guides", "direct")


def test_a_relation_to_users_that_the_groups_declare_is_found(scim, teams):
    account = Account.objects.create(email="bjensen@example.com")
    created = scim.post("/Groups", group("Tour Guides", members=[member(account)])).json()

    team = Team.objects.get()
    assert team.name == "Tour Guides"
    assert [*team.members.all()] == [account]
    assert [value["value"] for value in created["members"]] == [id_of(account)]


def test_a_relation_with_a_usual_name_is_taken_of_several(scim, teams):
    account = Account.objects.create(email="bjensen@example.com")
    scim.post("/Groups", group("Tour Guides", members=[member(account)]))

    assert not Team.objects.get().owners.exists()


def test_a_user_shows_the_groups_of_another_model_from_the_other_side(scim, teams):
    account = Account.objects.create(email="bjensen@example.com")
    member_of, owned = Team.objects.create(name="Guides"), Team.objects.create(name="Owners")
    member_of.members.add(account)
    owned.owners.add(account)

    assert [value["value"] for value in scim.get(path_of(account)).json()["groups"]] == [id_of(member_of)]


def test_members_of_another_model_are_changed_by_patch(scim, teams):
    first = Account.objects.create(email="bjensen@example.com")
    second = Account.objects.create(email="jsmith@example.com")
    team = Team.objects.create(name="Guides")
    team.members.add(first)
    response = scim.patch(
        path_of(team),
        {"op": "remove", "path": f'members[value eq "{id_of(first)}"]'},
        {"op": "add", "path": "members", "value": [member(second)]},
    )

    assert response.status_code in (200, 204)
    assert [*team.members.all()] == [second]


def test_groups_of_another_model_than_the_users_have_are_no_mistake(scim, settings):
    """The stock user has a relation to the stock groups, which are not served here."""
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"adapter": f"{ADAPTERS}.TeamAdapter"}}}
    account = UserFactory.create()
    account.groups.add(GroupFactory.create())

    assert "groups" not in scim.get(path_of(account)).json()


def test_a_group_model_that_no_relation_leads_to_keeps_the_members_for_scim(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"adapter": f"{ADAPTERS}.TeamAdapter"}}}
    members = [member(UserFactory.create())]
    created = scim.post("/Groups", group(members=members)).json()

    assert [value["value"] for value in created["members"]] == [members[0]["value"]]
    assert Record.objects.get().attributes["members"]


def test_a_project_may_serve_no_groups(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": None}}
    account = UserFactory.create()
    account.groups.add(GroupFactory.create())

    assert scim.get("/Groups").status_code == 404
    assert "groups" not in scim.get(path_of(account)).json()
    assert [kind["name"] for kind in scim.get("/ResourceTypes").json()["Resources"]] == ["User"]


def test_a_project_may_serve_groups_alone(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": None}}
    guides = GroupFactory.create(name="Tour Guides")
    UserFactory.create().groups.add(guides)
    document = scim.get(path_of(guides)).json()

    assert scim.get("/Users").status_code == 404
    assert document["displayName"] == "Tour Guides"
    assert not document.get("members")
