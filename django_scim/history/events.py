"""An attempt is a request until its event is written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from django.db import router
from scim2_models import SCIMException

from django_scim.conf import get_settings
from django_scim.history.effects import effect_of, summary_of
from django_scim.history.excerpts import Excerpt, excerpt, query_excerpt
from django_scim.history.redaction import REDACTED, redaction
from django_scim.models import (
    AccessToken,
    Connection,
    Effect,
    MembershipChange,
    Operation,
    Outcome,
    ProvisioningEvent,
)
from django_scim.sql.saving import insert_rows, save_own
from django_scim.sql.values import column_of

SIDES = {"before", "after"}
"""What a change has, unless it is one of members: then it names who came and who went."""

MOST_IGNORED = 20
"""How many names of ignored attributes one event has."""

LONGEST_IGNORED = 200
"""How long such a name may be."""


class Membership(NamedTuple):
    """Who joined or left a resource: the resource type, and the primary key of the row as text."""

    member_type: str
    member_key: str
    is_joined: bool


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
        self.redaction = redaction()
        """What of the request may be kept."""
        self.sent: list[Any] = [path]
        """What the request has sent: the texts of errors are searched for its secrets."""
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
        self.was_active: bool | None = None
        """Whether the resource was active before; None for one that the write makes."""
        self.is_active = True
        """Whether it is active now."""
        self.activated = False
        """Whether the resource was not active before, and is active now."""
        self.effect: Effect | None = None
        """What the write did, if its changes do not tell."""
        self.named_by: str | None = None
        """The attribute that the resource goes by, or None if it has no name."""
        self.memberships: list[Membership] = []
        """Who joined or left the resource."""
        self.harmful = False
        """Whether the circuit breaker counts the resource."""
        self.detail = ""
        """The detail of a success."""
        self.notes: list[str] = []
        """What the write has found out that its detail has to say too."""
        self.ignored: list[str] = []
        """The names in the request that no schema has, and that were ignored."""
        self.former_id = ""
        """The ``id`` of the deleted resource that a new one goes on with."""
        self.changes: dict[str, Any] = {}
        self.is_matched = False
        """Whether a resource that was there is the connection's from now on, or has its ``externalId``."""
        self.is_rehearsal = False
        """Whether the change is rolled back, and the event written afterwards."""
        self.event: ProvisioningEvent | None = None
        """The event, once it is written."""
        self.started = time.monotonic()
        self.made_with = 1
        """How many resources are made in one transaction with this one: each has its share of the time."""

    def receive(self, payload: Any) -> None:
        """Store the body of a request, and read the name and the ``externalId`` of the resource from it.

        RFC 7643 section 2.1: the names of attributes are compared without case.
        """
        self.sent.append(payload)
        settings = get_settings()
        if settings.RECORD_REQUESTS:
            self.request = excerpt(payload, self.redaction, settings.MAX_RECORDED_REQUEST)
        if isinstance(payload, Mapping):
            values = {str(name).lower(): value for name, value in payload.items() if isinstance(value, str)}
            self.display = self.display or values.get("username") or values.get("displayname") or ""
            self.external_id = self.external_id or values.get("externalid", "")

    def receive_query(self, payload: Any) -> None:
        """Store the body of a query (RFC 7644 section 3.4.3)."""
        self.sent.append(payload)
        settings = get_settings()
        if settings.RECORD_REQUESTS:
            self.request = query_excerpt(payload, self.redaction, settings.MAX_RECORDED_REQUEST)

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
        self.memberships.clear()
        self.deactivated = self.activated = False
        self.harmful = False

    def succeeded(self, status: int) -> ProvisioningEvent:
        """Write the event of a success. That of a write is in the transaction of the change."""
        event = self.success(status)
        save_own(event, router.db_for_write(ProvisioningEvent))
        self._write_memberships(event)
        return event

    def success(self, status: int) -> ProvisioningEvent:
        """Return the event of a success, unsaved."""
        changes, effect = self.told_changes, effect_of(self)
        return self._event(
            Outcome.REHEARSED if self.is_rehearsal else Outcome.SUCCESS,
            status,
            effect=effect,
            summary=limited(summary_of(effect, changes), "summary"),
            changes=changes,
            deactivated=self.deactivated,
            harmful=self.harmful,
            detail=limited("; ".join(filter(None, (self.detail, *self.notes, self.ignored_note))), "detail"),
            version=limited(self.version, "version"),
        )

    def write_again(self) -> None:
        """Write the event that was rolled back with what it is of."""
        if self.event is not None:
            self.event.pk, self.event._state.adding = None, True
            save_own(self.event, self.event._state.db or router.db_for_write(ProvisioningEvent))
            if self.event.outcome != Outcome.REFUSED:
                self._write_memberships(self.event)

    def _write_memberships(self, event: ProvisioningEvent) -> None:
        using = router.db_for_write(ProvisioningEvent)
        if event.pk is None:
            # The event is written with others, and these after it.
            for position, row in enumerate(self.memberships):
                save_own(MembershipChange(event=event, position=position, **row._asdict()), using)
        elif self.memberships:
            names = ("event", "position", *Membership._fields)
            fields = [column_of(MembershipChange, name) for name in names]
            rows = [(event.pk, position, *row) for position, row in enumerate(self.memberships)]
            insert_rows(MembershipChange, fields, rows, using)

    @property
    def told_changes(self) -> dict[str, Any]:
        """The changes as the history has them: without what the project has among them that is a secret.

        All of them together have a largest size. What was before is kept first: it can be given back.
        """
        told: dict[str, Any] = {}
        everything = replace(self.redaction, known=None)
        kept = Excerpt(everything, get_settings().MAX_RECORDED_CHANGES)
        for key, sides in self.changes.items():
            if everything.is_name(key.rpartition(":")[2].rpartition(".")[2]):
                sides = dict.fromkeys(sides, REDACTED)
            elif sides.keys() <= SIDES:
                sides = kept.copy(sides)
            told[key] = sides
        return told

    @property
    def ignored_note(self) -> str:
        """What the detail of a success says of names that no schema has."""
        return f"ignored: {', '.join(self.ignored)}" if self.ignored else ""

    def refused(self, error: SCIMException) -> ProvisioningEvent:
        """Write the event of a refusal. That of a write comes after its transaction was rolled back."""
        detail = self.redaction.detail(error.detail or "", *self.sent)
        event = self._event(
            Outcome.REFUSED,
            error.status,
            effect=Effect.REFUSED,
            summary=limited(detail, "summary"),
            scim_type=limited(error.scim_type or "", "scim_type"),
            detail=limited(detail, "detail"),
        )
        save_own(event, router.db_for_write(ProvisioningEvent))
        return event

    def _event(self, outcome: Outcome, status: int, **fields: Any) -> ProvisioningEvent:
        hide = self.redaction.text
        display = limited(hide(self.display), "display")
        self.event = ProvisioningEvent(
            connection=self.connection,
            token=self.token,
            request_id=limited(self.request_id, "request_id"),
            operation=self.operation,
            resource_type=self.resource_type,
            resource_id=limited(hide(self.resource_id), "resource_id"),
            display=display,
            display_key=limited(display.lower(), "display_key"),
            external_id=limited(hide(self.external_id), "external_id"),
            method=limited(self.method, "method"),
            path=limited(self.redaction.target(self.path), "path"),
            request=self.request,
            outcome=outcome,
            status=status,
            duration=round((time.monotonic() - self.started) * 1000 / self.made_with),
            **fields,
        )
        return self.event


def record_together(attempts: Iterable[Attempt], status: int) -> None:
    """Write the events of many successes at once."""
    ProvisioningEvent.objects.bulk_create([attempt.success(status) for attempt in attempts])
