"""What a request costs with 1,000, with 100,000 and with 1,000,000 users: ``python benchmarks/growth.py``.

Prints the CPU of the application and of its session of the database, in milliseconds a request, and the
ratio of the most users to the fewest. Fails if a look-up, a page or a write costs more than 1.3 times as
much, unless it is one of those that have to read all rows.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO, StringIO
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from server import PROJECT, ROOT

SIZES = (1_000, 100_000, 1_000_000)
MOST = 1.3
"""How many times as much a request may cost."""

MEASURED = 30
"""How often each request is measured, in turns; the median counts."""

WARM = 200
"""How many requests the process has served before: a young one is faster."""

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"

Send = Callable[[int], Any]
"""Sends a request about the account of a number, and returns the answer."""


class Refused(Exception):
    """An answer is an error, such as that a query takes too long."""


class Application:
    """The WSGI application of the example project, called without a server in between."""

    def __init__(self, token: str) -> None:
        from django.core.wsgi import get_wsgi_application

        self.application = get_wsgi_application()
        self.token = token

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of an answer.

        :raises Refused: If the answer is an error.
        """
        content = b"" if body is None else json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": ROOT + path,
            "QUERY_STRING": urlencode(query),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/scim+json",
            "CONTENT_LENGTH": str(len(content)),
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(content),
            "wsgi.errors": sys.stderr,
        }
        found: list[str] = []
        response: Any = self.application(environ, lambda status, _: found.append(status))  # type: ignore[arg-type, misc]
        answer = json.loads(b"".join(response) or b"null")
        response.close()
        if found[0] >= "400":
            raise Refused(f"{method} {path} {query} was answered by {found[0]}: {answer}")
        return answer


def database_process() -> Path | None:
    """Return where the system tells of the session of the database, or None if that is no other process."""
    from django.db import connection

    questions = {
        "postgresql": "SELECT pg_backend_pid()",
        "mysql": "SELECT tid FROM information_schema.processlist WHERE id = CONNECTION_ID()",
    }
    if connection.vendor not in questions:
        return None
    with connection.cursor() as cursor:
        cursor.execute(questions[connection.vendor])
        (found,) = cursor.fetchone()
    place = Path(f"/proc/{found}/task/{found}/schedstat")
    with suppress(OSError):
        return place if place.read_text() else None
    return None


class Meter:
    """Tells how much CPU is used: by this process, and by its session of the database."""

    def __init__(self) -> None:
        self.process = database_process()

    def used(self) -> float:
        """Return the milliseconds until now."""
        database = 0 if self.process is None else int(self.process.read_text().split()[0])
        return time.process_time() * 1000 + database / 1_000_000


MACHINE = "the machine"
"""What is measured beside the requests: shared machines are slower at one time than at another."""


def work(number: int) -> int:
    """Do what costs the same however many users there are."""
    return sum(each % 7 for each in range(100_000))


