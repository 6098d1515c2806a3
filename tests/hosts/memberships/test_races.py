"""Two organisations that share accounts by memberships write one account at once."""

from __future__ import annotations

import pytest

from tests.hosts.leaks import Models
from tests.hosts.memberships.models import Membership, Office, Organisation, Team
from tests.hosts.races import *  # noqa: F403 - the same checks for every host that shares accounts


@pytest.fixture
def models() -> Models:
    """The models of this host."""
    return Models(Membership, "user__username", "organisation", Team, Office, Organisation)
