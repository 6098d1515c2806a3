"""What identity providers send is answered in a rehearsal as it is live, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from django_scim.models import Connection, ProvisioningEvent
from django_scim.preflight.flows import FLOWS, filled
from tests.conftest import ScimClient
from tests.providers.test_flows import Replay

WITHOUT_ORDER = "members"
"""What is made again for each request is made in the order in which one refers to the other."""

LEFT_OUT = "groups"
"""The groups of a user are not the user's own to write, and are not remembered."""


class RehearsedReplay(Replay):
    """Sends the requests of a flow to a connection in rehearsal."""

    def compare(self, answer: Any, expected: dict[str, Any]) -> None:
        """Look at an answer, and at its members in any order."""
        body = {name: value for name, value in expected.get("body", {}).items() if name != LEFT_OUT}
        members = body.pop(WITHOUT_ORDER, None)
        others = {name: value for name, value in expected.items() if name != "body"}
        super().compare(answer, {**others, "body": body} if body else others)
        if members is not None:
            found = sorted(each["value"] for each in answer.json().get("members", []))
            assert found == sorted(each["value"] for each in filled(members, self.captured))


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_a_rehearsed_flow_is_answered_as_a_live_one(name, db):
    flow = FLOWS[name]
    connection = Connection.objects.create(name=name, dialect=flow.get("dialect", ""))
    connection.rehearse()
    replay = RehearsedReplay(ScimClient(connection), flow["headers"])

    for step in flow["steps"]:
        replay.step(step)

    assert not User.objects.exists()
    assert not Group.objects.exists()
    assert ProvisioningEvent.objects.filter(outcome="rehearsed").exists()
