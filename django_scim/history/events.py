"""An attempt is a request until its event is written. Events are counted by the hour."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import F
from scim2_models import SCIMException

from django_scim.conf import get_settings
from django_scim.history.excerpts import REDACTED, excerpt, names_secret, query_excerpt
from django_scim.models import AccessToken, Connection, EventCount, Operation, Outcome, ProvisioningEvent
from django_scim.models.provisioning_event import duration_bound
from django_scim.sql.values import column_of

READS = (Operation.READ, Operation.SEARCH)
"""The operations that change nothing. They are never counted, even if they are recorded."""

MOST_IGNORED = 20
"""How many names of ignored attributes one event has."""

LONGEST_IGNORED = 200
"""How long such a name may be."""


def limited(text: str, field: str) -> str:
    """Cut a text to the length of a column, and replace what a database cannot store."""
    limit = column_of(ProvisioningEvent, field).max_length
    storable = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return storable[:limit]


class Attempt:
    """What a client asked for. The write adds the result.

    :param connection: The connection of the request, or None for an action in the admin.
    :param token: The access token, or None if the request was authenticated in another way.
    :param request_id: The id of the request in the logs of the client and of the server.
    :param method: The method of the request, or of an operation of a bulk job.
    :param path: Its path below the SCIM root.
    """

    def __init__(
        self,
        operation: Operation,
        *,
        connection: Connection | None,
        token: AccessToken | None,
        request_id: str,
        resource_type: str,
        resource_id: str = "",
        method: str = "",
        path: str = "",
    ) -> None:
        self.operation = operation
        self.connection = connection
        self.token = token
        self.request_id = request_id
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.method = method
        self.path = path
        self.request: Any = None
        self.display = ""
        self.external_id = ""
        self.version = ""
        self.deactivated = False
        """Whether the resource was active before, and is not active now."""
        self.detail = ""
        """The detail of a success."""
        self.notes: list[str] = []
        """What the write has found out that its detail has to say too."""
        self.ignored: list[str] = []
        """The names in the request that no schema has, and that were ignored."""
        self.former_id = ""
        """The ``id`` of the deleted resource that a new one goes on with."""
        self.changes: dict[str, Any] = {}
        self.started = time.monotonic()

    def receive(self, payload: Any, secrets: Collection[str]) -> None:
        """Store the body of a request, and read the name and the ``externalId`` of the resource from it.

        RFC 7643 section 2.1: the names of attributes are compared without case.

        :param secrets: The names of the attributes whose values are redacted, in lower case.
        """
        settings = get_settings()
        if settings.RECORD_REQUESTS:
            self.request = excerpt(payload, secrets, settings.MAX_RECORDED_REQUEST)
        if isinstance(payload, Mapping):
            values = {str(name).lower(): value for name, value in payload.items() if isinstance(value, str)}
            self.display = self.display or values.get("username") or values.get("displayname") or ""
            self.external_id = self.external_id or values.get("externalid", "")

    def receive_query(self, payload: Any, secrets: Collection[str]) -> None:
        """Store the body of a query (RFC 7644 section 3.4.3).

        :param secrets: As for :meth:`receive`.
        """
        settings = get_settings()
        if settings.RECORD_REQUESTS:
            self.request = query_excerpt(payload, secrets, settings.MAX_RECORDED_REQUEST)

    def ignore(self, names: Iterable[str]) -> None:
        """Note what no schema has, for the history: the first of the names, shortened if they are long."""
        found = dict.fromkeys(name[:LONGEST_IGNORED] for name in names)
        self.ignored = list(found)[:MOST_IGNORED]
        if len(found) > MOST_IGNORED:
            self.ignored.append("…")

    def identify(self, display: str, external_id: str | None) -> None:
        """Set the display name and the ``externalId`` of the resource."""
        self.display = display
        self.external_id = external_id or self.external_id

    def start(self) -> None:
        """Clear the results of an earlier try of the same transaction."""
        self.changes.clear()
        self.notes.clear()
        self.former_id = ""
        self.deactivated = False

    def succeeded(self, status: int) -> ProvisioningEvent:
        """Write the event of a success. That of a write is in the transaction of the change."""
        return self._write(
            Outcome.SUCCESS,
            status,
            changes=self.changes,
            deactivated=self.deactivated,
            detail=limited("; ".join(filter(None, (self.detail, *self.notes, self.ignored_note))), "detail"),
            version=limited(self.version, "version"),
        )

    @property
    def ignored_note(self) -> str:
        """What the detail of a success says of names that no schema has."""
        return f"ignored: {', '.join(self.ignored)}" if self.ignored else ""

    def refused(self, error: SCIMException, secrets: Collection[str] = ()) -> ProvisioningEvent:
        """Write the event of a refusal. That of a write comes after its transaction was rolled back.

        :param secrets: As for :meth:`receive`. The error of a query often repeats the query, so the detail is
            redacted if it names a secret.
        """
        detail = error.detail or ""
        has_secret_query = self.operation in READS or self.path.endswith(REDACTED)
        if has_secret_query and names_secret(detail, secrets):
            detail = REDACTED
        return self._write(
            Outcome.REFUSED,
            error.status,
            scim_type=limited(error.scim_type or "", "scim_type"),
            detail=limited(detail, "detail"),
        )

    def _write(self, outcome: Outcome, status: int, **fields: Any) -> ProvisioningEvent:
        display = limited(self.display, "display")
        event = ProvisioningEvent.objects.create(
            connection=self.connection,
            token=self.token,
            request_id=limited(self.request_id, "request_id"),
            operation=self.operation,
            resource_type=self.resource_type,
            resource_id=limited(self.resource_id, "resource_id"),
            display=display,
            display_key=limited(display.lower(), "display_key"),
            external_id=limited(self.external_id, "external_id"),
            method=limited(self.method, "method"),
            path=limited(self.path, "path"),
            request=self.request,
            outcome=outcome,
            status=status,
            duration=round((time.monotonic() - self.started) * 1000),
            **fields,
        )
        if event.operation not in READS:
            count_event(event)
        return event


def count_event(event: ProvisioningEvent) -> None:
    """Count an event after its transaction is committed.

    Inside the transaction, all writes of a connection would wait for each other at the same row.
    """
    database = event._state.db or DEFAULT_DB_ALIAS
    transaction.on_commit(partial(add_to_count, event, database), using=database, robust=True)


def add_to_count(event: ProvisioningEvent, database: str) -> None:
    """Add an event to the row of its hour. The row is created if it does not exist."""
    key: dict[str, Any] = {
        "connection_id": event.connection_id,
        "hour": event.time.replace(minute=0, second=0, microsecond=0),
        "outcome": event.outcome,
        "status": event.status,
        "scim_type": event.scim_type,
        "duration": duration_bound(event.duration),
    }
    counts = EventCount.objects.using(database)
    if not counts.filter(**key).update(count=F("count") + 1):
        counts.get_or_create(**key)
        counts.filter(**key).update(count=F("count") + 1)
