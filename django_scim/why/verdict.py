"""Why a resource is active or not: who changed that, when, by which request, and what to do.

A verdict takes a constant number of queries, however long the history is: each reads an index from its
newest end, up to a limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from django_scim.history.events import limited
from django_scim.history.export import in_utc
from django_scim.history.selection import latest_of
from django_scim.history.statistics import time_text
from django_scim.models import Connection, Effect, Link, Outcome, ProvisioningEvent, Record
from django_scim.operations.staff import has_identifier
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType

LOOKED_AT = 1000
"""How many events of a resource are looked at, the newest ones."""

LOCKING = (Effect.DEACTIVATED, Effect.DELETED)

OPENING = (Effect.ACTIVATED, Effect.RESTORED, Effect.CREATED, Effect.REHIRED)

ACTIVE, INACTIVE, DELETED = "active", "inactive", "deleted"


def author_of(event: ProvisioningEvent) -> str:
    """Return the connection of an event, or in words who else caused it."""
    if event.connection is not None:
        return str(event.connection)
    return _("a connection that is gone") if event.method else _("the project itself")


class Verdict:
    """What is known of one resource.

    :param row: Its row in the project.
    :param record: Its record, or None.
    :param tells_refusals: Whether the reader may know what was refused, and why.
    """

    def __init__(
        self, resource_type: ResourceType, row: Model, record: Record | None, *, tells_refusals: bool = True
    ) -> None:
        self.resource_type = resource_type
        self.row = row
        self.record = record
        self.tells_refusals = tells_refusals

    @cached_property
    def name(self) -> str:
        """What people call it."""
        return self.resource_type.adapter.row_name(self.row)

    @cached_property
    def identifier(self) -> str | None:
        """Its ``id``; None for a row that is no resource."""
        if self.record is None and not has_identifier(self.resource_type, self.row):
            return None
        return self.resource_type.identifier(self.row, self.record or self.resource_type.new_record(self.row))

    @cached_property
    def status(self) -> str:
        """Whether it is active, inactive or deleted."""
        obj = Resource(self.resource_type, self.row, Caller(None))
        obj.record = self.record
        if obj.is_deleted:
            return DELETED
        return ACTIVE if self.resource_type.adapter.is_active(obj) else INACTIVE

    @property
    def is_account(self) -> bool:
        """Whether it can be active or not, as a person's account can and a group cannot."""
        return self.resource_type.adapter.can_be_inactive or self.status == INACTIVE

    @property
    def status_text(self) -> str:
        """The status for people."""
        return {ACTIVE: _("Active"), INACTIVE: _("Inactive"), DELETED: _("Deleted")}[self.status]

    @cached_property
    def links(self) -> list[Link]:
        """The ``externalId`` of each connection that has given one."""
        if self.record is None or self.record.pk is None:
            return []
        return list(self.record.links.select_related("connection").order_by("pk")[:LOOKED_AT])

    # The history

    @cached_property
    def _latest(self) -> list[tuple[int, str, str]]:
        """The keys, outcomes and effects of the newest events, reads left out."""
        if self.identifier is None:
            return []
        events = ProvisioningEvent.objects.filter(resource_type=self.resource_type.name)
        rows = events.values_list("time", "pk", "outcome", "effect", named=True)
        former_ids = self.record.former_ids if self.record else ()
        latest = latest_of(rows, self.identifier, former_ids, LOOKED_AT)
        return [(row.pk, row.outcome, row.effect) for row in latest if row.effect != Effect.READ]

    @cached_property
    def _found(self) -> dict[str, ProvisioningEvent]:
        """The events that explain the status, by what they are to it, in one query."""
        keys: dict[str, int] = {}
        for pk, outcome, effect in self._latest:
            if outcome == Outcome.SUCCESS:
                keys.setdefault("success", pk)
                if effect in (*LOCKING, *OPENING):
                    keys.setdefault("turn", pk)
            elif outcome == Outcome.REFUSED and "success" not in keys:
                keys.setdefault("refusal", pk)
        events = ProvisioningEvent.objects.select_related("connection", "token").defer("request")
        found = events.in_bulk(list(keys.values()))
        return {what: found[pk] for what, pk in keys.items() if pk in found}

    @cached_property
    def cause(self) -> ProvisioningEvent | None:
        """The event that made it active or not as it is, or None if no request did."""
        event = self._found.get("turn")
        if event is None or self.status == ACTIVE:
            return event if event is not None and event.effect in OPENING else None
        is_born_so = event.effect in OPENING and event.changes.get("active", {}).get("after") is False
        return event if event.effect in LOCKING or is_born_so else None

    @cached_property
    def refusal(self) -> ProvisioningEvent | None:
        """The refusal of its latest request, or of one to make somebody of its name, or None."""
        if not self.tells_refusals:
            return None
        if (own := self._found.get("refusal")) is not None:
            return own
        if (success := self._found.get("success")) is not None and success.effect != Effect.DELETED:
            return None
        return refused_by_name(self.name, self.resource_type)

    # What it says

    @property
    def explanation(self) -> str:
        """Why it is as it is, in a sentence."""
        event, name = self.cause, self.name
        if event is None:
            return self._without_cause
        facts = {
            "name": name,
            "author": author_of(event),
            "time": time_text(event.time),
        }
        if not self.is_account:
            text = self._told_of_thing(Effect(event.effect))
        elif self.status == ACTIVE:
            text = _("%(name)s is active: %(author)s made it so on %(time)s.")
        elif event.effect == Effect.DELETED:
            text = _("%(name)s is locked: %(author)s deleted it on %(time)s.")
        elif event.effect == Effect.DEACTIVATED:
            text = _("%(name)s is locked: %(author)s deactivated it on %(time)s.")
        else:
            text = _("%(name)s is locked: %(author)s made it inactive from the beginning, on %(time)s.")
        return text % facts

    def _told_of_thing(self, effect: Effect) -> str:
        if effect == Effect.DELETED:
            return _("%(name)s is deleted: %(author)s deleted it on %(time)s.")
        if effect == Effect.CREATED:
            return _("%(name)s is there: %(author)s created it on %(time)s.")
        return _("%(name)s is there: %(author)s restored it on %(time)s.")

    @property
    def _without_cause(self) -> str:
        if self.status == ACTIVE and not self.is_account:
            text = _("%(name)s is there. The history has no request that created it.")
        elif self.status == ACTIVE:
            text = _("%(name)s is active. The history has no request that made it so.")
        elif self.status == DELETED:
            text = _("%(name)s is deleted for SCIM. The history does not go back to when.")
        else:
            text = _("%(name)s is locked, but by no request that the history has: the project itself did it.")
        return text % {"name": self.name}

    @property
    def request_text(self) -> str:
        """The request of the cause, or an empty text."""
        event = self.cause
        if event is None:
            return ""
        line = f"{event.method} {event.path}".strip() or event.detail
        return f"{line} ({event.request_id})" if event.request_id else line

    @property
    def remedies(self) -> list[str]:
        """What to do, the first thing first."""
        return list(dict.fromkeys([*self._remedies_for_status(), *self._remedies_for_connections()]))

    def _remedies_for_status(self) -> Iterator[str]:
        if self.status != ACTIVE:
            yield self._remedy_for_lock()
        elif self.refusal is None and self.is_account:
            yield _("Nothing of SCIM keeps the person out. Look at how they sign in.")
        if self.refusal is not None:
            facts = {
                "author": author_of(self.refusal),
                "status": self.refusal.status,
                "detail": self.refusal.detail,
            }
            if self.refusal.detail:
                text = _(
                    "Look at the latest request of %(author)s: it was refused with %(status)d: %(detail)s"
                )
            else:
                text = _("Look at the latest request of %(author)s: it was refused with %(status)d.")
            yield text % facts

    def _remedy_for_lock(self) -> str:
        event = self.cause
        if event is None and self.status == INACTIVE:
            return _("Make the account active where the project keeps it, if that is right.")
        if event is None or event.connection is None:
            if not self.is_account:
                return _("Ask who did it. Restore it on its page, if that is right.")
            return _("Ask who did it. Make the account active, or restore it on its page, if that is right.")
        if not self.is_account:
            text = _(
                "Send it again from the identity provider of %(connection)s, or restore it on its page if "
                "the deletion was a mistake."
            )
        elif self.status == DELETED:
            text = _(
                "Assign the person again at the identity provider of %(connection)s: the account is hired "
                "again, with what the project keeps of it. If the deletion was a mistake, restore it."
            )
        else:
            text = _(
                "Assign the person again, or make them active, at the identity provider of %(connection)s. "
                "What you change here alone is locked again as soon as it says so."
            )
        return text % {"connection": event.connection}

    def _remedies_for_connections(self) -> Iterator[str]:
        for connection in self.connections:
            name = {"connection": connection}
            if not connection.is_active:
                yield _("%(connection)s is switched off: nothing that it sends is done.") % name
            elif connection.paused_at is not None:
                yield _("%(connection)s is paused: resume it, or no change that it sends is done.") % name

    @property
    def connections(self) -> Sequence[Connection]:
        """The connections that have to do with it."""
        events = [event.connection for event in self._found.values() if event.connection is not None]
        managing = [] if self.record is None or self.record.managed_by is None else [self.record.managed_by]
        return list(dict.fromkeys([*(link.connection for link in self.links), *managing, *events]))

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {
            "resourceType": self.resource_type.name,
            "id": self.identifier,
            "key": str(self.row.pk),
            "name": self.name,
            "status": self.status,
            "explanation": self.explanation,
            "cause": event_facts(self.cause),
            "refusal": event_facts(self.refusal),
            "remedies": self.remedies,
            "externalIds": {str(link.connection): link.external_id for link in self.links},
        }


