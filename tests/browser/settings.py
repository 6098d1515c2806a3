"""Settings of the tests in a browser: the stock project, with static files, and panels in its own admin."""

from __future__ import annotations

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.staticfiles", "tests.browser"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    *MIDDLEWARE,
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
DJANGO_SCIM = {"ALLOW_HTTP": True}
"""The server of the tests speaks plain HTTP, to this machine alone."""
