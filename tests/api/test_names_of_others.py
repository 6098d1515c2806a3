"""What a token that is limited to one resource type learns of the names of another: nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small.models import Person, Profile
from tests.representations import group, id_of, member, path_of


@pytest.fixture
def barbara(db) -> User:
    """Somebody in a group."""
    return UserFactory.create(username="barbara")


@pytest.fixture
def guides(barbara) -> Group:
    """The group."""
    guides = GroupFactory.create(name="Guides")
    guides.user_set.add(barbara)
    return guides


@pytest.fixture
def of_groups(connection) -> ScimClient:
    """A client whose token is for groups."""
    return ScimClient(connection, "read", "write", "groups")


@pytest.fixture
def of_users(connection) -> ScimClient:
    """A client whose token is for users."""
    return ScimClient(connection, "read", "write", "users")


def found(response: Any) -> int:
    assert response.status_code == 200, response.content
    number: int = response.json()["totalResults"]
    return number


class TestATokenForGroups:
    """Groups have the names of their members."""

    def test_reads_members_without_their_names(self, of_groups, guides, barbara):
        asked = {"attributes": "members.value,members.display"}

        (entry,) = of_groups.get(path_of(guides), asked).json()["members"]

        assert entry == {"value": id_of(barbara)}

    def test_lists_members_without_their_names_after_another_token_has_read_them(
        self, scim, of_groups, guides
    ):
        asked = {"attributes": "members.display"}

        with_names = scim.get("/Groups", asked).json()["Resources"]
        without = of_groups.get("/Groups", asked).json()["Resources"]

        assert with_names[0]["members"] == [{"display": "barbara"}]
        assert not without[0].get("members")
        assert scim.get("/Groups", asked).json()["Resources"] == with_names

    def test_gets_no_names_for_what_it_writes(self, of_groups, barbara):
        asked = "?attributes=members.value,members.display"

        made = of_groups.post(f"/Groups{asked}", group("Guides", members=[member(barbara)])).json()
        path = f"/Groups/{made['id']}{asked}"
        replaced = of_groups.put(path, group("Guides", members=[member(barbara)])).json()
        changed = of_groups.patch(path, {"op": "replace", "path": "displayName", "value": "Guards"}).json()

        for document in (made, replaced, changed):
            assert document["members"] == [member(barbara)]

    @pytest.mark.parametrize(
        "expression",
        [
            'members.display eq "barbara"',
            'members.display sw "b"',
            'members[display co "arb"]',
            'members[display gt "a"]',
            "members.display pr",
            'not (members.display ne "barbara")',
        ],
    )
    def test_finds_no_group_by_the_name_of_a_member(self, scim, of_groups, guides, expression):
        assert found(scim.get("/Groups", {"filter": expression})) == 1
        assert found(of_groups.get("/Groups", {"filter": expression})) == 0

    def test_finds_no_group_at_the_root_by_the_name_of_a_member(self, of_groups, guides):
        assert found(of_groups.get("/", {"filter": 'members.display eq "barbara"'})) == 0

    @pytest.mark.parametrize("order", ["ascending", "descending"])
    @pytest.mark.parametrize("paging", [{}, {"cursor": ""}])
    def test_gets_no_order_by_the_names_of_members(self, of_groups, db, order, paging):
        names = ["b", "c", "a"]
        for name in names:
            GroupFactory.create(name=name).user_set.add(UserFactory.create(username=name))

        answer = of_groups.get("/Groups", {"sortBy": "members.display", "sortOrder": order, **paging})

        assert [each["displayName"] for each in answer.json()["Resources"]] == names

    def test_removes_no_member_by_a_name(self, of_groups, guides):
        of_groups.patch(path_of(guides), {"op": "remove", "path": 'members[display eq "barbara"]'})

        assert guides.user_set.exists()

    def test_gets_no_names_in_a_bulk_job(self, of_groups, guides, barbara):
        operation = {
            "method": "PATCH",
            "path": path_of(guides),
            "data": {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "remove", "path": 'members[display eq "barbara"]'}],
            },
        }
        of_groups.post(
            "/Bulk",
            {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [operation]},
        )

        assert guides.user_set.exists()


class TestATokenForUsers:
    """Users have the names of their groups."""

    def test_reads_groups_without_their_names(self, of_users, guides, barbara):
        (entry,) = of_users.get(path_of(barbara)).json()["groups"]

        assert entry["value"] == id_of(guides)
        assert "display" not in entry

    @pytest.mark.parametrize("expression", ['groups.display eq "Guides"', 'groups[display sw "G"]'])
    def test_finds_no_user_by_the_name_of_a_group(self, scim, of_users, guides, expression):
        assert found(scim.get("/Users", {"filter": expression})) == 1
        assert found(of_users.get("/Users", {"filter": expression})) == 0


class TestATokenForATypeThatRefersToAnother:
    """A reference has the name of what it leads to."""

    @pytest.fixture(autouse=True)
    def owned(self, settings, db) -> None:
        settings.DJANGO_SCIM = {
            "RESOURCES": {
                "User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"},
                "Profile": {"adapter": "tests.hosts.small.adapters.ProfileAdapter"},
            }
        }
        boss = Person.objects.create(login="boss")
        Profile.objects.create(person=Person.objects.create(login="barbara"), title="Guide", manager=boss)

    def test_reads_the_reference_without_the_name(self, scim, connection):
        limited = ScimClient(connection, "read", "profiles")

        (full,) = scim.get("/Profiles").json()["Resources"]
        (part,) = limited.get("/Profiles").json()["Resources"]

        assert full["owner"]["displayName"] == "boss"
        assert part["owner"] == {key: value for key, value in full["owner"].items() if key != "displayName"}

    def test_finds_nothing_by_the_name(self, scim, connection):
        limited = ScimClient(connection, "read", "profiles")
        query = {"filter": 'owner.displayName eq "boss"'}

        assert found(scim.get("/Profiles", query)) == 1
        assert found(limited.get("/Profiles", query)) == 0
