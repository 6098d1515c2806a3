"""The account that stands in the way of a refused request: who has the value now, and what to do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from django_scim.models import Connection, ProvisioningEvent
from django_scim.why.obstacle import obstacle_of
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db


def latest():
    """Return what stands in the way of the latest request."""
    return obstacle_of(ProvisioningEvent.objects.order_by("-pk")[0])


def renaming(name):
    """Return the operation that gives somebody another name."""
    return {"op": "replace", "path": "userName", "value": name}


@pytest.fixture
def anna(scim):
    """An account made by hand, which the connection may not adopt."""
    Connection.objects.update(adoption="own")
    return UserFactory.create(username="anna")


def test_an_account_made_by_hand_may_be_adopted(scim, anna):
    assert scim.post("/Users", user("ANNA")).status_code == 409
    found = latest()

    assert (found.row, found.attribute, found.name) == (anna, "userName", "User anna")
    assert found.remedy.startswith("No connection manages it.")


def test_an_account_of_another_connection_may_be_handed_over(scim):
    other = ScimClient(ConnectionFactory.create(name="Okta"))
    other.post("/Users", user("anna"))
    scim.post("/Users", user("anna"))

    assert latest().remedy.startswith("Okta manages it. If it is the same person, hand it over")


def test_an_account_of_the_same_connection_has_to_be_found(scim):
    scim.post("/Users", user("anna"))
    scim.post("/Users", user("anna"))

    assert latest().remedy.startswith(f"{scim.connection} manages it already.")


def test_a_protected_account_is_left_alone(scim, anna):
    User.objects.update(is_superuser=True)
    scim.post("/Users", user("anna"))

    assert latest().remedy.startswith("It is protected")


def test_a_name_that_is_free_by_now_may_be_asked_for_again(scim, anna):
    scim.post("/Users", user("anna"))
    User.objects.update(username="somebody.else")
    found = latest()

    assert (found.row, found.name) == (None, "")
    assert "try again" in found.remedy


@pytest.mark.parametrize(
    "operation",
    [
        renaming("Anna"),
        {"op": "replace", "value": {"username": "anna"}},
        {**renaming("anna"), "path": "USERNAME"},
    ],
)
def test_a_renaming_is_in_the_way_of_another_account_and_not_of_its_own(scim, anna, operation):
    made = scim.post("/Users", user("bob")).json()
    assert scim.patch(f"/Users/{made['id']}", operation).status_code == 409

    assert latest().row == anna


def test_what_is_not_kept_is_told_by_the_name_of_the_event(scim, anna, settings):
    settings.DJANGO_SCIM = {"RECORD_REQUESTS": False}
    scim.post("/Users", user("anna"))

    assert latest().row == anna


def test_whose_value_was_not_kept_is_not_known(scim, anna, settings):
    made = scim.post("/Users", user("bob")).json()
    settings.DJANGO_SCIM = {"RECORD_REQUESTS": False}
    scim.patch(f"/Users/{made['id']}", renaming("anna"))

    assert latest() is None


def test_another_refusal_has_nothing_in_its_way(scim, anna):
    assert scim.patch(path_of(anna), renaming("")).status_code != 409

    assert latest() is None


@pytest.mark.parametrize(
    "request_body",
    [
        [],
        "x",
        {},
        {"userName": 1},
        {"userName": ""},
        {"Operations": [1, {}, {"path": 1, "value": 2}]},
        {"Operations": [{"path": "userName", "value": {"value": ["x"]}}]},
        {"userName": ["a", None, {"value": {}}]},
    ],
)
def test_any_body_can_be_looked_at(scim, event, request_body):
    assert obstacle_of(
        event(outcome="refused", status=409, scim_type="uniqueness", request=request_body)
    ) in (
        None,
        latest(),
    )


@pytest.fixture
def event(connection):
    """Return what makes an event of a resource that is not there."""

    def make(**fields):
        return ProvisioningEvent.objects.create(
            connection=connection, operation="modify", resource_type="User", resource_id="no-id", **fields
        )

    return make
