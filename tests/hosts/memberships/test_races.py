"""Two connections at one account at once: one order of the requests explains what is left."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

from tests.conftest import ScimClient
from tests.hosts.memberships.conftest import connection_of
from tests.hosts.memberships.models import Account, Membership
from tests.representations import user


def at_once(*works: Callable[[], Any]) -> list[int]:
    """Send requests in threads, all at once; return their statuses."""
    start = Barrier(len(works))
    statuses: dict[int, int] = {}

    def body(number: int) -> None:
        start.wait()
        try:
            statuses[number] = works[number]().status_code
        finally:
            connections.close_all()

    threads = [Thread(target=body, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [statuses[number] for number in range(len(works))]


@pytest.fixture
def clients(transactional_db: None) -> tuple[ScimClient, ScimClient]:
    """The identity providers of two organisations, whose rows all threads see."""
    return ScimClient(connection_of("Here")), ScimClient(connection_of("There"))


def test_two_connections_that_make_one_account_at_once_share_it(clients):
    here, there = clients
    for number in range(5):
        name = f"bob-{number}"
        statuses = at_once(
            lambda: here.post("/Users", user(name)),  # noqa: B023 - done before the next
            lambda: there.post("/Users", user(name)),  # noqa: B023
        )
        assert statuses == [201, 201]
    assert (Account.objects.count(), Membership.objects.count()) == (5, 10)


def test_an_account_that_is_joined_while_its_last_membership_ends_is_open_for_those_who_have_it(clients):
    here, there = clients
    for number in range(5):
        name = f"bob-{number}"
        path = f"/Users/{here.post('/Users', user(name, active=True)).json()['id']}"
        end = {"op": "replace", "path": "active", "value": False}
        statuses = at_once(
            lambda: here.patch(path, end),  # noqa: B023
            lambda: there.post("/Users", user(name, active=True)),  # noqa: B023
        )
        assert statuses == [200, 201]
        assert Account.objects.get(username=name).is_active


def test_two_memberships_that_end_at_once_lock_the_account(clients):
    here, there = clients
    for number in range(5):
        name = f"bob-{number}"
        paths = [
            f"/Users/{client.post('/Users', user(name, active=True)).json()['id']}" for client in clients
        ]
        statuses = at_once(lambda: here.delete(paths[0]), lambda: there.delete(paths[1]))  # noqa: B023
        assert statuses == [204, 204]
        assert not Account.objects.get(username=name).is_active