def requests(application: Application, crowd: Any) -> Iterator[tuple[str, bool, Send]]:
    """Yield the name of each request, whether it has to cost the same, and what sends it."""
    fresh = count(int(time.time() * 1000))

    def query(path: str, expected: int | None, make: Callable[[int], dict[str, Any]]) -> Send:
        def send(number: int) -> Any:
            answer = application.send("GET", path, **make(number))
            if expected is not None and answer.get("totalResults", expected) != expected:
                raise SystemExit(f"{make(number)} found {answer['totalResults']}, not {expected}")
            return answer

        return send

    def users(expected: int | None, filter: Callable[[int], str], **others: Any) -> Send:
        return query("/Users", expected, lambda number: {"filter": filter(number), "count": 10, **others})

    def provisioned(number: int) -> int:
        return number - 1 if crowd.is_by_hand(number) else number

    def hand(number: int) -> int:
        return number if crowd.is_by_hand(number) else number + 1

    def document() -> dict[str, Any]:
        name = f"new{next(fresh)}"
        return {
            "schemas": [USER, ENTERPRISE],
            "userName": f"{name}@example.com",
            "externalId": name,
            "displayName": name,
            "name": {"givenName": "Ada", "familyName": name},
            "emails": [
                {"value": f"{name}@example.com", "type": "work", "primary": True},
                {"value": f"{name}@home.example.com", "type": "home"},
            ],
            ENTERPRISE: {"manager": {"value": crowd.identifier(0)}},
        }

    def patch(number: int) -> Any:
        number = provisioned(20 + number % 40)
        active = next(fresh) % 2 == 0
        body = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": active}]}
        return application.send("PATCH", f"/Users/{crowd.identifier(number)}", body)

    def sorted_from(cursor: str) -> Send:
        return query("/Users", None, lambda _: {"sortBy": "userName", "cursor": cursor, "count": 10})

    cursor = ""
    for _ in range(5):
        cursor = application.send("GET", "/Users", sortBy="userName", cursor=cursor, count=10)["nextCursor"]
    recent = crowd.changed.replace(year=crowd.changed.year - 1).strftime("%Y-%m-%dT%H:%M:%SZ")

    name, home = crowd.name, lambda number: crowd.name(number).replace("@", "@home.")
    yield "GET", True, lambda number: application.send("GET", f"/Users/{crowd.identifier(number)}")
    yield "userName eq", True, users(1, lambda n: f'userName eq "{name(n).upper()}"')
    yield "userName eq, none", True, users(0, lambda n: f'userName eq "nobody{n}"')
    yield "externalId eq", True, users(1, lambda n: f'externalId eq "external-{provisioned(n)}"')
    yield "emails eq", True, users(1, lambda n: f'emails eq "{name(n)}"')
    yield "emails eq, stored", True, users(1, lambda n: f'emails.value eq "{home(provisioned(n))}"')
    yield (
        "emails[type, value]",
        True,
        users(1, lambda n: f'emails[type eq "work" and value eq "{name(provisioned(n))}"]'),
    )
    yield (
        "emails[type].value",
        True,
        users(1, lambda n: f'emails[type eq "work"].value eq "{name(provisioned(n))}"'),
    )
    if crowd.by_hand:
        yield "userName eq, by hand", True, users(1, lambda n: f'userName eq "{name(hand(n))}"')
        yield "emails eq, by hand", True, users(1, lambda n: f'emails eq "{name(hand(n))}"')
    yield "displayName eq", True, users(1, lambda n: f'displayName eq "Ada Lovelace {provisioned(n)}"')
    yield (
        "manager eq",
        True,
        users(None, lambda n: f'{ENTERPRISE}:manager.value eq "{crowd.identifier(n // 20 * 20)}"'),
    )
    yield "groups eq", True, users(100, lambda n: f'groups.value eq "{crowd.group(n)}"')
    yield "userName sw", True, users(1, lambda n: f'userName sw "{name(n)[:12]}"')
    yield (
        "lastModified gt, cursor",
        True,
        users(None, lambda _: f'meta.lastModified gt "{recent}"', cursor=""),
    )
    yield "lastModified gt", True, users(10, lambda _: f'meta.lastModified gt "{recent}"')
    yield "sortBy userName, first page", True, sorted_from("")
    yield "sortBy userName, later page", True, sorted_from(cursor)
    yield "page by cursor", True, query("/Users", None, lambda _: {"cursor": "", "count": 10})
    yield (
        "groups: displayName eq",
        True,
        query(
            "/Groups",
            1,
            lambda n: {"filter": f'displayName eq "Group {n // 100}"', "excludedAttributes": "members"},
        ),
    )
    yield (
        "groups: members eq",
        True,
        query(
            "/Groups",
            1,
            lambda n: {
                "filter": f'members.value eq "{crowd.identifier(n)}"',
                "excludedAttributes": "members",
            },
        ),
    )
    yield "POST", True, lambda _: application.send("POST", "/Users", document())
    yield "PATCH active", True, patch
    yield "page with its total", False, query("/Users", None, lambda _: {"count": 10})
    yield "userName co", False, users(1, lambda n: f'userName co "{name(n)[4:11]}"')
    yield "sortBy displayName", False, query("/Users", None, lambda _: {"sortBy": "displayName", "count": 10})


