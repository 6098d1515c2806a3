"""What gives the tests the nodes."""

from __future__ import annotations

import pytest

from tests.cluster.nodes import Cluster

running: list[Cluster] = []


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The nodes."""
    return running[0]
