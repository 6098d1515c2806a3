"""The history in the admin with 1,000 and with 1,000,000 events: ``python benchmarks/history.py``.

Asks for pages of the list, of accounts and of a connection as a browser does, through Django's test client,
first with few events and then with many. Fails if a page takes more than ten times as long with many, or more
queries.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from typing import Any

from server import PROJECT

FEW = 1_000
MANY = 1_000_000
MOST = 10
"""How many times as long a page may take."""

BATCH = 5_000
USERS = 60_000
"""How many accounts there are, of which the events tell: more than a search reads for a part of a name."""

BUSY = 10
"""Every tenth event is of one account, and every tenth of another, which was hired again in between."""

INTERVAL = timedelta(seconds=30)
"""How much time lies between two events: a million are almost a year."""

MEASURED = 20
"""How often each page is asked for; the median counts."""

CONNECTIONS = {"Busy": 90, "Second": 7, "Third": 3, "Quiet": 0.01}
OPERATIONS = {"create": 15, "modify": 75, "delete": 2, "replace": 8}
EFFECTS = {"create": "created", "modify": "changed", "delete": "deleted", "replace": "changed"}
REFUSALS = ((409, "uniqueness"), (400, "invalidValue"), (400, "noTarget"), (404, ""), (412, ""))
LETTERS = "abcdefgh"
"""What names begin with; a search for the first of them finds an eighth of the users."""


def hire() -> list[int]:
    """Return the keys of the accounts, each with a record and an external id; made if they are not there."""
    from django.contrib.auth.models import User

    from django_scim.mappings.builtin import link_digest
    from django_scim.models import Connection, Link, Record
    from django_scim.resources.registry import registry
    from django_scim.resources.tracking import make_records

    resource_type = registry().get("User")
    assert resource_type is not None
    busy = Connection.objects.get_or_create(name="Busy")[0]
    accounts = User.objects.filter(username__endswith="@example.com").order_by("pk")
    there = accounts.count()
    made = (
        User(username=name_of(each), first_name="Barbara", last_name="Jensen") for each in range(there, USERS)
    )
    while batch := list(islice(made, BATCH)):
        User.objects.bulk_create(batch)
        make_records(resource_type, [account.pk for account in batch])
        records = Record.objects.filter(resource_type="User", links=None)
        Link.objects.bulk_create(
            Link(record=record, connection=busy, external_id=text, digest=link_digest(text))
            for record in records
            for text in [f"external-{record.integer_key}"]
        )
    Record.objects.filter(managed_by=None).update(managed_by=busy)
    keys = list(accounts.values_list("pk", flat=True))
    former = [resource_type.scheme.encode(key) for key in keys[2:4]]
    Record.objects.filter(resource_type="User", integer_key=keys[1]).update(former_ids=former)
    return keys


def name_of(number: int) -> str:
    """Return the user name of an account."""
    return f"{LETTERS[number % len(LETTERS)]}.user{number}@example.com"


def fill(size: int, now: datetime, people: list[int]) -> None:
    """Add events, each before those that are there, until there are as many as that; and count them."""
    from django_scim.history.counting import roll_up
    from django_scim.models import Connection, EventCount, MembershipChange, ProvisioningEvent
    from django_scim.resources.registry import registry

    resource_type = registry().get("User")
    assert resource_type is not None
    identifiers = [resource_type.scheme.encode(key) for key in people]

    keys = [Connection.objects.get_or_create(name=name)[0].pk for name in CONNECTIONS]
    there = ProvisioningEvent.objects.count()
    made = (event(number, now, keys, identifiers) for number in range(there, size))
    while batch := list(islice(made, BATCH)):
        events = ProvisioningEvent.objects.bulk_create(batch)
        MembershipChange.objects.bulk_create(
            MembershipChange(
                event_id=group.pk, member_type="User", member_key=str(people[0]), is_joined=True, position=0
            )
            for group in events
            if group.resource_type == "Group" and group.outcome == "success"
        )
    # Each lot is older than those before, so the hours that are counted have to be counted again.
    EventCount.objects.all().delete()
    roll_up()


def event(number: int, now: datetime, connections: list[int], identifiers: list[str]) -> Any:
    """Return one event; the same number is always the same event."""
    from django_scim.models import ProvisioningEvent

    chance = random.Random(number)
    is_refused = chance.random() < 0.05
    status, scim_type = chance.choice(REFUSALS) if is_refused else (200, "")
    (operation,) = chance.choices([*OPERATIONS], [*OPERATIONS.values()])
    (connection,) = chance.choices(connections, [*CONNECTIONS.values()])
    is_group = chance.random() < 0.1
    person = chance.randrange(USERS)
    # The first accounts are busy; the next ones are what the second of them was called before.
    if not is_group and number % BUSY == 0:
        person = 0
    elif not is_group and number % BUSY == 1:
        person = 1 + number // BUSY % 3
    display = f"Group {person % 500}" if is_group else name_of(person)
    return ProvisioningEvent(
        time=now - INTERVAL * number,
        connection_id=connection,
        request_id=f"request-{number}",
        method="PATCH",
        path=f"/Users/{identifiers[person]}",
        request={"Operations": [{"op": "replace", "path": "title", "value": "Tour Guide"}]},
        operation=operation,
        resource_type="Group" if is_group else "User",
        resource_id=f"67fbf7bb-a602-8000-8000-{person:012}" if is_group else identifiers[person],
        display=display,
        display_key=display.lower(),
        external_id=f"external-{person}",
        outcome="refused" if is_refused else "success",
        effect="refused" if is_refused else EFFECTS[operation],
        summary="" if is_refused else "title: Guide → Tour Guide",
        status=status,
        scim_type=scim_type,
        changes={"title": {"before": "Guide", "after": "Tour Guide"}},
        duration=chance.randrange(5, 200),
    )


def pages(size: int, people: list[int]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the pages that are measured, with their address and its parameters."""
    from django.urls import reverse

    from django_scim.admin.history.change_list import text_of
    from django_scim.models import Connection, ProvisioningEvent, Record

    busy = Connection.objects.get(name="Busy").pk
    users = ProvisioningEvent.objects.filter(resource_type="User").order_by("-time")
    known = next(user for user in users[:100] if int(user.external_id.rpartition("-")[2]) > BUSY)
    (far,) = ProvisioningEvent.objects.order_by("time", "pk").values_list("time", "pk")[
        size // 5 : size // 5 + 1
    ]
    history = reverse("admin:django_scim_provisioningevent_changelist")
    yield "first page", history, {}
    yield "far back", history, {"p": f"after.{text_of(far)}"}
    yield "the oldest", history, {"p": "last"}
    yield "one connection", history, {"connection__id__exact": busy}
    yield "its refusals", history, {"connection__id__exact": busy, "outcome__exact": "refused"}
    yield "resource type", history, {"resource_type": "Group"}
    yield "nothing found", history, {"operation__exact": "read", "resource_type": "Group"}
    yield "a name", history, {"q": known.display}
    yield "an id", history, {"q": known.resource_id}
    yield "a letter", history, {"q": LETTERS[0]}
    problems = reverse("admin:django_scim_provisioningevent_problems")
    yield "open problems", problems, {}
    yield "those of one", problems, {"connection": busy}

    records = dict(Record.objects.filter(resource_type="User").values_list("integer_key", "pk"))
    newest = people[int(known.external_id.rpartition("-")[2])]
    for name, key in (("busy account", people[0]), ("hired again", people[1]), ("an account", newest)):
        yield name, reverse("admin:django_scim_record_change", args=(records[key],)), {}
    resources = reverse("admin:django_scim_record_changelist")
    yield "part of a name", resources, {"q": f"ser{USERS - 1}"}
    # It is older than those that are read for a part of a name, so the history is asked for its beginning.
    yield "old account", resources, {"q": name_of(0)[:10]}
    yield "nobody", resources, {"q": "schmidt"}
    yield "connections", reverse("admin:django_scim_connection_changelist"), {}
    yield "a connection", reverse("admin:django_scim_connection_change", args=(busy,)), {}


