"""Events are found in the order of time whatever is asked for, and through an index."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from django.db import connection as database

from django_scim.history import selection as selection_module
from django_scim.history.selection import EventSelection
from django_scim.models import Connection, ProvisioningEvent
from tests.factories import ConnectionFactory
from tests.indexes.plans import EXPLAIN

NOON = datetime(2025, 6, 30, 12, tzinfo=UTC)
NAMES = ("bjensen", "bjones", "BJensen", "jsmith", "b%", "größe", "")
CHOICES = {
    "outcome": ("success", "refused"),
    "operation": ("create", "modify", "search"),
    "effect": ("changed", "deactivated", "refused"),
    "resource_type": ("User", "Group", "Robot"),
    "resource_id": ("id-1", "id-2", ""),
    "external_id": ("bjensen", "id-1", ""),
    "request_id": ("request-1", "jsmith"),
}


def made(number, connections):
    """Make events that have all kinds of things in common, some of them at one moment."""
    chance = random.Random(1)
    events = []
    for _ in range(number):
        display = chance.choice(NAMES)
        values = {name: chance.choice(choices) for name, choices in CHOICES.items()}
        events.append(
            ProvisioningEvent(
                connection=chance.choice([*connections, None]),
                time=NOON + timedelta(seconds=chance.randrange(number)),
                display=display,
                display_key=display.lower(),
                status=200,
                **values,
            )
        )
    return ProvisioningEvent.objects.bulk_create(events)


@pytest.fixture
def connections(db):
    return ConnectionFactory.create_batch(2)


@pytest.fixture
def events(connections):
    return made(300, connections)


def exact(text):
    """Return a text as the database compares it: the usual collation of MariaDB and MySQL folds case."""
    return text.lower() if database.vendor == "mysql" else text


def is_selected(event, equal, search):
    """Whether an event meets the conditions, as a reader would have it."""
    identifiers = [exact(text) for text in (event.resource_id, event.external_id, event.request_id)]
    found = not search or event.display.lower().startswith(search.lower()) or exact(search) in identifiers
    return found and all(getattr(event, column) == value for column, value in equal.items())


def questions(connections):
    """Return what the tests ask for: all combinations of columns, with and without a search."""
    values = {
        "connection_id": connections[0].pk,
        "outcome": "refused",
        "operation": "modify",
        "effect": "deactivated",
        "resource_type": "Group",
        "resource_id": "id-1",
    }
    for size in range(len(values) + 1):
        for columns in combinations(values, size):
            yield {column: values[column] for column in columns}
    yield {"connection_id": None}
    yield {"connection_id": None, "outcome": "success"}
    yield {"outcome": "no outcome"}
    yield {"external_id": "id-1", "request_id": "jsmith"}


@pytest.mark.parametrize(
    "search", ["", "b", "BJENSEN", "bjensen", "jsmith", "id-1", "b%", "GRÖSSE", "nobody"]
)
def test_a_selection_finds_the_events_that_a_look_at_each_would(connections, events, search):
    for equal in questions(connections):
        wanted = sorted(
            ((event.time, event.pk) for event in events if is_selected(event, equal, search)), reverse=True
        )
        selection = EventSelection(ProvisioningEvent.objects.all(), equal=equal, search=search)

        assert selection.keys(1000) == wanted
        assert selection.keys(1000, ascending=True) == wanted[::-1]
        assert sorted(event.pk for event in selection.all()) == sorted(pk for _, pk in wanted)
        assert [event.pk for batch in selection.batches(7) for event in batch] == [pk for _, pk in wanted]


@pytest.mark.parametrize("ascending", [False, True])
def test_a_selection_that_is_read_on_finds_the_next_events(connections, events, ascending):
    for equal in ({}, {"outcome": "refused"}, {"resource_type": "User"}, {"resource_id": "id-1"}):
        selection = EventSelection(ProvisioningEvent.objects.all(), equal=equal)
        every = selection.keys(1000, ascending=ascending)

        for index in range(0, len(every), 20):
            found = selection.keys(3, beyond=every[index], ascending=ascending)
            assert found == every[index + 1 : index + 4]


def test_a_selection_keeps_conditions_on_the_time_and_others(events):
    chosen = ProvisioningEvent.objects.filter(time__gte=NOON + timedelta(seconds=100), status=200)

    for search in ("", "b"):
        selection = EventSelection(chosen, equal={"outcome": "refused"}, search=search)
        wanted = [
            event.pk
            for event in events
            if event.time >= NOON + timedelta(seconds=100)
            and is_selected(event, {"outcome": "refused"}, search)
        ]
        assert sorted(pk for _, pk in selection.keys(1000)) == sorted(wanted)


def test_a_selection_is_read_in_batches_from_where_the_keys_end(events, monkeypatch):
    monkeypatch.setattr(selection_module, "KEYS", 20)

    for search in ("", "b"):
        selection = EventSelection(ProvisioningEvent.objects.all(), search=search)
        read = [event.pk for batch in selection.batches(7) for event in batch]
        assert read == [pk for _, pk in selection.keys(1000)]
        assert len(read) > 60


def test_a_selection_of_no_events_is_empty():
    selection = EventSelection(ProvisioningEvent.objects.none(), equal={"outcome": "refused"}, search="b")

    assert selection.keys(10) == []
    assert list(selection.batches(10)) == []


# Plans


LARGE = ("SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off", "SET LOCAL enable_sort = off")
"""What PostgreSQL is told, which reads all of a few rows and sorts them; of many it would not."""


@pytest.fixture
def many(connections):
    """Enough events for each database to look for them by index."""
    made(3000, connections)
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            for statement in (*LARGE, f"ANALYZE {ProvisioningEvent._meta.db_table}"):
                cursor.execute(statement)
    return connections


def plan_of(queryset):
    """Return how the database finds the events of a query."""
    sql, parameters = queryset.query.sql_with_params()
    with database.cursor() as cursor:
        cursor.execute(EXPLAIN.get(database.vendor, "EXPLAIN ") + sql, parameters)
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


def is_sorted(plan):
    """Whether the events are put in order after they are found."""
    return any(word in plan for word in ("TEMP B-TREE", "filesort", "Sort Key"))


def test_a_selection_reads_events_from_an_index_in_their_order(many):
    for equal in questions(many):
        for branch in EventSelection(ProvisioningEvent.objects.all(), equal=equal).branches:
            plan = plan_of(branch.first(101, ascending=False))
            assert "scim_event_" in plan, plan
            assert not is_sorted(plan), plan


def test_a_page_of_events_far_back_is_a_range_of_an_index(many):
    for equal in questions(many):
        selection = EventSelection(ProvisioningEvent.objects.filter(time__lte=NOON), equal=equal)
        for branch in selection.branches:
            plan = plan_of(branch.first(101, ascending=False))
            assert "scim_event_" in plan, plan
            assert not is_sorted(plan), plan


def test_each_way_of_searching_events_has_its_index(many):
    for equal in ({}, {"connection_id": many[0].pk, "outcome": "refused", "operation": "modify"}):
        branches = EventSelection(ProvisioningEvent.objects.all(), equal=equal, search="jsm").branches
        plans = [plan_of(branch.first(101, ascending=False)) for branch in branches]
        names = ("resource", "external_id", "request", "display")

        for name, plan in zip(names, plans, strict=True):
            assert f"scim_event_{name}" in plan, plan


def test_the_parts_of_a_selection_do_not_grow_with_the_connections(connections):
    few = len(EventSelection(ProvisioningEvent.objects.all(), equal={"resource_type": "User"}).branches)
    ConnectionFactory.create_batch(20)

    assert Connection.objects.count() == 22
    assert (
        len(EventSelection(ProvisioningEvent.objects.all(), equal={"resource_type": "User"}).branches) == few
    )
