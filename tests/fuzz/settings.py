"""Settings of the project that is sent the requests: those of the tests, with more resource types."""

from typing import Any

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES
from tests.settings import INSTALLED_APPS as TESTED_APPS

# The admin takes no part, and its pages would have to be routed.
INSTALLED_APPS = [app for app in TESTED_APPS if app != "django.contrib.admin"]
ROOT_URLCONF = "tests.fuzz.urls"
# Requests come by the thousand: a connection each would take longer than they do.
DATABASES["default"]["CONN_MAX_AGE"] = None
# It is there no longer than the run: nothing waits for a disk.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": None}

DJANGO_SCIM: dict[str, Any] = {
    "RESOURCES": {
        "User": {"adapter": "tests.query.badges.BadgedUserAdapter"},
        "Legacy": {"adapter": "tests.fuzz.host.LegacyAdapter"},
        "Device": {"adapter": "tests.hosts.small.adapters.DeviceAdapter"},
    },
    "CURRENT_RESOURCE": "tests.fuzz.host.current_account",
    "THROTTLE_CLASSES": [],
    "THROTTLE_RATES": {"failed_authentication": None},
    "DEPROVISIONING_LIMIT": None,
    "DEPROVISIONING_SHARE": None,
    "MAX_PAYLOAD_SIZE": 200_000,
    "MAX_BULK_OPERATIONS": 20,
    "MAX_PATCH_OPERATIONS": 50,
    "MAX_VALUES": 20,
    "MAX_MEMBERS": 100,
    "MAX_ATTRIBUTES": 100,
    "MAX_STRING_LENGTH": 10_000,
    "MAX_FILTER_LENGTH": 4_000,
    "MAX_PARAMETER_LENGTH": 1_000,
    "MAX_RESULTS": 50,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": True,
    "handlers": {"none": {"class": "logging.NullHandler"}},
    "loggers": {"django": {"handlers": ["none"]}, "django_scim": {"handlers": ["none"]}},
    "root": {"handlers": ["none"]},
}