def measure(size: int, people: list[int], times: int) -> dict[str, tuple[float, int]]:
    """Return how many seconds each page takes, and how many queries.

    They are asked for in turns, so that what else happens is shared.

    :param times: How often each is asked for.
    """
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    person, _ = User.objects.get_or_create(username="benchmark", is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(person)
    measured: dict[str, list[float]] = {}
    queries = {}
    wanted = list(pages(size, people))
    for turn in range(times + 1):
        for name, address, query in wanted:
            # The first turn is for what a process keeps, and the second one counts.
            if turn == 1:
                with CaptureQueriesContext(connection) as captured:
                    browser.get(address, query)
                queries[name] = len(captured)
            started = time.perf_counter()
            response: Any = browser.get(address, query)
            seconds = time.perf_counter() - started
            if response.status_code != 200:
                raise SystemExit(f"{name} was answered by {response.status_code}")
            if turn:
                measured.setdefault(name, []).append(seconds)
    return {name: (median(found), queries[name]) for name, found in measured.items()}


def settle() -> None:
    """Do what PostgreSQL does by itself some time after many rows have come in."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def main() -> None:
    """Print the times of each page with few events and with many, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY, help="how many events many are")
    parser.add_argument("--measured", type=int, default=MEASURED, help="how often each page is asked for")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/benchmark.sqlite3")
        os.environ.update(DEBUG="0", SECRET_KEY="benchmark", ALLOWED_HOSTS="testserver")
        os.environ.update(DJANGO_SETTINGS_MODULE="example.settings")
        sys.path.insert(0, str(PROJECT))
        import django
        from django.core.management import call_command
        from django.utils import timezone

        django.setup()
        call_command("migrate", verbosity=0, skip_checks=True)
        now = timezone.now()
        people = hire()
        found = []
        for size in (FEW, options.many):
            started = time.perf_counter()
            fill(size, now, people)
            settle()
            print(f"{size} events, filled in {time.perf_counter() - started:.0f} s", flush=True)
            found.append(measure(size, people, options.measured))
    few, many = found
    slow = []
    for name, (seconds, queries) in few.items():
        later, more = many[name]
        print(
            f"{name:15} {seconds * 1000:7.1f} ms {later * 1000:7.1f} ms  ratio {later / seconds:.2f}"
            f"  {queries} queries {more}"
        )
        if later > MOST * seconds or more > queries:
            slow.append(name)
    if slow:
        raise SystemExit(f"more than {MOST} times as long, or more queries: {', '.join(slow)}")


if __name__ == "__main__":
    main()
