"""Groups mapped onto models of the host: with roles, nested, and by a model in between."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.signals import post_save

from django_scim.models import ProvisioningEvent
from tests.factories import UserFactory
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.hosts.teams.models import Membership, Seat, Squad, Team
from tests.representations import group, id_of, member, path_of, user


def add(*rows: Any) -> dict[str, Any]:
    """Return the operation that adds members."""
    return {"op": "add", "path": "members", "value": [member(row) for row in rows]}


@pytest.fixture
def people(db: None) -> list[User]:
    """Three people."""
    return UserFactory.create_batch(3)


@pytest.fixture
def team(people: list[User]) -> Team:
    """A team with a leader and a member."""
    team = Team.objects.create(name="Guides")
    for person, role in zip(people, ("leader", "member"), strict=False):
        Membership.objects.create(team=team, person=person, role=role)
    return team


def test_new_members_of_a_team_get_the_role_of_the_mapping(scim, people):
    scim.post("/Groups", group("Guides", members=[member(people[0])]))

    assert Membership.objects.get().role == "member"


def test_a_leader_who_stays_in_a_team_stays_the_leader(scim, team, people):
    before = Membership.objects.get(role="leader").pk
    scim.put(path_of(team), group("Guides", members=[member(people[0]), member(people[2])]))

    assert Membership.objects.get(role="leader").pk == before
    assert set(team.people.all()) == {people[0], people[2]}


def test_adding_a_member_twice_changes_nothing(scim, team, people):
    scim.patch(path_of(team), add(people[1]))

    assert Membership.objects.filter(person=people[1]).count() == 1


def test_a_team_holds_teams(scim, team, people):
    other = Team.objects.create(name="Drivers")
    response = scim.patch(path_of(team), add(people[2], other))

    assert response.status_code == 204, response.content
    assert list(team.subteams.all()) == [other]
    assert people[2] in team.people.all()


def test_members_of_one_type_can_be_filtered_and_removed(scim, team):
    other = Team.objects.create(name="Drivers")
    team.subteams.add(other)

    found = scim.get("/Groups", {"filter": 'members[type eq "Group"]'}).json()
    assert [resource["displayName"] for resource in found["Resources"]] == ["Guides"]
    scim.patch(path_of(team), {"op": "remove", "path": 'members[type eq "Group"]'})
    assert not team.subteams.exists()
    assert team.people.count() == 2


def test_members_of_a_team_say_what_type_they_are(scim, team, people):
    other = Team.objects.create(name="Drivers")
    team.subteams.add(other)

    members = scim.get(path_of(team)).json()["members"]
    assert {(value["type"], value["value"]) for value in members} == {
        ("User", id_of(people[0])),
        ("User", id_of(people[1])),
        ("Group", id_of(other)),
    }
    assert all(value["$ref"].endswith(value["value"]) for value in members)


def test_replacing_the_members_of_a_team_replaces_those_of_each_type(scim, team, people):
    old, new = Team.objects.create(name="Old"), Team.objects.create(name="New")
    team.subteams.add(old)
    scim.put(path_of(team), group("Guides", members=[member(people[2]), member(new)]))

    assert (list(team.people.all()), list(team.subteams.all())) == ([people[2]], [new])


def test_the_history_tells_the_types_of_members_apart(scim, team):
    other = Team.objects.create(name="Drivers")
    scim.patch(path_of(team), add(other))

    changes = ProvisioningEvent.objects.get().changes
    assert changes == {'members[type eq "Group"]': {"added": [id_of(other)]}}


def test_a_user_shows_the_teams_that_it_is_in(scim, team, people):
    (found,) = scim.get(path_of(people[0])).json()["groups"]

    assert (found["value"], found["display"], found["type"]) == (id_of(team), "Guides", "direct")


def test_a_group_is_refused_as_a_member_where_only_people_can_be(scim, team):
    squad = Squad.objects.create(name="Crew")
    response = scim.patch(path_of(squad), add(team))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert not Seat.objects.exists()


def test_a_model_between_teams_and_people_is_enough_of_a_relation(scim, people):
    squad = Squad.objects.create(name="Crew")
    scim.patch(path_of(squad), add(*people))
    scim.patch(path_of(squad), {"op": "remove", "path": f'members[value eq "{id_of(people[0])}"]'})

    assert set(Seat.objects.values_list("person_id", flat=True)) == {people[1].pk, people[2].pk}
    found = scim.get("/Squads", {"filter": f'members eq "{id_of(people[1])}"'}).json()
    assert found["totalResults"] == 1


@pytest.mark.parametrize("make", [lambda team, person: Membership.objects.create(team=team, person=person)])
def test_a_membership_that_the_project_makes_is_a_new_version_of_the_team(scim, team, people, make):
    before = scim.get(path_of(team))["ETag"]
    make(team, people[2])

    assert scim.get(path_of(team))["ETag"] != before


def test_a_user_who_leaves_the_project_is_a_new_version_of_the_team(scim, team, people):
    before = scim.get(path_of(team))["ETag"]
    people[0].delete()

    assert scim.get(path_of(team))["ETag"] != before


@pytest.mark.parametrize("way", ["row", "relation"])
def test_a_membership_that_the_project_gives_is_there_again_with_its_role(scim, way):
    everybody = Team.objects.create(name="Everybody")

    def give(sender, instance, created, **kwargs):
        if created and way == "row":
            Membership.objects.create(team=everybody, person=instance, role="guest")
        elif created:
            instance.teams.add(everybody, through_defaults={"role": "guest"})

    post_save.connect(give, sender=User)
    try:
        made = scim.post("/Users", user("dora", externalId="4"))
        scim.delete(f"/Users/{made.json()['id']}")
        assert not Membership.objects.exists()
        before = scim.get(path_of(everybody))["ETag"]
        response = scim.post("/Users", user("dora", externalId="4"))
    finally:
        post_save.disconnect(give, sender=User)

    assert [each["value"] for each in response.json()["groups"]] == [id_of(everybody)]
    assert Membership.objects.get().role == "guest"
    assert scim.get(path_of(everybody))["ETag"] != before
