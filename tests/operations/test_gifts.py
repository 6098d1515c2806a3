"""What the project gives to each new account by itself, and gives once: ``post_save`` says it of no other."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db.models.signals import post_save

from django_scim.models import Record
from django_scim.operations.staff import Restore
from tests.factories import GroupFactory, managed
from tests.operations.acting_staff import by_alice
from tests.operations.patch_operations import add, remove
from tests.operations.responses import last_event
from tests.representations import group, id_of, member, path_of, user

SERVED: dict[str, object] = {
    "as Django has it": {},
    "no groups": {"RESOURCES": {"Group": None}},
    "groups that are no attribute": {"RESOURCES": {"User": {"attributes": {"groups": None}}}},
}


@pytest.fixture(params=list(SERVED.values()), ids=list(SERVED))
def served(request, settings):
    """What a project may serve."""
    settings.DJANGO_SCIM = request.param


@pytest.fixture(params=["from the account", "from the group"])
def everybody(request, db):
    """The group that the project puts each new account in, from either side of the relation."""
    default = GroupFactory.create(name="Everybody")

    def give(sender, instance, created, **kwargs):
        if created and request.param == "from the account":
            instance.groups.add(default)
        elif created:
            default.user_set.add(instance)

    post_save.connect(give, sender=User)
    yield default
    post_save.disconnect(give, sender=User)


@pytest.fixture
def dora(scim, everybody):
    """The row of an account that the project has put in the group."""
    scim.post("/Users", user("dora", externalId="4"))
    return User.objects.get()


def hire_again(scim):
    """Make the account again; return its row."""
    response = scim.post("/Users", user("dora", externalId="4"))
    assert response.status_code == 201, response.content
    return User.objects.get()


def test_a_default_group_is_there_again_for_somebody_hired_again(served, scim, dora, everybody):
    scim.delete(path_of(dora))
    assert not dora.groups.exists()

    for _ in range(2):
        assert list(hire_again(scim).groups.all()) == [everybody]
        scim.delete(f"/Users/{Record.objects.get(resource_type='User').reissued_id}")
        assert not dora.groups.exists()


def test_a_default_group_that_is_there_again_is_in_the_answer_and_the_history(scim, dora, everybody):
    scim.delete(path_of(dora))

    response = scim.post("/Users", user("dora", externalId="4"))

    assert [each["value"] for each in response.json()["groups"]] == [id_of(everybody)]
    assert "given again, as the project did at first: 1 of groups" in last_event().detail
    assert last_event().changes["groups"]["added"] == [id_of(everybody)]


def test_a_default_group_that_grants_permissions_is_there_again_as_it_is_for_who_is_new(
    scim, dora, everybody
):
    everybody.permissions.add(Permission.objects.get(codename="view_user"))
    scim.delete(path_of(dora))

    assert hire_again(scim).has_perm("auth.view_user")


def test_a_default_group_makes_a_new_version_of_the_group(scim, dora, everybody):
    scim.delete(path_of(dora))
    before = scim.get(path_of(everybody))["ETag"]

    hire_again(scim)

    assert scim.get(path_of(everybody))["ETag"] != before


def test_a_group_that_somebody_else_gave_is_not_there_again(connection, scim, dora, everybody):
    other = managed(connection, GroupFactory.create(name="Guides"))
    scim.patch(path_of(other), add("members", [member(dora)]))
    GroupFactory.create(name="Approvers").user_set.add(dora)
    scim.delete(path_of(dora))

    assert list(hire_again(scim).groups.all()) == [everybody]


def test_a_default_group_that_was_taken_before_the_deletion_is_not_there_again(scim, dora, everybody):
    scim.patch(path_of(everybody), remove(f'members[value eq "{id_of(dora)}"]'))
    assert not dora.groups.exists()
    scim.delete(path_of(dora))

    assert not hire_again(scim).groups.exists()


@pytest.mark.parametrize("way", ["row", "resource"])
def test_a_default_group_that_is_gone_is_no_reason_to_lose_the_account(scim, dora, everybody, way):
    scim.delete(path_of(dora))
    if way == "row":
        everybody.delete()
    else:
        assert scim.delete(path_of(everybody)).status_code == 204

    assert not hire_again(scim).groups.exists()


def test_a_default_group_is_there_again_for_somebody_restored(scim, dora, everybody):
    scim.delete(path_of(dora))

    by_alice(Restore, dora)

    assert list(dora.groups.all()) == [everybody]


def test_a_project_that_gives_nothing_remembers_nothing(scim):
    scim.post("/Users", user("dora"))
    dora = User.objects.get()
    scim.post("/Groups", group("Guides", members=[member(dora)]))

    assert Record.objects.get(integer_key=dora.pk, resource_type="User").given == {}
    assert Group.objects.get().user_set.exists()
