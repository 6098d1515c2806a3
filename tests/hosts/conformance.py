"""The conformance suite ``scim2-tester`` against a host project: import all of this module.

It draws values at random, so it fits projects whose columns take any: a user name that has to be an email
address is refused, and rightly.
"""

from __future__ import annotations

import pytest
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

from tests.api.test_conformance import PASSED, readable
from tests.conftest import ROOT, SCIM, ScimClient
from tests.factories import ConnectionFactory

__all__ = ["test_every_check_passes"]


@pytest.mark.django_db(transaction=True)
def test_every_check_passes(live_server):
    token = ScimClient(ConnectionFactory.create()).token
    headers = {"Authorization": f"Bearer {token}", "Accept": SCIM, "Content-Type": SCIM}
    with Client(base_url=f"{live_server.url}{ROOT}", headers=headers) as client:
        results = check_server(SyncSCIMClient(client))

    failed = [result for result in results if result.status not in PASSED]
    assert not failed, readable(failed)
