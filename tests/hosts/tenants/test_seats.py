"""A limit of seats where several connections provision one organisation."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.hosts.tenants.models import Member
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE
from tests.representations import path_of, user


@pytest.fixture
def limited(settings):
    """The organisations have two seats each."""
    settings.DJANGO_SCIM = {
        **deepcopy(settings.DJANGO_SCIM),
        "POLICIES": ["tests.operations.policies.two_seats"],
    }


def test_the_connections_of_a_tenant_share_its_seats(here, there, limited):
    beside = ScimClient(ConnectionFactory.create(tenant=here.connection.tenant))

    assert here.post("/Users", user("a")).status_code == 201
    assert beside.post("/Users", user("b")).status_code == 201
    assert_scim_error(here.post("/Users", user("c")), 403)
    assert_scim_error(beside.post("/Users", user("c")), 403)
    assert there.post("/Users", user("c")).status_code == 201


def test_a_seat_that_one_connection_gives_up_is_the_others_to_take(here, limited):
    beside = ScimClient(ConnectionFactory.create(tenant=here.connection.tenant))
    for client, name in ((here, "a"), (beside, "b")):
        client.post("/Users", user(name, active=True))
    given_up = path_of(Member.objects.get(login="a"))

    here.patch(given_up, DEACTIVATE)

    assert beside.post("/Users", user("c")).status_code == 201
    assert_scim_error(here.patch(given_up, ACTIVATE), 403)
