"""Puts the parts of the reference that come from the code where pages say ``<!-- generate: NAME -->``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from mkdocs.exceptions import PluginError

if not settings.configured:
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "rest_framework",
            "django_scim",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()

from generator import authority, checks, commands, errors, models, options

MARKER = re.compile(r"^<!-- generate: (\S+) -->$", re.MULTILINE)

PARTS: dict[str, Callable[[], str]] = {
    "authority": authority.authority,
    "settings": options.settings,
    "adapter-options": options.adapter_options,
    "throttle-rates": options.throttle_rates,
    "commands": commands.commands,
    "checks": checks.checks,
    "errors": errors.errors,
    "models": models.models,
}


def on_page_markdown(markdown: str, **kwargs: Any) -> str:
    """Replace the markers of a page.

    :raises PluginError: If there is no such part.
    """
    return MARKER.sub(lambda marker: part(marker[1]), markdown)


def part(name: str) -> str:
    """Return a part of the reference as Markdown.

    :raises PluginError: If there is none of that name.
    """
    if name not in PARTS:
        raise PluginError(f"There is no part '{name}' to be generated: {', '.join(PARTS)}.")
    return PARTS[name]()
