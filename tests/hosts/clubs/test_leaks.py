"""Two organisations that share accounts by a relation alone: nothing leaks from one to the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hosts.clubs.models import Account, Office, Organisation, Team
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.hosts.leaks import *  # noqa: F403 - the same checks for every host with tenants
from tests.hosts.leaks import Models


@pytest.fixture
def models() -> Models:
    """The models of this host."""
    return Models(Account, "username", "organisations", Team, Office, Organisation)


@pytest.fixture
def values() -> dict[str, Any]:
    """Whoever is not active has left the organisation, and is not there for the checks that follow."""
    return {"User.active": lambda: True}
