"""An account is in several organisations by a relation, and each connection sees and ends its own part."""

from __future__ import annotations

from typing import Any

import pytest
from scim2_models import InvalidValueException

from django_scim.models import ProvisioningEvent
from tests.hosts.clubs.models import Account, Team
from tests.hosts.clubs.scim import AccountAdapter
from tests.representations import group, user

BOB = user("bob", name={"givenName": "Bob"}, emails=[{"value": "bob@example.com", "primary": True}])


def replace(path: str, value: Any) -> dict[str, Any]:
    """Return an operation of a PATCH."""
    return {"op": "replace", "path": path, "value": value}


def made(response: Any) -> str:
    """Return the path of a user that was made."""
    assert response.status_code == 201, response.content
    return f"/Users/{response.json()['id']}"


@pytest.fixture
def theirs(there) -> str:
    """The path of a user of the other organisation."""
    return made(there.post("/Users", {**BOB, "externalId": "t"}))


@pytest.fixture
def ours(here, theirs) -> str:
    """The path of the same account, as our organisation sees it."""
    return made(here.post("/Users", user("BOB", externalId="h")))


def bob() -> Account:
    """Return the account as it is now."""
    return Account.objects.get(username="bob")


def organisations() -> set[str]:
    """Return the names of the organisations that the account belongs to."""
    return set(bob().organisations.values_list("name", flat=True))


def last_event() -> ProvisioningEvent:
    """Return the event that was written last."""
    return ProvisioningEvent.objects.latest("pk")


def test_an_account_of_another_organisation_is_joined(here, there, ours):
    assert (Account.objects.count(), organisations()) == (1, {"Here", "There"})
    assert (bob().username, bob().first_name) == ("bob", "Bob")
    assert here.get(ours).json()["externalId"] == "h"
    assert there.get(ours).json()["externalId"] == "t"


def test_an_account_joins_an_organisation_once(here, ours):
    assert here.post("/Users", user("bob")).status_code == 409


@pytest.mark.parametrize("side", ["here", "there"])
def test_no_organisation_alone_writes_an_account_that_several_have(here, there, theirs, ours, side):
    client, path = {"here": (here, ours), "there": (there, theirs)}[side]
    before = Account.objects.values().get()
    changes = {"userName": "mallory", "password": "much-too-long-to-guess", "title": "Guide"}

    answer = client.patch(path, {"op": "replace", "value": changes})

    assert (answer.status_code, answer.json()["userName"]) == (200, "bob")
    assert Account.objects.values().get() == before
    assert "userName, password, title" in last_event().detail or "left as they are" in last_event().detail


@pytest.mark.parametrize("flag", ["is_superuser", "is_staff"])
def test_an_account_with_power_is_not_joined(here, flag):
    Account.objects.create_user("admin", **{flag: True})

    assert here.post("/Users", user("ADMIN")).status_code == 403
    assert not Account.objects.get().organisations.exists()


def test_an_account_of_no_organisation_is_joined_and_stays_its_owners(here):
    Account.objects.create_user("bob", "bob@example.com", "his own password")
    path = made(here.post("/Users", user("bob", password="much-too-long-to-guess")))

    here.patch(path, replace("password", "much-too-long-to-guess"))

    assert bob().check_password("his own password")
    assert here.delete(path).status_code == 204


@pytest.mark.parametrize("end", ["deactivation", "deletion"])
@pytest.mark.parametrize("side", ["here", "there"])
def test_the_end_in_one_organisation_leaves_the_others(here, there, theirs, ours, end, side):
    client, path = {"here": (here, ours), "there": (there, theirs)}[side]
    other = there if side == "here" else here
    if end == "deactivation":
        assert client.patch(path, replace("active", False)).json()["active"] is False
    else:
        assert client.delete(path).status_code == 204

    assert client.get(path).status_code == 404
    assert other.get(path).json()["active"] is True
    assert other.get(path).json()["externalId"] == ("t" if side == "here" else "h")
    assert (bob().is_active, len(organisations())) == (True, 1)


@pytest.mark.parametrize("end", ["deactivation", "deletion"])
def test_the_end_in_the_last_organisation_locks_the_account(here, there, theirs, ours, end):
    there.delete(theirs)
    if end == "deactivation":
        here.patch(ours, replace("active", False))
    else:
        here.delete(ours)

    assert (bob().is_active, organisations()) == (False, set())


def test_a_person_who_comes_back_has_the_account_back(there, theirs):
    there.patch(theirs, replace("active", False))

    again = made(there.post("/Users", user("bob", externalId="t", active=True)))

    assert again != theirs
    assert (bob().is_active, organisations()) == (True, {"There"})


def test_somebody_else_of_the_name_of_a_deleted_account_gets_another(here, there, theirs):
    there.delete(theirs)

    made(here.post("/Users", user("bob", externalId="77")))

    assert Account.objects.count() == 2
    assert organisations() == {"Here"}


def test_a_user_name_that_another_account_has_is_a_conflict(here, there, theirs):
    Account.objects.create_superuser("admin")
    anna = made(here.post("/Users", user("anna")))

    for name in ("Bob", "ADMIN"):
        assert here.patch(anna, replace("userName", name)).status_code == 409


def test_who_leaves_an_organisation_leaves_its_teams_alone(here, there, theirs, ours):
    value = [{"value": ours.rpartition("/")[2]}]
    for client, name in ((here, "Drivers"), (there, "Guides")):
        assert client.post("/Groups", group(name, members=value)).status_code == 201

    here.patch(ours, replace("active", False))

    assert [team.name for team in Team.objects.filter(people=bob())] == ["Guides"]


def test_the_project_is_told_of_those_who_join_and_leave(here, there, monkeypatch):
    told = []
    for hook in ("joined", "left"):

        def note(self, obj, account, hook=hook):
            told.append((hook, account.username, obj.caller.connection))

        monkeypatch.setattr(AccountAdapter, hook, note)
    theirs = made(there.post("/Users", {**BOB, "externalId": "t"}))
    ours = made(here.post("/Users", user("bob", externalId="h")))
    here.patch(ours, replace("active", False))
    here.post("/Users", user("bob", externalId="h", active=True))
    there.delete(theirs)

    assert told == [
        ("joined", "bob", there.connection),
        ("joined", "bob", here.connection),
        ("left", "bob", here.connection),
        ("joined", "bob", here.connection),
        ("left", "bob", there.connection),
    ]


@pytest.mark.parametrize("hook", ["joined", "left"])
def test_a_hook_that_fails_undoes_the_write(here, there, ours, monkeypatch, hook):
    def refuse(self, obj, account):
        raise InvalidValueException(detail="no seat is left")

    monkeypatch.setattr(AccountAdapter, hook, refuse)

    refused = here.delete(ours) if hook == "left" else here.post("/Users", user("anna"))

    assert (refused.status_code, refused.json()["detail"]) == (400, "no seat is left")
    assert (Account.objects.count(), organisations()) == (1, {"Here", "There"})
