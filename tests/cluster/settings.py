"""Settings of a project on a Galera cluster, whose nodes listen at ``CLUSTER_PORTS``."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

SILENCED_SYSTEM_CHECKS = ["models.W036"]
CLUSTER_PORTS = [int(port) for port in os.environ["CLUSTER_PORTS"].split()]
DATABASES["default"]["ENGINE"] = "tests.cluster.backend"
# What another node has committed is to be read, and not only what it has sent.
DATABASES["default"]["OPTIONS"]["init_command"] = "SET SESSION wsrep_sync_wait = 7"
# The tables are made as they are now, which takes a tenth of the time of all migrations.
MIGRATION_MODULES = {app.rpartition(".")[2]: None for app in INSTALLED_APPS}
# It is the tests' own, and its tables are there: see ``__main__``.
DATABASES["default"]["TEST"]["NAME"] = DATABASES["default"]["NAME"]
