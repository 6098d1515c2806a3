"""Sends hostile requests and says what came of them: ``python -m tests.fuzz --requests 10000 --seed 7``.

The database is one that is made for the run, on the server that ``--database-url`` or ``DATABASE_URL`` names.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from io import StringIO
from typing import Any

from tests.servers import is_there

SHOWN = 10
"""How many failures are printed as a whole."""

SHARE_DESCRIBED = 5
"""One request in so many is made of the OpenAPI document."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    found.add_argument("--requests", type=int, default=10_000, help="how many requests to send")
    found.add_argument("--seed", type=int, default=0, help="the seed, which repeats a run of the same code")
    found.add_argument("--database-url", help="the database server, in the place of DATABASE_URL")
    found.add_argument("--save", metavar="NAME", help="add the failures to the corpus under this name")
    found.add_argument(
        "--only", choices=["generated", "described", "corpus"], help="make requests in one way alone"
    )
    return found


def main(arguments: list[str]) -> int:
    """Send the requests; return 1 if one was not answered as it has to be."""
    options = parser().parse_args(arguments)
    # hypothesis says so of the strategies, which are large.
    warnings.filterwarnings("ignore", message="Generating overly large repr")
    if options.database_url:
        os.environ["DATABASE_URL"] = options.database_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.fuzz.settings"

    import django

    django.setup()

    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    server = connection.settings_dict
    if not is_there(server["HOST"], server["PORT"]):
        print(f"skipped: no database server at {server['HOST']}:{server['PORT']}")
        return 0
    setup_test_environment(debug=False)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        call_command("scim_createindexes", stdout=StringIO())
        started = time.monotonic()
        outcome = send(options)
        report(outcome, options, connection.display_name.lower(), time.monotonic() - started)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    if options.save and outcome.failures:
        from tests.fuzz import corpus

        corpus.save(options.save, outcome.failures)
    return int(bool(outcome.failures))


def send(options: argparse.Namespace) -> Any:
    """Send the requests of each way, and return what came of them."""
    from tests.fuzz import corpus, described, generated
    from tests.fuzz.service import Outcome, Service

    outcome = Outcome()
    service = Service(outcome)
    described_count = options.requests // SHARE_DESCRIBED
    if options.only in (None, "corpus"):
        corpus.run(service)
    if options.only in (None, "described"):
        described.run(service, described_count, options.seed * 1_000_000)
    if options.only in (None, "generated"):
        left = options.requests if options.only else options.requests - outcome.requests
        generated.run(service, left, options.seed * 1_000_000)
    return outcome


def report(outcome: Any, options: argparse.Namespace, database: str, duration: float) -> None:
    """Print what was tried and what came of it; the last line is the summary."""
    for name, count in sorted(outcome.statuses.items()):
        print(f"{name}: {count}")
    seconds, slowest = outcome.slowest
    if slowest is not None:
        print(f"slowest: {seconds:.1f} s, {slowest.method} {slowest.path[:80]}")
    print(f"{outcome.requests / max(duration, 0.001):.0f} requests a second")
    # Of those that failed for the same reason, one is enough.
    distinct = {(*failure.faults, failure.traceback[-200:]): failure for failure in outcome.failures}
    for failure in list(distinct.values())[:SHOWN]:
        print("\nFAILED: " + "; ".join(failure.faults))
        print(json.dumps(failure.sent.to_json(), ensure_ascii=True)[:4000])
        print(failure.traceback)
    print(
        f"{outcome.requests} requests, {outcome.server_errors} server errors "
        f"({outcome.deliberate_errors} more are 501 or 503 on purpose), "
        f"{outcome.wrong_answers} wrong answers, {outcome.partial_writes} partial writes "
        f"(seed {options.seed}, {database})"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
