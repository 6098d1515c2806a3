"""100,000 users paged by cursor while others come and go: ``python benchmarks/cursor.py``.

Checks that each user who stays is returned exactly once, and prints how long the first and the last page
take. ``--sort-by userName`` pages in another order than that of the primary key, ``--without-totals``
leaves ``totalResults`` out.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from itertools import count
from statistics import median
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from server import PROJECT, Client, served

STAYING = 100_000
LEAVING = 10_000
PAGE = 200
MEASURED = 50
"""How often the first and the last page are measured, in turn; the median counts."""

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


def path_of(query: dict[str, Any], cursor: str) -> str:
    """Return the path of a page."""
    return f"/Users?{urlencode({**query, 'cursor': cursor})}"


def seconds_of(client: Client, path: str) -> float:
    """Return how many seconds a page takes."""
    started = time.perf_counter()
    client.send("GET", path)
    return time.perf_counter() - started


def read_all(client: Client, query: dict[str, Any]) -> tuple[Counter[str], list[str]]:
    """Return how often each user was returned, and the cursors that led to the pages."""
    found: Counter[str] = Counter()
    cursors = [""]
    while True:
        listing = client.send("GET", path_of(query, cursors[-1]))
        found.update(resource["userName"] for resource in listing["Resources"])
        if "nextCursor" not in listing:
            return found, cursors
        cursors.append(listing["nextCursor"])


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
    settings = "without_totals" if options.without_totals else "unlimited"
    with served(settings) as client:
        sys.path.insert(0, str(PROJECT))
        import django

        django.setup()
        prefix = uuid4().hex[:8]
        populate(prefix)
        query: dict[str, Any] = {"count": PAGE}
        if options.sort_by:
            query["sortBy"] = options.sort_by
        client.send("GET", "/Users?count=0")  # The first request imports what all use.
        stop = threading.Event()
        changes = threading.Thread(target=change, args=(prefix, stop))
        changes.start()
        try:
            started = time.perf_counter()
            found, cursors = read_all(client, query)
            print(f"{len(cursors)} pages of {PAGE} in {time.perf_counter() - started:.1f} s", flush=True)
            # The very last page is not full. In turn, so that what else the machine does is shared.
            paths = [path_of(query, cursors[0]), path_of(query, cursors[-2])]
            times = [[seconds_of(client, path) for path in paths] for _ in range(MEASURED)]
        finally:
            stop.set()
            changes.join()
        check(prefix, found)
    first, last = (median(column) for column in zip(*times, strict=True))
    print(f"first page {first * 1000:.1f} ms, last page {last * 1000:.1f} ms, ratio {last / first:.2f}")


if __name__ == "__main__":
    main()
