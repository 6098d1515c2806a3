"""A node dies while all of them are written to, and comes back: nothing that was answered is lost."""

from __future__ import annotations

import signal

import pytest
from django.apps import apps

from tests.assertions import assert_scim_error
from tests.cluster.backend.base import at_node
from tests.cluster.load import JoiningClient
from tests.faults.__main__ import attempt
from tests.faults.faults import Fault
from tests.representations import user
from tests.servers import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def survivor(cluster, transactional_db):
    """Let the test itself ask a node that lives on."""
    with at_node(cluster.nodes[0].port):
        yield


SETTINGS = (("DJANGO_SETTINGS_MODULE", "tests.cluster.service_settings"),)


def crash(cluster, service):
    """End a node as a loss of power does, and start it again."""
    node = cluster.nodes[1]
    node.stop(signal.SIGKILL)
    node.recover()


def contents(node):
    """Return a checksum of each table of the app and of the accounts, as a node has them."""
    labels = ("auth", "django_scim")
    names = [
        f"`{model._meta.db_table}`"
        for label in labels
        for model in apps.get_app_config(label).get_models(True)
    ]
    # The first waits for what the others have committed.
    return node.execute(
        "SET wsrep_sync_wait = 7", "SELECT 1", f"CHECKSUM TABLE {', '.join(names)}", name="cluster"
    )


def test_a_node_that_is_killed_under_load_loses_nothing(cluster):
    statuses, problems = attempt(cluster, Fault("node killed", crash, SETTINGS), JoiningClient)

    print(statuses)
    assert problems == []
    assert sum(count for status, count in statuses.items() if 200 <= status < 300) > 100
    first, *others = map(contents, cluster.nodes)
    assert [each for each in others if each != first] == []


def test_a_node_that_is_cut_off_answers_503_until_it_is_back(cluster, scim):
    node = cluster.nodes[2]
    node.execute("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'")
    try:
        wait_until(lambda: node.state() != "Synced")
        with at_node(node.port):
            for response in (
                scim.get("/Users"),
                scim.post("/Users", user()),
                scim.client.get("/scim/v2/health"),
            ):
                assert_scim_error(response, 503)
                assert response.headers["Retry-After"]
        assert scim.post("/Users", user("barbara")).status_code == 201
    finally:
        node.execute("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'")
    wait_until(node.is_ready)

    with at_node(node.port):
        assert scim.get("/Users").json()["totalResults"] == 1
        assert scim.post("/Users", user("babs")).status_code == 201
