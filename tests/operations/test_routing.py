"""``DATABASE_ROUTERS``: a write, and the answer to it, see what has just been written."""

from __future__ import annotations

import pytest

from tests.factories import GroupFactory, UserFactory
from tests.operations import routers
from tests.operations.examples import ENTERPRISE_USER, PASSWORD
from tests.operations.patch_operations import add, remove, replace
from tests.representations import ENTERPRISE, group, id_of, member, path_of, user

AUTHENTICATION = {"django_scim.AccessToken"}
"""What is read before the write begins."""


@pytest.fixture
def replicated(settings):
    """A host that reads from a replica where it is not told where to read."""
    settings.DATABASE_ROUTERS = ["tests.operations.routers.ReplicaRouter"]


@pytest.fixture
def left_open(replicated):
    """Return the models that a request read from the replica."""

    def send(request, *args):
        routers.read.clear()
        response = request(*args)
        assert response.status_code in (200, 201, 204), response.json()
        return set(routers.read) - AUTHENTICATION

    return send


def test_the_writes_of_a_user_read_from_the_primary_alone(scim, left_open):
    assert not left_open(scim.post, "/Users", {**ENTERPRISE_USER, "password": PASSWORD})
    path = f"/Users/{scim.get('/Users').json()['Resources'][0]['id']}"
    assert not left_open(scim.put, path, {**ENTERPRISE_USER, "userName": "barbara", "externalId": "5"})
    assert not left_open(scim.patch, path, replace("active", False), replace("userName", "babs"))
    assert not left_open(scim.delete, path)
    assert not left_open(scim.post, "/Users", user("BABS"))


def test_the_writes_of_users_that_were_deleted_read_from_the_primary_alone(scim, left_open):
    for name, external_id in (("eva", "1"), ("ida", "2")):
        created = scim.post("/Users", user(name, externalId=external_id)).json()
        assert scim.delete(f"/Users/{created['id']}").status_code == 204

    assert not left_open(scim.post, "/Users", user("eva", externalId="1"))  # The same person.
    assert not left_open(scim.post, "/Users", user("ida", externalId="3"))  # The name of somebody else.


def test_the_writes_of_a_group_read_from_the_primary_alone(scim, left_open):
    row, (one, two) = GroupFactory.create(), UserFactory.create_batch(2)

    assert not left_open(scim.patch, path_of(row), add("members", [member(one), member(two)]))
    assert not left_open(scim.patch, path_of(row), remove("members", [member(one)]))
    assert not left_open(scim.patch, path_of(row), remove(f'members[not (value eq "{id_of(one)}")]'))
    assert not left_open(scim.put, path_of(row), group("Guides", members=[member(two)]))
    assert not left_open(scim.post, "/Groups", group("Others", members=[member(two)]))
    assert not left_open(scim.delete, path_of(row))


def test_the_writes_of_a_user_in_several_tables_read_from_the_primary_alone(scim, settings, left_open):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}}
    manager = scim.post("/Users", user("manager")).json()
    extension = {"department": "Tours", "manager": {"value": manager["id"]}}

    assert not left_open(scim.post, "/Users", {**user("bjensen", title="Guide"), ENTERPRISE: extension})
    found = scim.get("/Users", {"filter": 'userName eq "bjensen"'}).json()["Resources"][0]
    path = f"/Users/{found['id']}"
    assert not left_open(scim.patch, path, replace("title", "Boss"), remove(f"{ENTERPRISE}:manager"))
    assert not left_open(scim.put, path, {**user("bjensen", title="Guide"), ENTERPRISE: extension})
