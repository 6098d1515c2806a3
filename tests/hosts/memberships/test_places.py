"""A membership without a column that says whether it is active: it is, as long as there is its row."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from django_scim.models import ProvisioningEvent, Record
from django_scim.resources.vacating import VACANT
from tests.hosts.memberships.models import Account, Arrival, Place
from tests.operations.simultaneous import at_once
from tests.representations import user

LOCK = {"op": "replace", "path": "active", "value": False}


@pytest.fixture(autouse=True)
def places(settings):
    """The project with such memberships for its users."""
    settings.DJANGO_SCIM = {
        **settings.DJANGO_SCIM,
        "RESOURCES": {"User": {"adapter": "tests.hosts.memberships.scim.PlaceAdapter"}, "Group": None},
    }


def made(response: Any) -> str:
    """Return the path of a user that was made."""
    assert response.status_code == 201, response.content
    assert response.json()["active"] is True
    return f"/Users/{response.json()['id']}"


def end(client: Any, path: str, way: str) -> Any:
    """End a membership in one of the ways."""
    if way == "DELETE":
        return client.delete(path)
    if way == "PUT":
        return client.put(path, user("bob", active=False))
    return client.patch(path, LOCK)


WAYS = pytest.mark.parametrize("way", ["PATCH", "PUT", "DELETE"])


@pytest.fixture
def theirs(there) -> str:
    """The path of a user of the other organisation."""
    return made(there.post("/Users", user("bob", externalId="t")))


@pytest.fixture
def ours(here, theirs) -> str:
    """The path of the same account, as our organisation sees it."""
    return made(here.post("/Users", user("bob", externalId="h", active=True)))


def bob() -> Account:
    """Return the account as it is now."""
    return Account.objects.get(username="bob")


def organisations() -> set[str]:
    """Return the names of the organisations that the account is in."""
    return set(Place.objects.filter(user=bob()).values_list("organisation__name", flat=True))


def test_the_checks_have_nothing_against_such_memberships(db):
    assert not [message for message in run_checks() if str(message.id).startswith("django_scim")]


@WAYS
def test_the_end_of_a_membership_deletes_its_row_and_leaves_the_others(here, there, theirs, ours, way):
    response = end(here, ours, way)

    assert response.status_code == (204 if way == "DELETE" else 200)
    if way != "DELETE":
        assert response.json()["active"] is False
    assert here.get(ours).status_code == 404
    assert there.get(theirs).json()["active"] is True
    assert (bob().is_active, organisations()) == (True, {"There"})
    detail = ProvisioningEvent.objects.filter(connection=here.connection).latest("pk").detail
    assert "the account is not locked: it has other memberships" in detail


@WAYS
def test_the_end_of_the_last_membership_locks_the_account(here, there, theirs, ours, way):
    assert there.delete(theirs).status_code == 204
    end(here, ours, way)

    assert (bob().is_active, organisations()) == (False, set())
    assert not Record.objects.exclude(VACANT).exists()
    assert list(Arrival.objects.order_by("pk").values_list("organisation__name", "is_departure")) == [
        ("There", False),
        ("Here", False),
        ("There", True),
        ("Here", True),
    ]


@WAYS
@pytest.mark.parametrize("external_id", ["h", "77"])
def test_an_account_that_left_joins_again_under_a_new_id(here, ours, way, external_id):
    end(here, ours, way)

    again = made(here.post("/Users", user("bob", externalId=external_id)))

    assert again != ours
    assert here.get(ours).status_code == 404
    assert here.get(again).json()["externalId"] == external_id
    assert organisations() == {"Here", "There"}


def test_an_account_that_has_left_all_is_open_again_once_it_joins_one(here, there, theirs):
    end(there, theirs, "PATCH")
    assert not bob().is_active

    made(here.post("/Users", user("bob", externalId="h", active=True)))

    assert (bob().is_active, organisations()) == (True, {"Here"})


def test_nobody_is_a_member_who_is_not_active(here):
    refused = here.post("/Users", user("bob", active=False))

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert not Account.objects.exists()


def test_whoever_is_a_member_is_found_as_active(here, ours):
    def total(expression: str) -> int:
        return int(here.get("/Users", {"filter": expression}).json()["totalResults"])

    assert [total("active eq true"), total("active eq false"), total("active pr")] == [1, 0, 1]


@WAYS
@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_joined_while_its_last_membership_ends_is_open(here, there, way):
    for number in range(5):
        name = f"bob-{number}"
        path = made(here.post("/Users", user(name)))
        finish = {"DELETE": lambda: here.delete(path), "PATCH": lambda: here.patch(path, LOCK)}  # noqa: B023
        finish["PUT"] = lambda: here.put(path, user(name, active=False))  # noqa: B023

        ended, joined = at_once(finish[way], lambda: there.post("/Users", user(name)))  # noqa: B023

        assert (ended.status_code, joined.status_code) == (204 if way == "DELETE" else 200, 201)
        account = Account.objects.get(username=name)
        assert account.is_active
        assert [place.organisation.name for place in account.places.all()] == ["There"]
