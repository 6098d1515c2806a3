"""Sends the requests of a flow, and compares the answers with what the provider expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote_plus

from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from django_scim.preflight.advice import (
    Said,
    on_broken_constraint,
    on_difference,
    on_foreign_answer,
    on_status,
)
from django_scim.preflight.client import ScimClient
from django_scim.preflight.comparing import MISSING, Difference, at, differences
from django_scim.preflight.findings import Finding, Report
from django_scim.preflight.flows import Flow, filled, places_in
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json
from django_scim.sql.undone import Savepoints

RESOURCES = ("/Users", "/Groups")
"""The endpoints of which a project may leave one out."""

SHORTEST_IDENTIFIER = 8
"""How long an ``id`` has to be to be found in a text: a number such as 1 is anywhere."""

CONSEQUENCE = _("Mend first what was refused before for the same resource: this may follow from it.")

CHANGED_BY_OTHERS = ("totalResults", "itemsPerPage", "Resources")
"""What a list of all resources has depends on those that the project has already."""


class Replay:
    """The flow of one provider against this project.

    :param client: A client of the connection, which raises no errors.
    :param savepoints: Those of the transactions that are rolled back afterwards.
    """

    def __init__(self, flow: Flow, client: ScimClient, savepoints: Savepoints) -> None:
        self.flow = flow
        self.client = client
        self.savepoints = savepoints
        self.captured: dict[str, str] = {}
        self.names: dict[str, str] = {}
        """What people call the resources, by their ``id``."""
        self.failed: set[str] = set()
        """The paths of the resources of which a write was refused."""
        self.broken = ""
        """What a constraint said of the last request, at its end."""
        self.served = {resource_type.endpoint: resource_type for resource_type in registry()}

    def run(self, report: Report) -> None:
        """Send all requests, and add what is found to a report."""
        for step in self.flow.steps:
            self.take(step, report)

    def take(self, step: Json, report: Report) -> None:
        """Take one step, if what it needs is there, and look at what it has led to."""
        endpoint = endpoint_of(step["request"]["path"])
        if endpoint in RESOURCES and endpoint not in self.served:
            report.add(self.not_served(endpoint))
            return
        if needed(step) - self.captured.keys():
            report.left_out += 1
            return
        report.requests += 1
        request = filled(step["request"], self.captured)
        resource = request["path"].partition("?")[0]
        for said in self.answered(request, step):
            if resource in self.failed and said.attribute:
                said = said._replace(remedy=CONSEQUENCE)
            report.add(self.finding(request, step["phase"], said))
            if said.is_failure and not said.attribute:
                self.failed.add(resource)

    def answered(self, request: Json, step: Json) -> Iterator[Said]:
        """Send the request of a step; yield what is wrong with its answer, or with what it has led to."""
        expected, phase = step["answer"], step["phase"]
        response = self.send(request["method"], request["path"], request.get("body"))
        if response.status_code < 300 and not is_json(response):
            yield on_foreign_answer(response.status_code)
            return
        self.capture(response, request, expected)
        if self.broken:
            yield on_broken_constraint(self.broken)
            return
        if not is_same_status(response.status_code, expected["status"]):
            yield on_status(response, expected["status"], phase)
            return
        is_query = request["method"] == "GET" and is_list(request["path"])
        found = list(self.compared(request["path"], response, expected, is_query=is_query))
        yield from found
        if found or request["method"] == "GET":
            return
        if response.status_code in (200, 201):
            path = f"{endpoint_of(request['path'])}/{response.json().get('id')}"
            yield from self.looked_at({"path": path, "body": expected.get("body", {})}, phase)
        for outcome in step.get("outcome", ()):
            yield from self.looked_at(outcome, phase)

    def capture(self, response: Any, request: Json, expected: Json) -> None:
        """Keep what later steps need of an answer, if it is there, and who it is about."""
        if response.status_code < 300 and response.content:
            for name, path in expected.get("capture", {}).items():
                if (value := at(response.json(), path)) is not MISSING:
                    self.captured[name] = value
                    self.names[value] = name_in(request)

    def looked_at(self, outcome: Json, phase: str) -> Iterator[Said]:
        """Read what a step has led to; yield what is wrong with it."""
        outcome = {**outcome, "path": filled(outcome["path"], self.captured)}
        status = outcome.get("status", 200)
        response = self.send("GET", outcome["path"])
        if response.status_code != status:
            said = on_status(response, status, phase)
            text = format_lazy(_("Read afterwards: {problem}"), problem=said.problem)
            yield said._replace(problem=text)
        else:
            yield from self.compared(outcome["path"], response, outcome, is_query=is_list(outcome["path"]))

    def compared(self, path: str, response: Any, expected: Json, *, is_query: bool) -> Iterator[Said]:
        """Yield where the body of an answer is not as it has to be.

        :param is_query: Whether the answer is a list of resources.
        """
        if not response.content:
            return
        resource_type = self.served.get(endpoint_of(path))
        body = filled(expected.get("body", {}), self.captured)
        if is_query and "filter=" not in path:
            body = {name: value for name, value in body.items() if name not in CHANGED_BY_OTHERS}
        found = list(differences(body, response.json())) if body else []
        found += self.unexpected(expected.get("absent", ()), response)
        for difference in told(found):
            yield said_of(difference, resource_type, is_query=is_query)

    def unexpected(self, paths: Iterable[str], response: Any) -> Iterator[Difference]:
        """Yield what is in an answer, and should not be."""
        for path in paths:
            if (value := at(response.json(), path)) is not MISSING:
                yield Difference(tuple(path.split("/")), None, value)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that leaves nothing behind if it is refused."""
        self.broken = ""
        with self.savepoints.around():
            response = self.client.request(method, path, body, headers=self.flow.headers)
            if response.status_code < 400 and method != "GET":
                self.broken = self.savepoints.broken_constraint()
            if response.status_code >= 400 or self.broken:
                self.savepoints.roll_back()
        return response

    # Words

    def finding(self, request: Json, phase: str, said: Said) -> Finding:
        """Return a finding about a request."""
        identifier = request["path"].partition("?")[0].rpartition("/")[2]
        whom = name_in(request) or self.names.get(identifier, "")
        shown = self.readable(f"{request['method']} {unquote_plus(request['path'])}")
        # Lazily, as the text itself: the ids are known by now, and the language of the reader is not.
        problem = lazy(self.readable, str)(said.problem)
        return Finding(
            self.flow.provider, phase, shown, whom, problem, said.remedy, said.attribute, said.is_failure
        )

    def readable(self, text: str | Promise) -> str:
        """Return a text with what people call a resource in place of its ``id``."""
        text = str(text)
        for name, value in self.captured.items():
            if len(value) >= SHORTEST_IDENTIFIER:
                text = text.replace(value, f"<{name}>")
        return text

    def not_served(self, endpoint: str) -> Finding:
        """Return the note that the project does not serve a resource type."""
        return Finding(
            self.flow.provider,
            "look-up",
            "",
            "",
            format_lazy(
                _("The project does not serve {endpoint}: its requests were left out."), endpoint=endpoint
            ),
            format_lazy(
                _("Do not switch them on at {provider}, or serve the resource type: see RESOURCES."),
                provider=self.flow.provider,
            ),
            is_failure=False,
        )


