"""What the commands that start servers of their own have in common: faults and races."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable

from tests.servers import Server


def run_each(module: str, databases: Iterable[str], *arguments: str) -> int:
    """Run a command once for each database, since Django knows one in a process; return the exit status."""
    commands = [[sys.executable, "-m", module, database, *arguments] for database in databases]
    failed = [command for command in commands if subprocess.run(command, check=False).returncode]  # noqa: S603
    return int(bool(failed))


def set_up(server: Server, database: str) -> None:
    """Make a database on a server, and let Django use it in this process."""
    server.create_database(database)
    os.environ["DATABASE_URL"] = server.database_url(database)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.faults.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
