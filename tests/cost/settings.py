"""Settings of the project that is sent the requests: those of the tests, with the app's own limits."""

from typing import Any

from tests.fuzz.settings import LOGGING
from tests.settings import *  # noqa: F403
from tests.settings import DATABASES
from tests.settings import INSTALLED_APPS as TESTED_APPS

INSTALLED_APPS = [app for app in TESTED_APPS if app != "django.contrib.admin"]
ROOT_URLCONF = "tests.fuzz.urls"
# Django's own: the cost of a password is a part of what is measured.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
DATABASES["default"]["CONN_MAX_AGE"] = None

DJANGO_SCIM: dict[str, Any] = {
    "THROTTLE_CLASSES": [],
    "THROTTLE_RATES": {"failed_authentication": None},
    "DEPROVISIONING_LIMIT": None,
    "DEPROVISIONING_SHARE": None,
}

__all__ = ["LOGGING"]