def needed(step: Json) -> set[str]:
    """Return the names of what a step needs of earlier ones."""
    return places_in(step) - set(step["answer"].get("capture", {}))


def is_json(response: Any) -> bool:
    """Whether an answer has no body, or one of JSON."""
    return not response.content or "json" in response.headers.get("Content-Type", "")


def is_same_status(status: int, expected: int) -> bool:
    """Whether a status is as good as another: an answer may leave its body out (RFC 7644 section 3.5.2)."""
    return status == expected or {status, expected} == {200, 204}


def name_in(request: Json) -> str:
    """Return what people call the resource that a request describes, or ""."""
    body = request.get("body") or {}
    return str(body.get("userName") or body.get("displayName") or "")


def endpoint_of(path: str) -> str:
    """Return the endpoint of a path, such as ``/Users``."""
    return f"/{path.partition('?')[0].strip('/').partition('/')[0]}"


def is_list(path: str) -> bool:
    """Whether a path is that of a list of resources."""
    return path.partition("?")[0].strip("/") in [endpoint.strip("/") for endpoint in RESOURCES]


def told(found: Iterable[Difference]) -> list[Difference]:
    """Leave out what says the same: that a list has other numbers, more than once."""
    kept: list[Difference] = []
    has_number = False
    for difference in found:
        if difference.expected == [] and difference.found is MISSING:
            continue  # Unassigned, both (RFC 7643 section 2.5).
        is_number = len(difference.path) in (1, 2) and difference.path[0] in CHANGED_BY_OTHERS
        if not (is_number and has_number):
            kept.append(difference)
        has_number = has_number or is_number
    return kept


def said_of(difference: Difference, resource_type: ResourceType | None, *, is_query: bool) -> Said:
    """Say what a difference means."""
    if resource_type is None:
        path = ".".join(map(str, difference.path))
        return Said(
            format_lazy(
                _("`{path}` is {found}, where the provider needs {expected}."),
                path=path,
                found=repr(difference.found),
                expected=repr(difference.expected),
            ),
            _("See what of your project changes the answers of the discovery endpoints."),
        )
    return on_difference(difference, resource_type, is_query=is_query)
