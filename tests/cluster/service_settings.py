"""Settings of the server of SCIM that is put through faults, on a Galera cluster."""

from __future__ import annotations

from tests.cluster import settings as cluster
from tests.faults.settings import *  # noqa: F403

CLUSTER_PORTS = cluster.CLUSTER_PORTS
DATABASES = cluster.DATABASES
DATABASES["default"]["CONN_MAX_AGE"] = 600
