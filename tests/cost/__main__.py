"""Sends the dearest requests within the limits, and prints what each costs: ``python -m tests.cost``.

The database is one that is made for the run, on the server that ``--database-url`` or ``DATABASE_URL`` names.
The costs are in seconds of CPU, of this process and of the database's server where that is on this machine:
first those of an ordinary processor, then those that were measured.
"""

from __future__ import annotations

import argparse
import os
import sys
from io import StringIO

from tests.servers import is_there


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(prog="python -m tests.cost", description=__doc__)
    found.add_argument("--users", type=int, default=50_000, help="how many accounts there are")
    found.add_argument("--most", type=float, default=5.0, help="the seconds that a request may cost")
    found.add_argument("--only", default="", help="a part of the names of the requests to send")
    found.add_argument("--database-url", help="the database server, in the place of DATABASE_URL")
    return found


def main(arguments: list[str]) -> int:
    """Send the requests; return 1 if one cost more than it may, or was answered with a failure."""
    options = parser().parse_args(arguments)
    if options.database_url:
        os.environ["DATABASE_URL"] = options.database_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.cost.settings"

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
        from tests.cost.measuring import Meter
        from tests.cost.population import Population
        from tests.cost.requests import dearest

        population = Population(options.users)
        call_command("scim_createindexes", stdout=StringIO())
        population.settle()
        meter = Meter(population)
        for name, send in dearest(population):
            if options.only in name:
                meter.measure(name, send)
        return meter.report(options.most)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
