"""An identity provider for tests: it sends what the real one sends."""

from __future__ import annotations

import copy
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import router

from django_scim.imports import nearest
from django_scim.models import Connection
from django_scim.preflight.client import ScimClient, patch
from django_scim.preflight.findings import Report
from django_scim.preflight.flows import PROVIDERS, filled, flow_of
from django_scim.preflight.running import preflight
from django_scim.schema.paths import Json


class IdentityProvider:
    """An identity provider that is connected with the project.

    What it sends has the form that the provider gives it. An answer that is none of success fails the test,
    with the error in it.

    :param name: Its name, such as ``okta``.
    :param connection: The connection to act for; a new one by default.
    :raises ValueError: If no such provider is known.
    """

    connection: Connection
    """The connection that it acts for."""

    client: ScimClient
    """Sends whatever else a test wants to send."""

    def __init__(self, name: str, connection: Connection | None = None) -> None:
        if name not in PROVIDERS:
            raise ValueError(
                f"There is no identity provider '{name}'. {nearest(name, PROVIDERS) or ''}".strip()
            )
        self.name = name
        self.flow = flow_of(PROVIDERS[name][0])
        if connection is None:
            unique = f"{self.flow.provider} {uuid4().hex[:8]}"
            connection = Connection.objects.create(name=unique, dialect=self.flow.dialect)
        self.connection = connection
        self.client = ScimClient(connection, headers=self.flow.headers)

    def replay(self) -> Report:
        """Replay the provider's whole flow, and return what would fail; nothing of it stays."""
        databases = {router.db_for_write(model) for model in apps.get_models()}
        return preflight(self.name, self.connection, databases=sorted(databases))

    def require_working(self) -> None:
        """Replay the provider's whole flow.

        :raises AssertionError: If something would fail: it says what, for whom, and what to change.
        """
        report = self.replay()
        if not report.passed:
            raise AssertionError(str(report))

    def create_user(self, **attributes: Any) -> Json:
        """Create a user as the provider does, and return the answer.

        :param attributes: Those that are other than in the provider's flow, such as ``userName``; None leaves
            one out. Those of extensions are in a dictionary: ``**{ENTERPRISE: {"department": "Tours"}}``.
        """
        return self.create("create", attributes)

    def create_group(self, displayName: str, **attributes: Any) -> Json:
        """Create a group as the provider does, and return the answer."""
        return self.create("group create", {"displayName": displayName, **attributes})

    def create(self, phase: str, attributes: Json) -> Json:
        """Send the first creation of a phase with other attributes."""
        request = self.request_of(phase)
        body = {**request["body"], **attributes}
        if "userName" in attributes and "externalId" in body and "externalId" not in attributes:
            body["externalId"] = str(uuid4())
        sent = {name: value for name, value in body.items() if value is not None}
        return self.answer("POST", request["path"], sent)

    def deactivate(self, user: Json) -> Json:
        """Deactivate a user as the provider does, and return the answer.

        :param user: The user as an answer has it.
        """
        return self.switch("deactivate", user, is_active=False)

    def reactivate(self, user: Json) -> Json:
        """Activate a user again as the provider does, and return the answer."""
        return self.switch("reactivate", user, is_active=True)

    def switch(self, phase: str, user: Json, *, is_active: bool) -> Json:
        """Change ``active`` by PATCH or by PUT, whichever the provider does first."""
        request = self.request_of(phase)
        path = f"/Users/{user['id']}"
        if request["method"] == "PATCH":
            return self.answer("PATCH", path, filled(request["body"], {"user": user["id"]}))
        return self.answer("PUT", path, {**user, "active": is_active})

    def add_member(self, group: Json, user: Json) -> None:
        """Put a user in a group (RFC 7644 section 3.5.2.1)."""
        operation = {"op": "add", "path": "members", "value": [{"value": user["id"]}]}
        self.answer("PATCH", f"/Groups/{group['id']}", patch(operation))

    def remove_member(self, group: Json, user: Json) -> None:
        """Take a user out of a group (RFC 7644 section 3.5.2.2)."""
        operation = {"op": "remove", "path": f'members[value eq "{user["id"]}"]'}
        self.answer("PATCH", f"/Groups/{group['id']}", patch(operation))

    def delete(self, resource: Json) -> None:
        """Delete a user or a group."""
        kind = resource["meta"]["location"].rstrip("/").split("/")[-2]
        self.answer("DELETE", f"/{kind}/{resource['id']}", None)

    def request_of(self, phase: str) -> Json:
        """Return the first request of a phase that changes something."""
        requests = [step["request"] for step in self.flow.steps if step["phase"] == phase]
        return copy.deepcopy(next(request for request in requests if request["method"] != "GET"))

    def answer(self, method: str, path: str, body: Any) -> Json:
        """Send a request, and return the body of the answer.

        :raises AssertionError: If it is refused.
        """
        response = self.client.request(method, path, body)
        if response.status_code >= 300:
            raise AssertionError(f"{method} {path}: {response.status_code} {response.content.decode()}")
        return dict(response.json()) if response.content else {}
