"""Who reads the mail of the project."""

from __future__ import annotations

import django
import pytest

ADMINS = ["ops@project.example"] if django.VERSION >= (6, 0) else [("Operators", "ops@project.example")]


@pytest.fixture
def admins(settings):
    """The administrators of a project that ``ALLOWED_HOSTS`` names the host of, and what sends mail there."""
    settings.ADMINS = ADMINS
    settings.ALLOWED_HOSTS = ["project.example", "testserver"]
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    return ["ops@project.example"]
