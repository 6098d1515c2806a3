"""The settings of the example project, for clients without TLS that ask faster than rate limits allow."""

from typing import Any

from example.settings import *  # noqa: F403

DJANGO_SCIM: dict[str, Any] = {"ALLOW_HTTP": True, "THROTTLE_CLASSES": []}
