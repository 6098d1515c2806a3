"""Starts a primary and a replica, and runs the tests of this folder on them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.servers import NotInstalled, PostgreSQL, Replica

DATABASE = "replication"
ROOT = Path(__file__).resolve().parents[2]


def main(options: list[str]) -> int:
    """Return the exit status; the options are those of pytest."""
    try:
        primary = PostgreSQL(fsync="off")
    except NotInstalled as reason:
        print(f"replication: skipped, {reason}")
        return 0
    with primary:
        primary.create_database(DATABASE)
        with Replica(primary.port, fsync="off") as replica:
            environment = {
                **os.environ,
                "DATABASE_URL": primary.database_url(DATABASE),
                "REPLICA_URL": replica.database_url(DATABASE),
                "DJANGO_SETTINGS_MODULE": "tests.replication.settings",
            }
            command = [sys.executable, "-m", "pytest", "tests/replication", *options]
            return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
