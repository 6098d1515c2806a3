"""Which host projects a run has tests of: that whose settings are in force."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the project whose models are not installed, and say nothing of other paths."""
    is_project = collection_path.parent == HERE and (collection_path / "settings.py").exists()
    own_settings = f"tests.hosts.{collection_path.name}.settings"
    return True if is_project and own_settings != settings.SETTINGS_MODULE else None
