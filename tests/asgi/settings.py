"""Settings of the service: those of the tests, with connections as the environment says."""

from __future__ import annotations

import json
import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["SERVED_DATABASE"]
DATABASES["default"].update(json.loads(os.environ["SERVED_CONNECTIONS"]))

DJANGO_SCIM = {"ALLOW_HTTP": True}