def event_facts(event: ProvisioningEvent | None) -> dict[str, Any] | None:
    """Return the facts of an event as JSON."""
    if event is None:
        return None
    return {
        "id": event.pk,
        "time": in_utc(event.time),
        "by": author_of(event),
        "effect": event.effect,
        "request": f"{event.method} {event.path}".strip(),
        "requestId": event.request_id,
        "token": None if event.token is None else str(event.token),
        "status": event.status,
        "scimType": event.scim_type,
        "detail": event.detail,
    }


def verdict_of(resource_type: ResourceType, key: Any) -> Verdict | None:
    """Return the verdict of a row by its primary key, or None if it is gone."""
    rows = resource_type.model._base_manager.filter(pk=key)
    row = (rows.select_related(*resource_type.joins) if resource_type.joins else rows).first()
    if row is None:
        return None
    records = resource_type.records().filter(**{resource_type.record_key: key})
    return Verdict(resource_type, row, records.select_related("managed_by").first())


def refused_by_name(name: str, resource_type: ResourceType | None = None) -> ProvisioningEvent | None:
    """Return the latest event of a name, if it is a refusal: of somebody whom no request could make."""
    if not name:
        # Requests that named nobody have no name in common.
        return None
    key = limited(name.lower(), "display_key")
    events = ProvisioningEvent.objects.filter(display_key=key).order_by("-time", "-pk")
    if resource_type is not None:
        events = events.filter(resource_type=resource_type.name)
    latest = events.select_related("connection", "token").defer("request", "changes").first()
    return latest if latest is not None and latest.outcome == Outcome.REFUSED else None


def missing(name: str, *, others_are_found: bool = False) -> str | None:
    """Return why somebody of a name is not there, if the latest request to make them was refused.

    :param others_are_found: Whether the same search finds somebody, who may have the very name.
    """
    event = refused_by_name(name)
    if event is None or event.resource_id:
        return None
    facts = {
        "name": event.display,
        "author": author_of(event),
        "time": time_text(event.time),
        "status": event.status,
        "detail": event.detail,
    }
    if others_are_found:
        text = _("On %(time)s, %(author)s asked for %(name)s, and was refused with %(status)d: %(detail)s")
    else:
        text = _(
            "%(name)s is not there: on %(time)s, %(author)s asked for it, and was refused with %(status)d: "
            "%(detail)s"
        )
    return text % facts
