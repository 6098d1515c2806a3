"""One write from its request to its event."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from scim2_models import SCIMException

from django_scim.models import AccessToken, Connection, Operation, Outcome, ProvisioningEvent
from django_scim.models.columns import column_of

REDACTED = "(redacted)"
"""What the history has instead of a value that is never returned."""


def limited(text: str, field: str) -> str:
    """Cut a text to the length of a column, without what no database can hold."""
    limit = column_of(ProvisioningEvent, field).max_length
    storable = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return storable[:limit]


class Attempt:
    """What a client asked for; an operation fills in what came of it.

    :param connection: Who asks.
    :param token: With which token, if the authentication is the app's own.
    :param request_id: What the client's and the server's logs know the request by.
    """

    def __init__(
        self,
        operation: Operation,
        *,
        connection: Connection,
        token: AccessToken | None,
        request_id: str,
        resource_type: str,
        resource_id: str = "",
    ) -> None:
        self.operation = operation
        self.connection = connection
        self.token = token
        self.request_id = request_id
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.display = ""
        self.changes: dict[str, Any] = {}
        self.started = time.monotonic()

    def describe(self, payload: Any) -> None:
        """Take from a request what people call the resource, for an event of a refused one.

        RFC 7643 section 2.1: the case of a name makes no difference.
        """
        if isinstance(payload, Mapping) and not self.display:
            values = {str(name).lower(): value for name, value in payload.items()}
            name = values.get("username") or values.get("displayname")
            self.display = name if isinstance(name, str) else ""

    def succeeded(self, status: int) -> ProvisioningEvent:
        """Write the event, in the transaction of the change."""
        return self._write(Outcome.SUCCESS, status, changes=self.changes)

    def refused(self, error: SCIMException) -> ProvisioningEvent:
        """Write the event of a write that changed nothing, after its transaction was rolled back."""
        return self._write(
            Outcome.REFUSED,
            error.status,
            scim_type=limited(error.scim_type or "", "scim_type"),
            detail=limited(error.detail or "", "detail"),
        )

    def _write(self, outcome: Outcome, status: int, **fields: Any) -> ProvisioningEvent:
        return ProvisioningEvent.objects.create(
            connection=self.connection,
            token=self.token,
            request_id=limited(self.request_id, "request_id"),
            operation=self.operation,
            resource_type=self.resource_type,
            resource_id=limited(self.resource_id, "resource_id"),
            display=limited(self.display, "display"),
            outcome=outcome,
            status=status,
            duration=round((time.monotonic() - self.started) * 1000),
            **fields,
        )
