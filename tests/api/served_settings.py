"""Settings of a server of several processes, whose answers say which process they are from."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403
from tests.settings import MIDDLEWARE

MIDDLEWARE = ["tests.api.middleware.names_the_process", *MIDDLEWARE]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
        "KEY_PREFIX": os.environ.get("KEY_PREFIX", ""),
    }
}
DJANGO_SCIM = {
    "ALLOW_HTTP": True,
    "THROTTLE_RATES": {"read": os.environ.get("READ_RATE"), "failed_authentication": None},
}
