"""A row is locked while it is written, however the host finds the rows that a connection may see."""

from __future__ import annotations

import pytest

from tests.assertions import assert_scim_error
from tests.factories import GroupFactory, UserFactory, managed
from tests.operations.patch_operations import replace
from tests.operations.responses import stored
from tests.representations import path_of, user

SOME = ["Joined", "Distinct", "Counted", "United"]
"""The hosts that do not serve all of their users."""


@pytest.fixture(params=[*SOME, "Related"])
def host(request, settings):
    """Each of the ways in which a host may find its users."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": f"tests.operations.staff.{request.param}Adapter"}}
    }
    return request.param


@pytest.fixture
def served(host):
    """A user whom each of them serves."""
    row = UserFactory.create(is_staff=True)
    row.groups.add(*GroupFactory.create_batch(2))
    return row


def test_a_user_of_a_joined_queryset_can_be_read_and_written(scim, served):
    managed(scim.connection, served)
    assert scim.get(path_of(served)).status_code == 200
    assert scim.patch(path_of(served), replace("title", "Guide")).json()["title"] == "Guide"
    assert scim.put(path_of(served), user(served.username, title="Boss")).json()["title"] == "Boss"
    assert scim.get("/Users").json()["totalResults"] >= 1
    assert scim.delete(path_of(served)).status_code == 204


def test_a_user_name_of_a_joined_queryset_is_taken(scim, served):
    before = stored()

    assert_scim_error(scim.post("/Users", user(served.username.upper())), 409, "uniqueness")
    assert stored() == before


@pytest.mark.parametrize("host", SOME, indirect=True)
def test_a_user_whom_the_connection_does_not_see_is_not_found(scim, host):
    row = UserFactory.create()

    assert_scim_error(scim.patch(path_of(row), replace("title", "Guide")), 404)
    assert_scim_error(scim.delete(path_of(row)), 404)
