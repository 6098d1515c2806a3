"""Starts the nodes of a cluster, and runs tests on them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import plugin
from tests.cluster.nodes import Cluster, Node
from tests.servers import NotInstalled

DATABASE = "cluster"
ROOT = Path(__file__).resolve().parents[2]

TESTS = (
    "tests/cluster",
    "tests/operations/test_races.py::test_attributes_of_one_user_that_are_changed_at_once_are_all_changed",
)


def main(options: list[str]) -> int:
    """Return the exit status; the options are those of pytest."""
    try:
        cluster = Cluster(migrate)
    except NotInstalled as reason:
        print(f"cluster: skipped, {reason}")
        return 0
    os.environ["CLUSTER_PORTS"] = " ".join(map(str, cluster.ports))
    os.environ["DATABASE_URL"] = cluster.nodes[0].database_url(DATABASE)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.cluster.settings"
    plugin.running.append(cluster)
    with cluster:
        return int(pytest.main(["--reuse-db", *TESTS, *options], plugins=[plugin]))


def migrate(node: Node) -> None:
    """Make the tables, on the node that the others are copies of."""
    node.create_database(DATABASE)
    # In a process of its own: pytest has to be the first in this one to import what it tests.
    command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own program


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
