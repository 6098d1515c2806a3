"""Tries each fault on each database, and prints what was lost: nothing, or the run fails."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections import Counter
from typing import Any

from tests.faults.runs import run_on, set_up
from tests.servers import MariaDB, PostgreSQL, Server

CLIENTS = 6
SECONDS = 1.0
"""How long clients write before and after a fault."""

SERVERS: dict[str, Any] = {
    "postgresql": lambda: PostgreSQL(deadlock_timeout="50ms"),
    "mariadb": lambda: MariaDB(**{"innodb-lock-wait-timeout": "2"}),
}


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("databases", nargs="*", help=f"{' or '.join(SERVERS)}; both if left out")
    parser.add_argument("--fault", action="append", default=[], help="the name of a fault; all if left out")
    options = parser.parse_args()
    arguments = [f"--fault={fault}" for fault in options.fault]
    return run_on(
        "tests.faults",
        SERVERS,
        options.databases,
        arguments,
        lambda name, server: attempt_all(name, server, set(options.fault)),
    )


def attempt_all(name: str, server: Server, wanted: set[str]) -> int:
    """Return how much was lost in all faults."""
    from tests.faults.faults import DATABASE, faults_of

    set_up(server, DATABASE)
    print(f"{'':22}{'requests':>9}{'2xx':>7}{'503':>6}{'none':>6}{'lost':>6}")
    lost = 0
    for fault in faults_of(server):
        if wanted and fault.name not in wanted:
            continue
        statuses, problems = attempt(server, fault)
        done = sum(count for status, count in statuses.items() if 200 <= status < 300)
        requests = sum(statuses.values())
        print(
            f"{fault.name:22}{requests:9}{done:7}{statuses[503]:6}{statuses[0]:6}{len(problems):6}",
            flush=True,
        )
        for problem in problems[:10]:
            print(f"    {problem}")
        lost += len(problems) + (done == 0)
    print(f"{name}: {lost} lost")
    return lost


def attempt(server: Any, fault: Any, kind: Any = None) -> tuple[Counter[int], list[str]]:
    """Let clients write while a fault happens; return the statuses and what is wrong afterwards.

    :param server: What the fault happens to.
    :param kind: The class of the clients, if they do more than :class:`~tests.faults.load.Client`.
    """
    from django.contrib.auth.models import User

    from django_scim.models import AccessToken, Connection, ProvisioningEvent, Record
    from tests.faults.ledger import losses
    from tests.faults.load import Client
    from tests.faults.service import Service

    for model in (User, Record, ProvisioningEvent, Connection):
        model._default_manager.all().delete()
    _, token = AccessToken.objects.issue(Connection.objects.create(name="faults"))
    stop = threading.Event()
    with Service(os.environ["DATABASE_URL"], **dict(fault.environment)) as service:
        clients = [(kind or Client)(service, token, number, stop) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(SECONDS)
        fault.happen(server, service)
        time.sleep(SECONDS)
        stop.set()
        for client in clients:
            client.join()
        if any(client.statuses[500] for client in clients):
            print(service.last_words())
    statuses: Counter[int] = Counter()
    problems: list[str] = []
    for client in clients:
        statuses += client.statuses
        problems += client.losses()
    return statuses, [*problems, *losses(account for client in clients for account in client.accounts)]


if __name__ == "__main__":
    sys.exit(main())
