"""Accounts that two organisations share by memberships are adopted by the command."""

from __future__ import annotations

import pytest

from tests.hosts.adoption import *  # noqa: F403 - the same checks for every host that shares accounts
from tests.hosts.leaks import Models
from tests.hosts.memberships.models import Membership, Office, Organisation, Team


@pytest.fixture
def models() -> Models:
    """The models of this host."""
    return Models(Membership, "user__username", "organisation", Team, Office, Organisation)
