"""The history in the admin with 1,000 and with 1,000,000 events: ``python benchmarks/history.py``.

Asks for the pages of the list as a browser does, through Django's test client, first with few events and then
with many. Fails if a page takes more than ten times as long with many.
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
USERS = 100_000
"""How many users the events tell of."""

INTERVAL = timedelta(seconds=30)
"""How much time lies between two events: a million are almost a year."""

MEASURED = 20
"""How often each page is asked for; the median counts."""

CONNECTIONS = {"Busy": 90, "Second": 7, "Third": 3, "Quiet": 0.01}
OPERATIONS = {"create": 15, "modify": 75, "delete": 2, "replace": 8}
REFUSALS = ((409, "uniqueness"), (400, "invalidValue"), (400, "noTarget"), (404, ""), (412, ""))
LETTERS = "abcdefgh"
"""What names begin with; a search for the first of them finds an eighth of the users."""


def fill(size: int, now: datetime) -> None:
    """Add events, each before those that are there, until there are as many as that; and count them."""
    from django_scim.history.counting import roll_up
    from django_scim.models import Connection, EventCount, ProvisioningEvent

    keys = [Connection.objects.get_or_create(name=name)[0].pk for name in CONNECTIONS]
    there = ProvisioningEvent.objects.count()
    made = (event(number, now, keys) for number in range(there, size))
    while batch := list(islice(made, BATCH)):
        ProvisioningEvent.objects.bulk_create(batch)
    # Each lot is older than those before, so the hours that are counted have to be counted again.
    EventCount.objects.all().delete()
    roll_up()


def event(number: int, now: datetime, connections: list[int]) -> Any:
    """Return one event; the same number is always the same event."""
    from django_scim.models import ProvisioningEvent

    chance = random.Random(number)
    is_refused = chance.random() < 0.05
    status, scim_type = chance.choice(REFUSALS) if is_refused else (200, "")
    (operation,) = chance.choices([*OPERATIONS], [*OPERATIONS.values()])
    (connection,) = chance.choices(connections, [*CONNECTIONS.values()])
    is_group = chance.random() < 0.1
    person = chance.randrange(USERS)
    letter = LETTERS[person % len(LETTERS)]
    display = f"Group {person % 500}" if is_group else f"{letter}.user{person}@example.com"
    return ProvisioningEvent(
        time=now - INTERVAL * number,
        connection_id=connection,
        request_id=f"request-{number}",
        method="PATCH",
        path=f"/Users/67fbf7bb-a602-8000-8000-{person:012}",
        request={"Operations": [{"op": "replace", "path": "title", "value": "Tour Guide"}]},
        operation=operation,
        resource_type="Group" if is_group else "User",
        resource_id=f"67fbf7bb-a602-8000-8000-{person:012}",
        display=display,
        display_key=display.lower(),
        external_id=f"external-{person}",
        outcome="refused" if is_refused else "success",
        status=status,
        scim_type=scim_type,
        changes={"title": {"before": "Guide", "after": "Tour Guide"}},
        duration=chance.randrange(5, 200),
    )


def pages(size: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the pages that are measured, with their parameters."""
    from django_scim.admin.history.change_list import text_of
    from django_scim.models import Connection, ProvisioningEvent

    busy = Connection.objects.get(name="Busy").pk
    known = ProvisioningEvent.objects.filter(resource_type="User").order_by("-time").first()
    assert known is not None
    (far,) = ProvisioningEvent.objects.order_by("time", "pk").values_list("time", "pk")[
        size // 5 : size // 5 + 1
    ]
    yield "first page", {}
    yield "far back", {"p": f"after.{text_of(far)}"}
    yield "the oldest", {"p": "last"}
    yield "one connection", {"connection__id__exact": busy}
    yield "its refusals", {"connection__id__exact": busy, "outcome__exact": "refused"}
    yield "resource type", {"resource_type": "Group"}
    yield "nothing found", {"operation__exact": "read", "resource_type": "Group"}
    yield "a name", {"q": known.display}
    yield "an id", {"q": known.resource_id}
    yield "a letter", {"q": LETTERS[0]}


def times(size: int) -> dict[str, float]:
    """Return how many seconds each page takes; asked for in turns, so that what else happens is shared."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    address = reverse("admin:django_scim_provisioningevent_changelist")
    person, _ = User.objects.get_or_create(username="benchmark", is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(person)
    measured: dict[str, list[float]] = {}
    wanted = list(pages(size))
    for turn in range(MEASURED + 1):
        for name, query in wanted:
            started = time.perf_counter()
            response: Any = browser.get(address, query)
            seconds = time.perf_counter() - started
            if response.status_code != 200:
                raise SystemExit(f"{name} was answered by {response.status_code}")
            # The first turn is for what a process keeps.
            if turn:
                measured.setdefault(name, []).append(seconds)
    return {name: median(found) for name, found in measured.items()}


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
        found = []
        for size in (FEW, options.many):
            started = time.perf_counter()
            fill(size, now)
            settle()
            print(f"{size} events, filled in {time.perf_counter() - started:.0f} s", flush=True)
            found.append(times(size))
    few, many = found
    for name in few:
        ratio = many[name] / few[name]
        print(f"{name:15} {few[name] * 1000:7.1f} ms {many[name] * 1000:7.1f} ms  ratio {ratio:.2f}")
    slow = [name for name in few if many[name] > MOST * few[name]]
    if slow:
        raise SystemExit(f"more than {MOST} times as long: {', '.join(slow)}")


if __name__ == "__main__":
    main()
