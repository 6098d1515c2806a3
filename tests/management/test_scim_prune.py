"""``manage.py scim_prune``: the old part of the history."""

from __future__ import annotations

import io
from datetime import timedelta
from io import StringIO
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.db import connection as database
from django.db.models.signals import post_delete
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.history.counting import roll_up
from django_scim.history.pruning import events_before
from django_scim.models import EventCount, ProvisioningEvent
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db


def make_events(count, **age):
    """Make events that are as old as that."""
    time = timezone.now() - timedelta(**age)
    return ProvisioningEvent.objects.bulk_create(
        ProvisioningEvent(time=time, request_id="1", operation="create", outcome="success", status=201)
        for _ in range(count)
    )


def make_count(**age):
    """Make a count of an hour that is as old as that."""
    return EventCount.objects.create(
        connection=ConnectionFactory.create(),
        hour=timezone.now() - timedelta(**age),
        outcome="success",
        status=201,
        duration=5,
        count=3,
    )


def run(*arguments, **options):
    """Run the command; return what it reports."""
    out = StringIO()
    call_command("scim_prune", *arguments, stdout=out, **options)
    return out.getvalue()


def remaining():
    """Return the events that there are."""
    return list(ProvisioningEvent.objects.order_by("pk"))


class TestAge:
    @pytest.mark.parametrize("age", ["2d", "48h", "2w"])
    def test_the_age_to_prune_tells_what_is_deleted(self, age):
        hours = {"2d": 48, "48h": 48, "2w": 2 * 7 * 24}[age]
        make_events(3, hours=hours + 1)
        young = make_events(2, hours=hours - 1)

        report = run("--older-than", age)

        assert report.startswith("Deleted 3 events older than 20")
        assert remaining() == young

    def test_the_age_to_prune_is_that_of_the_settings_where_none_is_given(self, settings):
        settings.DJANGO_SCIM = {"HISTORY_RETENTION": 30}
        make_events(1, days=31)
        young = make_events(1, days=29)

        run()

        assert remaining() == young

    def test_the_age_to_prune_that_is_given_counts_for_more_than_the_settings(self, settings):
        settings.DJANGO_SCIM = {"HISTORY_RETENTION": 1}
        events = make_events(1, days=2)

        run("--older-than", "3d")

        assert remaining() == events

    def test_the_age_to_prune_has_to_be_given_somewhere(self):
        events = make_events(1, days=1000)

        with pytest.raises(CommandError, match="--older-than 90d, or set HISTORY_RETENTION"):
            run()

        assert remaining() == events

    @pytest.mark.parametrize(
        "age", ["", "d", "90", "0d", "-1d", "90 d", "1.5d", "90m", "90D", "٩d", "100000w", "1d\n", "9" * 5000]
    )
    @pytest.mark.parametrize("option", ["--older-than", "--counts-older-than"])
    def test_the_age_to_prune_of_another_form_is_an_error(self, option, age):
        events = make_events(1, days=1000)

        with pytest.raises(CommandError, match=f"argument {option}: (?s:.*) is not an age such as 90d"):
            run(f"{option}={age}")

        assert remaining() == events

    @pytest.mark.parametrize("retention", [10**9, 10**30])
    def test_the_age_to_prune_may_be_longer_than_the_calendar(self, settings, retention):
        settings.DJANGO_SCIM = {"HISTORY_RETENTION": retention}
        events = make_events(1, days=1000)

        assert run("--older-than", "99999w").startswith("Deleted 0 events")
        assert run().startswith("Deleted 0 events")

        assert remaining() == events


class TestCounts:
    def test_counts_of_events_are_made_before_the_events_are_deleted(self):
        make_events(4, days=2)

        run("--older-than", "1d")

        assert (remaining(), EventCount.objects.get().count) == ([], 4)

    def test_counts_of_events_stay_where_nothing_is_said_of_them(self):
        count = make_count(days=1000)

        run("--older-than", "1d")

        assert EventCount.objects.get() == count

    def test_counts_of_events_are_deleted_by_an_age_of_their_own(self):
        make_count(days=31)
        young = make_count(days=29)
        events = make_events(1, days=31)

        report = run("--counts-older-than", "30d", "--older-than", "90d")

        assert EventCount.objects.get() == young
        assert remaining() == events
        assert [line[:16] for line in report.splitlines()] == ["Deleted 0 events", "Deleted 1 counts"]

    def test_counts_of_events_may_be_deleted_alone(self):
        make_count(days=31)
        events = make_events(1, days=31)

        run("--counts-older-than", "30d")

        assert (EventCount.objects.count(), remaining()) == (0, events)


class TestDryRun:
    def test_a_dry_run_of_scim_prune_counts_and_deletes_nothing(self):
        events, count = make_events(3, days=2), make_count(days=2)

        report = run("--older-than", "1d", "--counts-older-than", "1d", "--dry-run")

        assert (remaining(), EventCount.objects.get()) == (events, count)
        first, second = report.splitlines()
        assert first.startswith("3 events are older than 20")
        assert second.startswith("1 counts are older than 20")
        assert "Nothing was deleted" in report


def queries_of_pruning(count, size=10):
    """Return how many queries it takes to delete so many events."""
    make_events(count, days=2)
    roll_up()
    with CaptureQueriesContext(database) as queries:
        run("--older-than", "1d", "--batch-size", str(size))
    return len(queries)


