"""What the commands that start servers of their own have in common: faults and races."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.servers import NotInstalled, Server


def run_each(module: str, databases: Iterable[str], *arguments: str) -> int:
    """Run a command once for each database, since Django knows one in a process; return the exit status."""
    commands = [[sys.executable, "-m", module, database, *arguments] for database in databases]
    failed = [command for command in commands if subprocess.run(command, check=False).returncode]  # noqa: S603
    return int(bool(failed))


def run_on(
    module: str,
    servers: Mapping[str, Callable[[], Any]],
    databases: list[str],
    arguments: Iterable[str],
    lost_on: Callable[[str, Server], int],
) -> int:
    """Run what counts losses on a server of each database, all if none is named; return the exit status."""
    names = databases or list(servers)
    if len(names) > 1:
        return run_each(module, names, *arguments)
    (name,) = names
    try:
        server = servers[name]()
    except NotInstalled as reason:
        print(f"{name}: skipped, {reason}")
        return 0
    with server:
        return int(bool(lost_on(name, server)))


def set_up(server: Server, database: str) -> None:
    """Make a database on a server, and let Django use it in this process."""
    server.create_database(database)
    os.environ["DATABASE_URL"] = server.database_url(database)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.faults.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
