"""What the settings of all host projects share: their tables are made from the models, without migrations."""

from __future__ import annotations

from typing import Any

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as SHARED_APPS


class NoMigrations(dict[str, Any]):
    """Says of every app that it has no migrations."""

    def __contains__(self, app: object) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()


def apps(*names: str) -> list[str]:
    """Return the installed apps of a host project: the shared ones, without the small models, and its own."""
    left_out = ("tests.hosts.small", "oauth2_provider")
    return [*(app for app in SHARED_APPS if app not in left_out), *names]
