"""Filters on what other resources a resource is related to."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User

from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.reading import Reader
from tests.representations import id_of, path_of


@pytest.fixture
def guides(db) -> Group:
    """A group of two."""
    group = GroupFactory.create(name="Tour Guides")
    group.user_set.set([UserFactory.create(username="babs"), UserFactory.create(username="john")])
    return group


@pytest.fixture
def editors(guides: Group) -> Group:
    """A group of one, who is in the other too; there is a user in no group, and a group of nobody."""
    group = GroupFactory.create(name="Editors")
    group.user_set.add(User.objects.get(username="babs"))
    UserFactory.create(username="loner")
    GroupFactory.create(name="Empty")
    return group


@pytest.mark.usefixtures("editors")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('groups.display eq "tour guides"', ["babs", "john"]),
        ('groups.display sw "EDIT"', ["babs"]),
        ('groups.display co "o"', ["babs", "john"]),
        ('groups[display eq "Editors" and type eq "direct"]', ["babs"]),
        ('groups[display eq "Editors"] and groups[display eq "Tour Guides"]', ["babs"]),
        ('groups[display eq "Editors" and display eq "Tour Guides"]', []),
        ('groups.display ne "Editors"', ["john", "loner"]),
        ('not (groups.display eq "Editors")', ["john", "loner"]),
        ("groups pr", ["babs", "john"]),
        ("not (groups pr)", ["loner"]),
        ("groups eq null", ["loner"]),
        ("groups.value pr", ["babs", "john"]),
        ('groups.type eq "direct"', ["babs", "john"]),
        ('groups.type eq "indirect"', []),
        ('groups.display sw "tour" and userName ne "john"', ["babs"]),
    ],
)
def test_users_are_found_by_the_groups_that_they_are_in(users: Reader, filter, found):
    assert users.names(filter) == found


def test_users_are_found_by_the_id_of_a_group(users: Reader, guides, editors):
    assert users.names(f'groups eq "{id_of(editors)}"') == ["babs"]
    assert users.names(f'groups.value eq "{id_of(guides)}"') == ["babs", "john"]
    assert users.names(f'groups[value eq "{id_of(editors)}"]') == ["babs"]
    assert users.names(f'groups.value ne "{id_of(editors)}"') == ["john", "loner"]
    assert users.names(f'groups.value eq "{id_of(editors).upper()}"') == []
    assert users.names('groups.value eq "nonsense"') == []
    assert users.names('groups.value ne "nonsense"') == ["babs", "john", "loner"]


def test_groups_are_found_by_their_members(groups: Reader, guides, editors):
    babs, john = (User.objects.get(username=name) for name in ("babs", "john"))

    assert groups.names(f'members eq "{id_of(john)}"') == ["Tour Guides"]
    assert groups.names(f'members.value eq "{id_of(babs)}"') == ["Tour Guides", "Editors"]
    assert groups.names(f'members[value eq "{id_of(babs)}" and type eq "User"]') == ["Tour Guides", "Editors"]
    assert groups.names(f'members[value eq "{id_of(babs)}" and type eq "Group"]') == []
    assert groups.names(f'members.value ne "{id_of(john)}"') == ["Editors", "Empty"]
    assert groups.names(f'displayName sw "tour" and members[value eq "{id_of(babs)}"]') == ["Tour Guides"]
    assert groups.names('members.display eq "JOHN"') == ["Tour Guides"]
    assert groups.names("members pr") == ["Tour Guides", "Editors"]
    assert groups.names("not (members pr)") == ["Empty"]


def test_a_user_who_is_deleted_is_a_member_to_no_filter(scim: ScimClient, groups: Reader, guides):
    john = User.objects.get(username="john")
    scim.delete(path_of(john))
    guides.user_set.add(john)  # The host keeps the row, and may do what it wants with it.

    assert groups.names(f'members eq "{id_of(john)}"') == []
    assert groups.names('members.display eq "john"') == []


def test_a_group_that_is_deleted_has_no_members_to_a_filter(scim: ScimClient, users: Reader, guides):
    scim.delete(path_of(guides))

    assert users.names("groups pr") == []


@pytest.mark.usefixtures("editors")
@pytest.mark.parametrize("operator", ["co", "sw", "ew", "gt", "ge", "lt", "le"])
def test_a_filter_takes_the_id_of_a_member_as_opaque(users: Reader, groups: Reader, operator):
    assert users.refusal(filter=f'id {operator} "a"') == "invalidFilter"
    assert users.refusal(filter=f'groups.value {operator} "a"') == "invalidFilter"
    assert groups.refusal(filter=f'members[value {operator} "a"]') == "invalidFilter"
