"""Events are counted by the hour, after their transaction is committed."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection as database
from django.db.models import Sum

from django_scim.models import EventCount
from django_scim.models.provisioning_event import DURATIONS, duration_bound
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.representations import user


def counted(**conditions):
    return EventCount.objects.filter(**conditions).aggregate(total=Sum("count"))["total"]


def test_events_are_counted_by_outcome_and_reason(scim, django_capture_on_commit_callbacks):
    UserFactory.create(username="taken")

    with django_capture_on_commit_callbacks(execute=True):
        for name in ("a", "b", "taken"):
            scim.post("/Users", user(name))

    assert counted(connection=scim.connection, outcome="success", status=201) == 2
    assert counted(connection=scim.connection, outcome="refused", scim_type="uniqueness") == 1
    assert {count.hour.minute for count in EventCount.objects.all()} == {0}


def test_an_event_that_is_rolled_back_is_not_counted(scim):
    scim.post("/Users", user("a"))

    # The test's own transaction is never committed.
    assert not EventCount.objects.exists()


def test_counts_of_events_outlive_their_connection(scim, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        scim.post("/Users", user("a"))

    scim.connection.delete()

    assert counted(connection=None) == 1


@pytest.mark.parametrize(
    ("milliseconds", "bound"), [(0, 1), (1, 1), (3, 5), (30_000, 30_000), (10**9, DURATIONS[-1])]
)
def test_durations_of_events_are_counted_under_the_next_bound(milliseconds, bound):
    assert duration_bound(milliseconds) == bound


@pytest.mark.django_db(transaction=True)
def test_no_event_is_lost_from_the_counts_of_simultaneous_requests():
    connection = ConnectionFactory.create()

    def provision(number):
        client = ScimClient(connection)
        for index in range(5):
            client.post("/Users", user(f"user-{number}-{index}"))
        database.close()

    threads = [Thread(target=provision, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counted(status=201) == 20
