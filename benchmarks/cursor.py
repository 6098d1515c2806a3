"""100,000 users paged by cursor while others come and go: ``python benchmarks/cursor.py``.

Checks that each user who stays is returned exactly once, and prints how long the first and the last pages
take. ``--sort-by userName`` pages in another order than that of the primary key, ``--without-totals``
leaves ``totalResults`` out.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from statistics import median
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from server import PROJECT, Client, served

STAYING = 100_000
LEAVING = 10_000
PAGE = 200
MEASURED = 20
"""How many pages at each end are measured; the median counts."""

PAUSE = 0.005
"""How many seconds pass between two changes."""


def populate(prefix: str) -> None:
    """Make the users, those who are going to leave among those who stay."""
    from django.contrib.auth.models import User

    every = (STAYING + LEAVING) // LEAVING
    names = (
        f"{prefix}-{'leaves' if number % every == 0 else 'stays'}-{number}"
        for number in range(STAYING + LEAVING)
    )
    User.objects.bulk_create(
        (User(username=name, email=f"{name}@example.com", first_name="Barbara") for name in names),
        batch_size=500,
    )


def change(prefix: str, stop: threading.Event) -> None:
    """Delete a user who leaves, and make a new one, again and again."""
    from django.contrib.auth.models import User
    from django.db import connection

    leaving = User.objects.filter(username__startswith=f"{prefix}-leaves-").values_list("pk", flat=True)
    # From everywhere in the order: before the page that is being read, on it, and after it.
    keys = sorted(leaving, key=lambda key: hash((key, "any order")))
    for number in count():
        if stop.wait(PAUSE):
            break
        User.objects.filter(pk__in=keys[number : number + 1]).delete()
        User.objects.create(username=f"{prefix}-{'az'[number % 2]}-new-{number}")
    connection.close()
    print(f"meanwhile {min(number, len(keys))} users left and {number} came", flush=True)


def pages(client: Client, query: dict[str, Any]) -> Iterator[tuple[float, list[str]]]:
    """Yield how many seconds each page takes, and the names on it."""
    cursor = ""
    while cursor is not None:
        path = f"/Users?{urlencode({**query, 'cursor': cursor})}"
        started = time.perf_counter()
        listing = client.send("GET", path)
        yield time.perf_counter() - started, [resource["userName"] for resource in listing["Resources"]]
        cursor = listing.get("nextCursor")


def check(prefix: str, found: Counter[str]) -> None:
    """Make sure that each user who stays was returned once, and no other more than once.

    :raises SystemExit: If it is not so.
    """
    from django.contrib.auth.models import User

    there = User.objects.filter(username__startswith=f"{prefix}-stays-").values_list("username", flat=True)
    missing = [name for name in there.iterator() if name not in found]
    repeated = [name for name, times in found.items() if times > 1]
    if missing or repeated:
        raise SystemExit(f"{len(missing)} users are missing, {len(repeated)} are repeated")
    print(f"each of the {there.count()} users who stayed was returned once", flush=True)


def main() -> None:
    """Page through all users, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sort-by", help="the attribute to sort by, none by default")
    parser.add_argument("--without-totals", action="store_true", help="leave totalResults out")
    options = parser.parse_args()
    settings = "without_totals" if options.without_totals else "example.settings"
    with served(settings) as client:
        sys.path.insert(0, str(PROJECT))
        import django

        django.setup()
        prefix = uuid4().hex[:8]
        populate(prefix)
        query: dict[str, Any] = {"count": PAGE}
        if options.sort_by:
            query["sortBy"] = options.sort_by
        client.send("GET", f"/Users?{urlencode(query)}")  # The first request imports what all use.
        stop = threading.Event()
        changes = threading.Thread(target=change, args=(prefix, stop))
        changes.start()
        times: list[float] = []
        found: Counter[str] = Counter()
        try:
            for seconds, names in pages(client, query):
                times.append(seconds)
                found.update(names)
        finally:
            stop.set()
            changes.join()
        check(prefix, found)
    # The very last page is not full.
    first, last = median(times[:MEASURED]), median(times[-MEASURED - 1 : -1])
    print(f"{len(times)} pages of {PAGE} in {sum(times):.1f} s")
    print(f"first pages {first * 1000:.1f} ms, last pages {last * 1000:.1f} ms, ratio {last / first:.2f}")


if __name__ == "__main__":
    main()