class TestBatches:
    def test_batches_to_prune_are_transactions_of_their_own(self):
        make_events(7, days=2)
        roll_up()

        with CaptureQueriesContext(database) as queries:
            run("--older-than", "1d", "--batch-size", "3")

        table = ProvisioningEvent._meta.db_table
        deletions = [
            query["sql"] for query in queries if query["sql"].startswith("DELETE") and table in query["sql"]
        ]
        assert len(deletions) == 3
        assert remaining() == []

    def test_batches_to_prune_may_end_amid_events_of_the_same_time(self):
        make_events(5, days=2)
        ProvisioningEvent.objects.update(time=timezone.now() - timedelta(days=2))

        report = run("--older-than", "1d", "--batch-size", "2")

        assert report.startswith("Deleted 5 events")
        assert remaining() == []

    def test_batches_to_prune_take_the_same_number_of_queries_each(self):
        one, two, four = (queries_of_pruning(count) for count in (10, 20, 40))

        assert four - two == 2 * (two - one)

    def test_batches_to_prune_take_the_same_number_of_queries_whatever_their_size(self):
        assert queries_of_pruning(10, size=10) == queries_of_pruning(500, size=500)

    def test_batches_to_prune_do_not_load_the_events(self):
        make_events(5, days=2)

        with CaptureQueriesContext(database) as queries:
            run("--older-than", "1d")

        assert not [query["sql"] for query in queries if "changes" in query["sql"]]

    def test_batches_to_prune_tell_the_signals_of_the_project(self):
        deleted = []

        def note(instance, **kwargs):
            deleted.append(instance.pk)

        events = [event.pk for event in make_events(5, days=2)]
        post_delete.connect(note, sender=ProvisioningEvent)
        try:
            run("--older-than", "1d", "--batch-size", "2")
        finally:
            post_delete.disconnect(note, sender=ProvisioningEvent)

        assert sorted(deleted) == events

    def test_batches_to_prune_as_large_as_they_may_be_are_one_statement(self):
        make_events(10_000, days=2)

        assert run("--older-than", "1d", "--batch-size", "10000").startswith("Deleted 10000 events")

    @pytest.mark.parametrize("size", ["0", "-5", "10001", "many", "1.5", "9" * 5000])
    def test_batches_to_prune_of_another_size_are_an_error(self, size):
        with pytest.raises(CommandError, match="is not a number from 1 to 10000"):
            run("--older-than", "1d", f"--batch-size={size}")

    def test_batches_to_prune_are_found_by_the_index_on_the_time(self):
        make_events(500, days=2)

        plan = events_before(timezone.now())[:10].values_list("pk", "time").explain()

        assert "scim_event_time" in plan
        assert "USE TEMP B-TREE" not in plan
        assert "filesort" not in plan


class Terminal(io.StringIO):
    """What somebody is watching."""

    def isatty(self) -> bool:
        return True


class TestProgress:
    def test_the_progress_of_scim_prune_is_shown_at_a_terminal(self):
        make_events(4, days=2)
        terminal = Terminal()

        run("--older-than", "1d", "--batch-size", "2", stderr=terminal)

        shown = terminal.getvalue()
        assert shown.startswith(f"\r[{'#' * 20}{' ' * 20}]  50% 2\r[")
        assert shown.endswith(f"[{'#' * 40}] 100% 4\n")

    def test_the_progress_of_scim_prune_is_neither_shown_nor_counted_elsewhere(self):
        make_events(4, days=2)
        roll_up()
        log = StringIO()

        with CaptureQueriesContext(database) as queries:
            run("--older-than", "1d", stderr=log)

        assert log.getvalue() == ""
        assert not [query["sql"] for query in queries if "COUNT(" in query["sql"]]


class TestInterruption:
    @pytest.fixture
    def stop_after(self):
        """Lets something go wrong with the deletion of the fourth event."""
        deleted = []

        def stop(error):
            def note(**kwargs):
                deleted.append(kwargs["instance"])
                if len(deleted) == 4:
                    raise error

            receivers.append(note)
            post_delete.connect(note, sender=ProvisioningEvent)

        receivers: list[Any] = []
        yield stop
        for receiver in receivers:
            post_delete.disconnect(receiver, sender=ProvisioningEvent)

    @pytest.mark.django_db(transaction=True)
    def test_an_interruption_of_scim_prune_leaves_whole_batches(self, stop_after):
        make_events(6, days=2)
        stop_after(KeyboardInterrupt())

        with pytest.raises(CommandError, match="Interrupted after 2 events") as raised:
            run("--older-than", "1d", "--batch-size", "2")

        assert raised.value.returncode == 130
        assert len(remaining()) == 4
        assert run("--older-than", "1d", "--batch-size", "2").startswith("Deleted 4 events")

    @pytest.mark.django_db(transaction=True)
    def test_an_interruption_of_scim_prune_by_the_database_is_an_error(self, stop_after):
        make_events(6, days=2)
        stop_after(DatabaseError("the disk is full"))

        with pytest.raises(CommandError, match="refused after 2 events: the disk is full") as raised:
            run("--older-than", "1d", "--batch-size", "2")

        assert raised.value.returncode == 1
        assert len(remaining()) == 4


@pytest.mark.django_db(transaction=True)
def test_two_commands_at_once_prune_everything_together():
    make_events(300, days=2)
    young = make_events(3, hours=1)
    reports, start = [], Barrier(2)

    def prune():
        start.wait()
        try:
            reports.append(run("--older-than", "1d", "--batch-size", "7"))
        finally:
            database.close()

    threads = [Thread(target=prune) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(int(report.split()[1]) for report in reports) == 300
    assert remaining() == young
