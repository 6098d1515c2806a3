"""A conformance suite that others wrote, ``scim2-tester``, over HTTP against a server that runs."""

from __future__ import annotations

import pytest

from tests.conformance import PASSED, checked, readable
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory


@pytest.mark.django_db(transaction=True)
def test_every_check_passes_and_none_is_left_out(live_server):
    token = ScimClient(ConnectionFactory.create(deprovisioning_limit=10**6)).token

    results = checked(live_server.url, token)

    assert {result.resource_type for result in results} == {None, "User", "Group"}
    failed = [result for result in results if result.status not in PASSED]
    assert not failed, readable(failed)