def measure(
    meter: Meter, sends: dict[str, Send], size: int, slow: set[str], repeats: int
) -> dict[str, float]:
    """Return the median of what each request costs, in milliseconds."""
    costs: dict[str, list[float]] = {name: [] for name in sends}
    for turn in range(repeats):
        for name, send in sends.items():
            if name in slow and turn >= 3:
                continue
            number = (turn * 7919 + 104729) % size
            before = meter.used()
            try:
                send(number)
            except Refused as refused:
                if name not in slow:
                    print(refused, flush=True)
                slow.add(name)
            costs[name].append(meter.used() - before)
            if costs[name][-1] > 1000:
                slow.add(name)
    return {name: median(found) for name, found in costs.items()}


def main() -> None:
    """Measure at each size, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many users, ascending")
    parser.add_argument("--provisioned", action="store_true", help="make no account by hand")
    parser.add_argument("--measured", type=int, default=MEASURED, help="how often each request is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/growth.sqlite3")
        os.environ.update(DEBUG="0", SECRET_KEY="benchmark", ALLOWED_HOSTS="127.0.0.1")
        os.environ["DJANGO_SETTINGS_MODULE"] = "growing"
        sys.path.insert(0, str(PROJECT))
        sys.exit(run(options))


def run(options: argparse.Namespace) -> int:
    """Return 1 if a request costs more than it may."""
    import django

    django.setup()

    from crowd import Crowd, sizes
    from django.core.management import call_command

    from django_scim.models import AccessToken, Connection

    call_command("migrate", verbosity=0, skip_checks=True)
    call_command("scim_createindexes", stdout=StringIO())
    provider = Connection.objects.create(name=f"growth {time.time()}")
    _, token = AccessToken.objects.issue(provider, scopes=["read", "write"])
    application, crowd = Application(token), Crowd(provider, by_hand=not options.provisioned)
    meter, table, sends, slow = Meter(), [], {}, set()
    is_flat: dict[str, bool] = {}
    for size in options.sizes:
        started = time.perf_counter()
        crowd.grow(size)
        crowd.settle()
        print(f"{size} users after {time.perf_counter() - started:.0f} s", flush=True)
        sends[MACHINE], is_flat[MACHINE] = work, True
        for name, flat, send in requests(application, crowd):
            sends[name], is_flat[name] = send, flat
        if not table:
            for _ in range(WARM // len(sends)):
                measure(meter, sends, size, slow, 1)
            gc.collect()
        measure(meter, sends, size, slow, 2)
        table.append(measure(meter, sends, size, slow, options.measured))
        for name, cost in table[-1].items():
            print(f"  {name:32}{cost:10.2f}", flush=True)
    for name, size_of in sizes():
        print(f"{name:40}{size_of:15,}{size_of / options.sizes[-1]:10.0f} bytes a user")
    print(f"{'milliseconds':32}{''.join(f'{size:>12,}' for size in options.sizes)}   ratio")
    failed = []
    for name in sends:
        costs = [found[name] for found in table]
        ratio = costs[-1] / costs[0] / (table[-1][MACHINE] / table[0][MACHINE])
        if is_flat[name] and ratio > MOST:
            failed.append(name)
        mark = "" if is_flat[name] else "  (has to read all rows)"
        print(f"{name:32}{''.join(f'{cost:12.2f}' for cost in costs)}{ratio:8.2f}{mark}")
    print(f"not flat: {', '.join(failed) or 'none'}")
    return int(bool(failed))


if __name__ == "__main__":
    main()
