"""Starts a PostgreSQL server and PgBouncer in front of it, and runs tests through that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.servers import NotInstalled, PgBouncer, PostgreSQL

DATABASE = "pooling"
ROOT = Path(__file__).resolve().parents[2]
POOL_SIZE = "4"
"""How many connections there are to the database: fewer than there are threads in some tests."""

TESTS = (
    "tests/pooling",
    "tests/deprovisioning/test_races.py",
    "tests/indexes/test_postgresql.py",
    "tests/adoption/test_adopting.py",
    "tests/operations/bulk",
    "tests/operations/test_create.py",
    "tests/operations/test_delete.py",
    "tests/operations/test_locking.py",
    "tests/operations/test_modify_members.py",
    "tests/operations/test_races.py",
    "tests/sql/test_transactions.py",
)


def main(options: list[str]) -> int:
    """Return the exit status; the options are those of pytest."""
    try:
        with PostgreSQL(fsync="off") as server, PgBouncer(server, default_pool_size=POOL_SIZE) as pool:
            return run(pool, options)
    except NotInstalled as reason:
        print(f"pooling: skipped, {reason}")
        return 0


def run(pool: PgBouncer, options: list[str]) -> int:
    """Run the tests; return the exit status of pytest."""
    environment = {
        **os.environ,
        "DATABASE_URL": pool.database_url(DATABASE),
        "DJANGO_SETTINGS_MODULE": "tests.pooling.settings",
    }
    # The pool keeps connections to the database of the tests, so that it cannot be dropped at the end.
    command = [sys.executable, "-m", "pytest", "--reuse-db", *TESTS, *options]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
