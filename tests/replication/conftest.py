"""A database that is there already, and a replica that lags."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.replication.replica import pause, resume

HERE = Path(__file__).resolve().parent
BOTH = pytest.mark.django_db(transaction=True, databases=["default", "replica"])


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave these tests to a run of their own, with their settings."""
    is_own = settings.SETTINGS_MODULE == "tests.replication.settings"
    return None if is_own or collection_path.parent != HERE else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each test use both servers, in transactions that are committed: the replica gets no others."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(BOTH)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """Migrate the primary; Django's own would have the alias of the replica lead to the primary."""
    with django_db_blocker.unblock():
        call_command("migrate", run_syncdb=True, verbosity=0)


@pytest.fixture
def lagging(db: None) -> Iterator[Callable[[], None]]:
    """A replica that sees nothing of what is written from now on, or from the last call on."""

    def lag_anew() -> None:
        resume()
        pause()

    pause()
    yield lag_anew
    resume()
