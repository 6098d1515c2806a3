"""Settings of the server that is put through faults: connections that are kept, and no limits."""

from __future__ import annotations

import os
from typing import Any

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "django.contrib.admin"]
ROOT_URLCONF = "tests.faults.urls"
DATABASES["default"]["CONN_MAX_AGE"] = 600
"""Without health checks: a request may find a connection that is dead already."""
# What was committed has to be there after a crash, and nothing else.
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    del DATABASES["default"]["OPTIONS"]
elif DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA synchronous=OFF"
if isolation_level := os.environ.get("ISOLATION_LEVEL"):
    DATABASES["default"].setdefault("OPTIONS", {})["isolation_level"] = (
        int(isolation_level) if isolation_level.isdecimal() else isolation_level
    )
DJANGO_SCIM: dict[str, Any] = {
    "ALLOW_HTTP": True,
    "DEPROVISIONING_LIMIT": None,
    "DEPROVISIONING_SHARE": None,
    "THROTTLE_CLASSES": [],
}
