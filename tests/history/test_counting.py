"""Events are counted by the hour when somebody looks at the counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection as database
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.history.counting import roll_up
from django_scim.models import EventCount, ProvisioningEvent
from django_scim.models.provisioning_event import DURATIONS
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, EventCountFactory, EventFactory, UserFactory
from tests.representations import user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def counted(**conditions):
    return EventCount.objects.filter(**conditions).aggregate(total=Sum("count"))["total"] or 0


def hours():
    counts = EventCount.objects.order_by("hour").values_list("hour").annotate(Sum("count"))
    return dict(counts)


def settled():
    return set(EventCount.objects.filter(is_settled=True).values_list("hour", flat=True))


def hour_ago(number):
    return timezone.now().replace(minute=0, second=0, microsecond=0) - number * HOUR


class TestRollUp:
    def test_roll_up_counts_by_outcome_and_reason(self, scim):
        UserFactory.create(username="taken")
        for name in ("a", "b", "taken"):
            scim.post("/Users", user(name))

        roll_up()

        assert counted(connection=scim.connection, outcome="success", status=201) == 2
        assert counted(connection=scim.connection, outcome="refused", scim_type="uniqueness") == 1
        assert {count.hour.minute for count in EventCount.objects.all()} == {0}

    def test_roll_up_counts_each_event_in_its_own_hour(self):
        for ago, number in ((0, 1), (1, 2), (5, 3), (30, 4), (24 * 40, 5)):
            EventFactory.create_batch(number, time=hour_ago(ago) + timedelta(seconds=ago))

        roll_up()

        assert list(hours().items()) == [
            (hour_ago(ago), number) for ago, number in ((24 * 40, 5), (30, 4), (5, 3), (1, 2), (0, 1))
        ]

    @pytest.mark.parametrize(
        ("milliseconds", "bound"), [(0, 1), (1, 1), (3, 5), (30_000, 30_000), (2**31 - 1, DURATIONS[-1])]
    )
    def test_roll_up_counts_durations_under_the_next_bound(self, milliseconds, bound):
        EventFactory.create(duration=milliseconds)

        roll_up()

        assert EventCount.objects.get().duration == bound

    def test_roll_up_again_counts_nothing_twice(self):
        EventFactory.create_batch(2)
        EventFactory.create_batch(3, time=hour_ago(9))

        for _ in range(3):
            roll_up()

        assert counted() == 5

    def test_roll_up_counts_what_came_since_the_last_time(self):
        EventFactory.create()
        roll_up()

        EventFactory.create_batch(2)
        roll_up()

        assert counted() == 3

    def test_roll_up_finds_an_event_that_is_committed_after_those_of_the_next_hour(self, monkeypatch):
        begin = datetime(2026, 3, 1, 7, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: begin + timedelta(minutes=65))
        for minutes in (61, 59):
            EventFactory.create(time=begin + timedelta(minutes=minutes))
            roll_up()

        assert hours() == {begin: 1, begin + HOUR: 1}

    def test_roll_up_leaves_settled_hours_alone(self):
        EventFactory.create_batch(2, time=hour_ago(5))
        EventFactory.create(time=hour_ago(0))
        roll_up()
        assert settled() == {hour_ago(5)}

        ProvisioningEvent.objects.filter(time__lt=hour_ago(1)).delete()
        roll_up()

        assert hours() == {hour_ago(5): 2, hour_ago(0): 1}

    def test_roll_up_settles_an_hour_some_time_after_its_end(self, monkeypatch):
        begin = datetime(2026, 3, 1, 7, tzinfo=UTC)
        EventFactory.create(time=begin + timedelta(minutes=59))

        for minutes, expected in ((60, set()), (74, set()), (76, {begin})):
            monkeypatch.setattr(timezone, "now", lambda minutes=minutes: begin + timedelta(minutes=minutes))
            roll_up()
            assert settled() == expected

    def test_roll_up_leaves_out_what_was_rolled_back(self, scim):
        UserFactory.create(username="taken")
        scim.post("/Users", user("taken"))
        ProvisioningEvent.objects.all().delete()

        roll_up()

        assert not EventCount.objects.exists()

    def test_roll_up_keeps_the_counts_of_events_that_outlive_their_connection(self, scim):
        scim.post("/Users", user("a"))
        roll_up()

        scim.connection.delete()
        roll_up()

        assert counted(connection=None) == counted() == 1

    def test_roll_up_reads_only_the_hours_that_are_not_settled(self, django_assert_num_queries):
        EventCountFactory.create(hour=hour_ago(5))
        EventFactory.create(time=hour_ago(5))

        with django_assert_num_queries(3):  # Two for the hours that there are, one for events since.
            roll_up()

    @pytest.mark.skipif(database.vendor != "sqlite", reason="the plan is that of SQLite")
    def test_roll_up_reads_no_hour_that_is_settled(self):
        EventCountFactory.create(hour=hour_ago(5))

        with CaptureQueriesContext(database) as queries:
            roll_up()

        with database.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            assert "scim_event_count_settled (is_settled=?)" in cursor.fetchone()[3]


@pytest.mark.django_db(transaction=True)
def test_no_event_is_lost_from_the_counts_of_simultaneous_requests():
    connection = ConnectionFactory.create()

    def provision(number):
        client = ScimClient(connection)
        for index in range(5):
            client.post("/Users", user(f"user-{number}-{index}"))
            roll_up()
        database.close()

    threads = [Thread(target=provision, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    roll_up()
    assert counted(status=201) == 20


def test_what_was_rehearsed_is_not_counted(connection):
    EventFactory.create(connection=connection, outcome="rehearsed")
    EventFactory.create(connection=connection)

    roll_up()

    assert [count.outcome for count in EventCount.objects.all()] == ["success"]
