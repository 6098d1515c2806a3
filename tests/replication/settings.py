"""Settings of a project that reads from the replica at ``REPLICA_URL``."""

from __future__ import annotations

import os

import dj_database_url

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

# A commit is to be on its way to the replica when it is answered.
del DATABASES["default"]["OPTIONS"]
# A mirror is neither created nor emptied by the tests. It is a real one: see ``django_db_setup``.
DATABASES["replica"] = {**dj_database_url.parse(os.environ["REPLICA_URL"]), "TEST": {"MIRROR": "default"}}
DATABASE_ROUTERS = ["tests.replication.routers.ReplicaRouter"]
