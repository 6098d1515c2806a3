"""What identity providers send, from the connection test to the deletion, replayed request by request.

Each file beside this one is the flow of one provider in the shape that its documentation (``sources``)
gives it. A step is a request and what its answer has to have: ``status``, a ``body`` of which an answer may
have more, and what is ``absent``. ``capture`` keeps parts of the answer for the ``${name}`` of later steps,
and ``outcome`` is what resources look like afterwards.
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from django_scim.preflight.comparing import MISSING, at, differences
from django_scim.preflight.flows import FLOWS, filled
from tests.conftest import ScimClient

PROVIDERS = {
    "authentik",
    "entra",
    "google_workspace",
    "jumpcloud",
    "keycloak",
    "okta",
    "onelogin",
    "pingone",
    "rippling",
    "sailpoint",
}

PHASES = {
    "connection test",
    "look-up",
    "create",
    "update",
    "deactivate",
    "reactivate",
    "group create",
    "rename",
    "member add",
    "member remove",
    "delete",
}


class Replay:
    """Sends the requests of a flow, and looks at the answers."""

    def __init__(self, scim: ScimClient, headers: dict[str, str]) -> None:
        self.scim = scim
        self.headers = headers
        self.captured: dict[str, str] = {}

    def step(self, step: dict[str, Any]) -> None:
        """Send one request, and look at its answer and at its outcome."""
        request = step["request"]
        answer = self.send(request["method"], request["path"], request.get("body"))
        for name, path in step["answer"].get("capture", {}).items():
            self.captured[name] = at(answer.json(), path)
        self.compare(answer, step["answer"])
        for outcome in step.get("outcome", ()):
            self.compare(self.send("GET", outcome["path"]), {"status": 200, **outcome})

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request with the headers of the provider, which are on a GET too."""
        payload = b"" if body is None else orjson.dumps(filled(body, self.captured))
        content_type = self.headers["Content-Type"]
        sent = {"Authorization": f"Bearer {self.scim.token}", **self.headers}
        address = f"/scim/v2{filled(path, self.captured)}"
        return self.scim.client.generic(method, address, payload, content_type=content_type, headers=sent)

    def compare(self, answer: Any, expected: dict[str, Any]) -> None:
        """Look at an answer."""
        assert answer.status_code == expected["status"], answer.content.decode()
        if answer.status_code == 204:
            assert answer.content == b""
        else:
            assert answer["Content-Type"] in self.headers["Accept"].split(", ")
        if "body" in expected:
            assert list(differences(filled(expected["body"], self.captured), answer.json())) == []
        for path in expected.get("absent", ()):
            assert at(answer.json(), path) is MISSING, f"{path} is in {answer.content.decode()}"


@pytest.mark.parametrize("name", FLOWS)
def test_the_flow_of_a_provider_works(scim, name):
    flow = FLOWS[name]
    scim.connection.dialect = flow.get("dialect", "")
    scim.connection.save()
    replay = Replay(scim, flow["headers"])

    for step in flow["steps"]:
        replay.step(step)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_a_flow_has_every_phase_and_names_its_sources(name):
    flow = FLOWS[name]

    assert {step["phase"] for step in flow["steps"]} == PHASES
    assert all(source.keys() == {"title", "where", "shows"} for source in flow["sources"])


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_has_no_key_that_nothing_reads(name):
    flow = FLOWS[name]

    assert flow.keys() <= {"provider", "sources", "dialect", "headers", "steps"}
    for step in flow["steps"]:
        assert step.keys() <= {"phase", "note", "request", "answer", "outcome"}
        assert step["request"].keys() <= {"method", "path", "body"}
        assert step["answer"].keys() <= {"status", "body", "absent", "capture"}
        for outcome in step.get("outcome", ()):
            assert outcome.keys() <= {"path", "status", "body", "absent"}


def test_the_verbose_request_of_the_validator_has_over_30_operations_of_every_kind_of_path():
    operations = [
        operation
        for step in FLOWS["entra_validator"]["steps"]
        if step["request"]["method"] == "PATCH" and len(step["request"]["body"]["Operations"]) > 30
        for operation in step["request"]["body"]["Operations"]
    ]

    paths = [operation["path"] for operation in operations if operation["op"] == "add"]
    assert len(paths) > 30
    for sign in (".", "[", "urn:"):
        assert any(sign in path for path in paths)
