"""Figures of the history, from its counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from django_scim.history.statistics import Refusal, days, percentile, recent_refusals
from django_scim.models.provisioning_event import DURATIONS
from tests.factories import ConnectionFactory, EventCountFactory

NOW = datetime(2026, 4, 10, 9, 30, tzinfo=UTC)


@pytest.fixture
def count(connection):
    """Return what makes a row of counts."""

    def make(hour, number=1, **fields):
        return EventCountFactory.create(**{"connection": connection, "hour": hour, "count": number, **fields})

    return make


@pytest.fixture(autouse=True)
def now():
    with patch("django_scim.history.statistics.timezone.now", return_value=NOW), timezone.override(UTC):
        yield


def totals(found):
    """Return the days that have events, with their number."""
    return {day.date: day.outcomes.total() for day in found if day.outcomes}


# Days


def test_statistics_have_the_last_thirty_days_with_and_without_events(connection, count):
    count(NOW.replace(hour=9, minute=0), 3)
    found = days(connection)

    assert [day.date for day in found] == [date(2026, 3, 12) + timedelta(days=n) for n in range(30)]
    assert totals(found) == {date(2026, 4, 10): 3}


def test_statistics_leave_out_events_before_the_first_day(connection, count):
    count(datetime(2026, 3, 11, 23, tzinfo=UTC))
    count(datetime(2026, 3, 12, 0, tzinfo=UTC))

    assert totals(days(connection)) == {date(2026, 3, 12): 1}


def test_statistics_sum_events_up_by_outcome_and_by_duration(connection, count):
    hour = datetime(2026, 4, 9, 8, tzinfo=UTC)
    count(hour, 2, status=200, duration=10)
    count(hour, 3, status=201, duration=20)
    count(hour, 5, outcome="refused", status=409, scim_type="uniqueness", duration=20)
    (day,) = [day for day in days(connection) if day.outcomes]

    assert day.outcomes == {"success": 5, "refused": 5}
    assert day.durations == {10: 2, 20: 8}


def test_days_of_statistics_begin_in_the_time_zone_of_the_reader(connection, count):
    count(datetime(2026, 4, 8, 21, tzinfo=UTC), 1)
    count(datetime(2026, 4, 8, 22, tzinfo=UTC), 2)

    with timezone.override(ZoneInfo("Europe/Berlin")):
        found = days(connection)

    assert totals(found) == {date(2026, 4, 8): 1, date(2026, 4, 9): 2}


def test_a_day_of_23_or_25_hours_ends_where_the_next_begins(connection, count):
    """In Berlin, 29 March 2026 has 23 hours."""
    count(datetime(2026, 3, 28, 22, tzinfo=UTC), 1)
    count(datetime(2026, 3, 28, 23, tzinfo=UTC), 2)
    count(datetime(2026, 3, 29, 21, tzinfo=UTC), 4)
    count(datetime(2026, 3, 29, 22, tzinfo=UTC), 8)

    with timezone.override(ZoneInfo("Europe/Berlin")):
        found = days(connection)

    assert totals(found) == {date(2026, 3, 28): 1, date(2026, 3, 29): 6, date(2026, 3, 30): 8}


def test_an_hour_across_midnight_belongs_to_the_day_in_which_it_began(connection, count):
    """Midnight of Kolkata is half past an hour of UTC."""
    count(datetime(2026, 4, 8, 18, tzinfo=UTC), 1)
    count(datetime(2026, 4, 8, 19, tzinfo=UTC), 2)

    with timezone.override(ZoneInfo("Asia/Kolkata")):
        found = days(connection)

    assert totals(found) == {date(2026, 4, 8): 1, date(2026, 4, 9): 2}


def test_statistics_are_of_a_connection_or_of_all_also_of_connections_that_are_gone(connection, count):
    hour = datetime(2026, 4, 9, 8, tzinfo=UTC)
    count(hour, 1)
    count(hour, 2, connection=ConnectionFactory.create())
    count(hour, 4, connection=None)

    assert totals(days(connection)) == {date(2026, 4, 9): 1}
    assert totals(days(None)) == {date(2026, 4, 9): 7}


@pytest.mark.parametrize("many", [1, 200])
def test_days_of_statistics_take_one_query(connection, count, django_assert_num_queries, many):
    for hours in range(many):
        count(datetime(2026, 4, 9, tzinfo=UTC) - timedelta(hours=hours))

    with django_assert_num_queries(1):
        days(connection)


# Percentiles


@pytest.mark.parametrize(
    ("durations", "percent", "milliseconds"),
    [
        ({}, 50, None),
        ({10: 0}, 50, None),
        ({1: 1}, 50, 0.5),
        # All between 5 and 10: half of them within the lower half.
        ({10: 100}, 50, 7.5),
        ({10: 100}, 95, 9.75),
        # Exact at a bound.
        ({10: 50, 200: 50}, 50, 10),
        # 45 of the 50 that took from 100 to 200.
        ({10: 50, 200: 50}, 95, 190),
        ({1: 98, 30_000: 2}, 99, 20_000),
    ],
)
def test_a_percentile_is_interpolated_between_the_bounds(durations, percent, milliseconds):
    assert percentile(durations, percent) == milliseconds


@pytest.mark.parametrize("percent", [50, 95, 99])
def test_a_percentile_is_in_the_range_of_what_it_stands_for(percent):
    for bound, lower in zip(DURATIONS[1:], DURATIONS, strict=False):
        found = percentile({bound: 7}, percent)
        assert found is not None
        assert lower <= found <= bound


# Refusals


def test_recent_refusals_are_the_most_frequent_first(connection, count):
    count(datetime(2026, 4, 10, 8, tzinfo=UTC), 2, outcome="refused", status=400, scim_type="invalidValue")
    for hour in (7, 8):
        count(
            datetime(2026, 4, 10, hour, tzinfo=UTC), 3, outcome="refused", status=409, scim_type="uniqueness"
        )
    count(datetime(2026, 4, 10, 8, tzinfo=UTC), 50)

    assert recent_refusals(connection) == [Refusal(409, "uniqueness", 6), Refusal(400, "invalidValue", 2)]


def test_refusals_are_recent_from_the_hour_on_in_which_it_was_a_day_ago(connection, count):
    count(datetime(2026, 4, 9, 8, tzinfo=UTC), 1, outcome="refused", status=404)
    count(datetime(2026, 4, 9, 9, tzinfo=UTC), 2, outcome="refused", status=404)

    assert recent_refusals(connection) == [Refusal(404, "", 2)]


def test_refusals_are_those_of_the_connection(connection, count):
    count(
        datetime(2026, 4, 10, 8, tzinfo=UTC),
        connection=ConnectionFactory.create(),
        outcome="refused",
        status=404,
    )

    assert recent_refusals(connection) == []
