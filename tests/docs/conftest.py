"""The project that the pages begin with."""

from __future__ import annotations

import pytest

from tests.docs.projects import Project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the app in it, to be copied."""
    return Project.start(tmp_path_factory.mktemp("projects") / "stock")
