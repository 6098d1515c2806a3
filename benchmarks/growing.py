"""The settings of ``growth.py``: the connection is kept, and pages by cursor count nothing."""

from typing import Any

from example.settings import *  # noqa: F403
from example.settings import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = None
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A query in parallel would hide its cost in other processes than the one that is measured.
    DATABASES["default"]["OPTIONS"] = {"options": "-c max_parallel_workers_per_gather=0"}

DJANGO_SCIM: dict[str, Any] = {"ALLOW_HTTP": True, "THROTTLE_CLASSES": [], "COUNT_WITH_CURSOR": False}
