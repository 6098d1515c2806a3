"""A foreign key to somebody whom the connection cannot see yet: the user is not lost for it."""

from __future__ import annotations

import pytest

from tests.assertions import assert_scim_error
from tests.hosts.small.models import Person, Profile
from tests.operations.patch_operations import remove, replace
from tests.operations.responses import last_event
from tests.representations import ENTERPRISE, id_of, user

MANAGER = f"{ENTERPRISE}:manager"
SERVED = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}, "Group": None}}


@pytest.fixture(autouse=True)
def people(settings):
    """A host whose users have their manager in a foreign key, behind a row of their own."""
    settings.DJANGO_SCIM = SERVED


@pytest.fixture
def path(scim):
    """The path of a user whose manager is not there."""
    response = scim.post("/Users", user("barbara", **{ENTERPRISE: {"manager": {"value": "e-1"}}}))
    assert response.status_code == 201, response.content
    return f"/Users/{response.json()['id']}"


def manager_of(scim, path):
    return scim.get(path).json().get(ENTERPRISE, {}).get("manager")


def test_a_manager_who_is_not_there_is_kept_and_the_history_says_so(scim, path):
    assert manager_of(scim, path) == {"value": "e-1"}
    assert f"{MANAGER}: there is no User 'e-1' yet" in last_event().detail


def test_a_manager_who_comes_is_known_and_written_by_the_next_write(scim, path):
    scim.post("/Users", user("boss", externalId="e-1"))

    assert manager_of(scim, path)["displayName"]
    scim.patch(path, replace(MANAGER, {"value": "e-1"}))

    boss = Person.objects.get(login="boss")
    assert Profile.objects.get(person__login="barbara").manager == boss
    assert manager_of(scim, path)["value"] == id_of(boss)


def test_a_manager_whom_the_project_sets_counts_more_than_the_kept_one(scim, path):
    boss = Person.objects.create(login="boss")
    Profile.objects.filter(person__login="barbara").update(manager=boss)

    assert manager_of(scim, path)["value"] == id_of(boss)


def test_a_kept_manager_can_be_removed(scim, path):
    scim.patch(path, remove(MANAGER))

    assert manager_of(scim, path) is None


def test_a_manager_who_is_not_there_is_refused_where_the_setting_says_so(scim, settings):
    settings.DJANGO_SCIM = {**SERVED, "UNKNOWN_REFERENCES": "forbid"}

    response = scim.post("/Users", user("barbara", **{ENTERPRISE: {"manager": {"value": "e-1"}}}))

    assert_scim_error(response, 400, "invalidValue")
    assert not Person.objects.exists()
