"""Two organisations with users of their own: nothing leaks from one to the other."""

from __future__ import annotations

import pytest

from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.hosts.leaks import *  # noqa: F403 - the same checks for every host with tenants
from tests.hosts.leaks import Models
from tests.hosts.tenants.models import Member, Office, Organisation, Team


@pytest.fixture
def models() -> Models:
    """The models of this host."""
    return Models(Member, "login", "organisation", Team, Office, Organisation)
