"""Reads are answered by the replica, and are as old as it is."""

from __future__ import annotations

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.messages import SEARCH_REQUEST
from tests.operations.patch_operations import replace
from tests.replication.replica import catch_up
from tests.representations import path_of, user

OF_AUTHENTICATION = ("django_scim_accesstoken", "BEGIN", "COMMIT")


@pytest.fixture
def rows(scim):
    """Accounts in a group, that the replica has."""
    team = GroupFactory.create()
    accounts = UserFactory.create_batch(3)
    team.user_set.set(accounts)
    catch_up()
    return [team, *accounts]


@pytest.fixture
def statements():
    """Return what a request asks the primary and the replica."""

    def of(send, *args, **options):
        with (
            CaptureQueriesContext(connections["default"]) as primary,
            CaptureQueriesContext(connections["replica"]) as replica,
        ):
            response = send(*args, **options)
        assert response.status_code == 200, response.content
        return ([each["sql"] for each in captured.captured_queries] for captured in (primary, replica))

    return of


def is_of_authentication(statement):
    return any(word in statement for word in OF_AUTHENTICATION)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/Users", {}),
        ("/Users", {"filter": 'userName sw "user" and groups.value pr', "sortBy": "userName"}),
        ("/Users", {"cursor": "", "count": "2"}),
        ("/Groups", {"attributes": "members"}),
        ("/", {"sortBy": "meta.created"}),
    ],
)
@pytest.mark.usefixtures("rows")
def test_a_query_asks_the_primary_for_nothing_but_the_token(scim, statements, path, query):
    primary, replica = statements(scim.get, path, query)

    assert replica
    assert [statement for statement in primary if not is_of_authentication(statement)] == []


def test_a_read_asks_the_primary_for_nothing_but_the_token(scim, statements, rows):
    for row in rows[:2]:
        primary, replica = statements(scim.get, path_of(row))

        assert replica
        assert [statement for statement in primary if not is_of_authentication(statement)] == []


@pytest.mark.usefixtures("rows")
def test_a_query_in_a_body_is_a_read(scim, statements):
    body = {"schemas": [SEARCH_REQUEST], "filter": 'userName sw "user"'}

    primary, replica = statements(scim.post, "/Users/.search", body)

    assert replica
    assert [statement for statement in primary if not is_of_authentication(statement)] == []


def test_the_history_is_read_from_the_replica(connection, statements):
    client = ScimClient(connection, "write", "history")
    client.post("/Users", user("barbara"))
    catch_up()

    primary, replica = statements(client.get, "/history")

    assert any("provisioningevent" in statement for statement in replica)
    assert [statement for statement in primary if not is_of_authentication(statement)] == []


def test_a_read_is_as_old_as_the_replica(scim, lagging):
    row = UserFactory.create(first_name="Before")
    lagging()
    path = f"/Users/{scim.post('/Users', user('barbara')).json()['id']}"
    scim.patch(path_of(row), replace("name.givenName", "After"))

    assert scim.get(path).status_code == 404
    assert scim.get(path_of(row)).json()["name"]["givenName"] == "Before"
    lagging()
    assert scim.get(path).status_code == 200
    assert scim.get(path_of(row)).json()["name"]["givenName"] == "After"


def test_a_client_that_has_a_newer_version_than_the_replica_is_not_told_that_it_has_this_one(scim, lagging):
    row = UserFactory.create(first_name="Before")
    lagging()

    version = scim.patch(path_of(row), replace("name.givenName", "After")).headers["ETag"]
    response = scim.get(path_of(row), **{"If-None-Match": version})

    assert response.status_code == 200
    assert response.headers["ETag"] != version
