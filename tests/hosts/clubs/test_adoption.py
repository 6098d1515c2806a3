"""Accounts that two organisations share by a relation alone are adopted by the command."""

from __future__ import annotations

import pytest

from tests.hosts.adoption import *  # noqa: F403 - the same checks for every host that shares accounts
from tests.hosts.clubs.models import Account, Office, Organisation, Team
from tests.hosts.leaks import Models


@pytest.fixture
def models() -> Models:
    """The models of this host."""
    return Models(Account, "username", "organisations", Team, Office, Organisation)
