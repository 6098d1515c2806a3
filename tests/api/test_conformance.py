"""A conformance suite that others wrote, ``scim2-tester``, over HTTP against a server that runs."""

from __future__ import annotations

import pytest
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

from tests.conformance import PASSED, readable
from tests.conftest import BEHIND_TLS, ROOT, SCIM, ScimClient
from tests.factories import ConnectionFactory


@pytest.mark.django_db(transaction=True)
def test_every_check_passes_and_none_is_left_out(live_server):
    token = ScimClient(ConnectionFactory.create(deprovisioning_limit=10**6)).token
    headers = {"Authorization": f"Bearer {token}", "Accept": SCIM, "Content-Type": SCIM, **BEHIND_TLS}

    with Client(base_url=f"{live_server.url}{ROOT}", headers=headers) as client:
        results = check_server(SyncSCIMClient(client))

    assert {result.resource_type for result in results} == {None, "User", "Group"}
    failed = [result for result in results if result.status not in PASSED]
    assert not failed, readable(failed)
