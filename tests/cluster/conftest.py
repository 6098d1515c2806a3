"""Which runs have these tests."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave these tests to a run of their own, with their settings."""
    is_own = settings.SETTINGS_MODULE == "tests.cluster.settings"
    return None if is_own or collection_path.parent != HERE else True
