"""Runs each race for some seconds on each database, and prints what no order of the requests explains."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.faults.runs import run_on, set_up
from tests.servers import MariaDB, PostgreSQL, Server

SERVERS = {"postgresql": PostgreSQL, "mariadb": MariaDB}
DATABASE = "race"
SECONDS = 10.0


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.race", description=__doc__)
    parser.add_argument("databases", nargs="*", help=f"{' or '.join(SERVERS)}; both if left out")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each race (%(default)s)")
    options = parser.parse_args()

    def lost_on(name: str, server: Server) -> int:
        set_up(server, DATABASE)
        return race_on(name, options.seconds)

    return run_on("tests.race", SERVERS, options.databases, [f"--seconds={options.seconds}"], lost_on)


def race_on(name: str, seconds: float) -> int:
    """Run all races on one database; return how much was lost."""
    from django_scim.models import Connection
    from tests.race.races import RACES, THREADS, Race, leftovers

    connection = Connection.objects.create(name="race")
    print(f"{name}: {THREADS} threads")
    print(f"{'':32}{'rounds':>7}{'requests':>9}{'2xx':>7}{'4xx':>6}{'503':>5}{'lost':>6}")
    lost = 0
    for race_function in RACES:
        statuses: Counter[int] = Counter()
        problems: list[str] = []
        rounds = 0
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline or not rounds:
            race = Race(connection, f"{race_function.__name__[:12]}-{rounds}")
            problems += race_function(race)
            problems += leftovers(race)
            statuses += race.statuses
            rounds += 1
        problems += [f"{count} answers {status}" for status, count in statuses.items() if status == 500]
        done = sum(count for status, count in statuses.items() if status < 300)
        refused = sum(count for status, count in statuses.items() if 400 <= status < 500)
        title = race_function.__name__.replace("_", " ")
        print(
            f"{title:32}{rounds:7}{statuses.total():9}{done:7}{refused:6}{statuses[503]:5}{len(problems):6}",
            flush=True,
        )
        for problem in problems[:10]:
            print(f"    {problem}")
        lost += len(problems)
    print(f"{name}: {lost} lost")
    return lost


if __name__ == "__main__":
    sys.exit(main())
