"""Rows that the project's default manager hides, such as inactive accounts: ``manager`` says which count."""

from __future__ import annotations

from typing import Any

import pytest

from tests.assertions import assert_scim_error
from tests.hosts.small.adapters import GuestAdapter
from tests.hosts.small.models import Guest, Party, Tool
from tests.operations.patch_operations import add, remove, replace
from tests.representations import group, id_of, member, path_of, user

pytestmark = pytest.mark.django_db

SMALL = "tests.hosts.small.adapters"


def guests(**options: Any) -> dict[str, Any]:
    """Return the setting of a project of guests and parties."""
    return {
        "RESOURCES": {
            "User": {"adapter": f"{SMALL}.GuestAdapter", **options},
            "Group": {"adapter": f"{SMALL}.PartyAdapter"},
        }
    }


def tools(**options: Any) -> dict[str, Any]:
    """Return the setting of a project of tools."""
    return {"RESOURCES": {"Tool": {"adapter": f"{SMALL}.ToolAdapter", **options}}}


@pytest.fixture(params=["_base_manager", "everybody"])
def everybody(request, settings):
    """A project whose resources are all guests."""
    settings.DJANGO_SCIM = guests(manager=request.param)


def test_an_account_that_is_hidden_once_inactive_is_found_and_activated_again(everybody, scim):
    path = f"/Users/{scim.post('/Users', user('dora')).json()['id']}"

    assert scim.patch(path, replace("active", False)).status_code in (200, 204)
    assert list(Guest.objects.all()) == []
    assert scim.get(path).json()["active"] is False
    assert scim.get("/Users", {"filter": 'userName eq "dora"'}).json()["totalResults"] == 1
    assert scim.patch(path, replace("active", True)).status_code in (200, 204)
    assert Guest.objects.get().username == "dora"


def test_a_hidden_account_can_be_replaced_and_deleted(everybody, scim):
    path = f"/Users/{scim.post('/Users', user('dora', active=False)).json()['id']}"

    assert scim.put(path, user("theodora", active=False)).json()["userName"] == "theodora"
    assert scim.delete(path).status_code == 204
    assert_scim_error(scim.get(path), 404)


def test_a_person_who_comes_back_has_the_hidden_account_of_before(everybody, scim):
    first = scim.post("/Users", user("dora", externalId="4")).json()
    scim.delete(f"/Users/{first['id']}")

    second = scim.post("/Users", user("dora", externalId="4"))

    assert second.status_code == 201
    assert Guest.everybody.count() == 1


def test_a_new_account_may_be_inactive(everybody, scim):
    created = scim.post("/Users", user("dora", active=False))

    assert created.status_code == 201
    assert scim.get(f"/Users/{created.json()['id']}").status_code == 200


def test_a_hidden_account_is_a_member_like_any_other(everybody, scim):
    """Django's own related manager would leave it in the group, and say nothing."""
    guest = Guest.everybody.create(username="dora", is_active=False)
    path = f"/Groups/{scim.post('/Groups', group(members=[member(guest)])).json()['id']}"
    assert [each["value"] for each in scim.get(path).json()["members"]] == [id_of(guest)]

    scim.patch(path, remove(f'members[value eq "{id_of(guest)}"]'))
    assert not Party.guests.through.objects.exists()

    scim.patch(path, add("members", [member(guest)]))
    assert Party.guests.through.objects.count() == 1
    scim.put(path, group(members=[]))
    assert not Party.guests.through.objects.exists()


def test_a_deleted_group_has_no_hidden_members_left(everybody, scim):
    guest = Guest.everybody.create(username="dora", is_active=False)
    path = f"/Groups/{scim.post('/Groups', group(members=[member(guest)])).json()['id']}"

    scim.delete(path)

    assert not Party.guests.through.objects.exists()


def test_what_the_project_has_deleted_softly_stays_hidden(settings, scim):
    settings.DJANGO_SCIM = tools(manager="objects")
    tool = Tool.objects.create(name="hammer")
    path = path_of(tool)
    Tool.objects.update(thrown_away=True)

    assert_scim_error(scim.get(path), 404)
    assert scim.get("/Tools").json()["totalResults"] == 0
    created = scim.post("/Tools", {"schemas": ["urn:example:params:scim:schemas:Thing"], "name": "hammer"})
    assert created.status_code == 201
    assert Tool._base_manager.count() == 2


class ActiveGuestAdapter(GuestAdapter):
    """Hides some rows of a manager that hides none."""

    manager = "everybody"

    def get_queryset(self, connection):
        """Leave out one guest."""
        return super().get_queryset(connection).exclude(username="ghost")


def test_an_adapter_may_hide_rows_itself(settings, scim):
    settings.DJANGO_SCIM = guests(adapter=f"{__name__}.ActiveGuestAdapter")
    ghost, dora = (Guest.everybody.create(username=name, is_active=False) for name in ("ghost", "dora"))

    assert scim.get(path_of(dora)).status_code == 200
    assert_scim_error(scim.get(path_of(ghost)), 404)
