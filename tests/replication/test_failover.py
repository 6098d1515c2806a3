"""While no primary takes writes, they are answered 503; once one does, they go on."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connections

from tests.assertions import assert_scim_error
from tests.replication.replica import server_at
from tests.representations import user
from tests.servers import Replica, free_port


@pytest.fixture
def standby(scim):
    """A replica of the test's own, which has what there is; it may become the primary."""
    with Replica(connections["default"].settings_dict["PORT"], fsync="off") as replica:
        yield replica


def test_writes_wait_for_the_standby_that_takes_over(scim, standby):
    with server_at("default", standby.port):
        refused = scim.post("/Users", user("barbara"))
        assert_scim_error(refused, 503)
        assert refused.headers["Retry-After"] == "1"

        standby.execute("SELECT pg_promote()")

        assert scim.post("/Users", user("barbara")).status_code == 201
        assert User.objects.using("default").get().username == "barbara"


def test_reads_go_on_while_the_primary_may_only_be_read(scim, standby):
    with server_at("default", standby.port):
        assert scim.get("/Users").status_code == 200


def test_a_primary_that_is_away_is_503_for_everyone(scim):
    with server_at("default", free_port()):
        for response in (scim.get("/Users"), scim.post("/Users", user()), scim.client.get("/scim/v2/health")):
            assert_scim_error(response, 503)
            assert response.headers["Retry-After"]


def test_a_replica_that_is_away_keeps_nobody_from_writing(scim):
    with server_at("replica", free_port()):
        assert_scim_error(scim.get("/Users"), 503)
        assert scim.post("/Users", user("barbara")).status_code == 201
        assert scim.client.get("/scim/v2/health").status_code == 200
