"""The panel of one resource, on the page of its record and on that of the project's row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_scim.admin.addresses import (
    action_url,
    events_url,
    may_act,
    may_view_events,
    may_view_records,
    may_view_rows,
    row_url,
)
from django_scim.admin.bases import json_text
from django_scim.admin.history.words import told, told_of_group, told_of_member
from django_scim.admin.resources.actions import (
    DeactivateAction,
    HandOverAction,
    ResourceAction,
    RestoreAction,
    UnlinkAction,
)
from django_scim.admin.resources.authors import Provisioning, provisioning_of
from django_scim.admin.rows import is_active
from django_scim.history.selection import latest_of
from django_scim.models import Connection, Link, MembershipChange, ProvisioningEvent, Record
from django_scim.operations.staff import connections_of
from django_scim.resources.loading import has_many, load
from django_scim.resources.projection import projection_for
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json
from django_scim.setup_links.addresses import scim_base_url
from django_scim.why.verdict import Verdict, author_of

CHOICE = "scim_connection"
"""The parameter of the URL that chooses the connection whose document is shown."""

TIMELINE = 20
"""The number of events that are shown."""


@dataclass(frozen=True)
class Step:
    """An event of the timeline."""

    event: ProvisioningEvent
    url: str
    author: str
    what: str


class ResourcePanel:
    """Looks up what a template asks for, when it asks.

    :param row: The row of the project.
    """

    def __init__(
        self, site: AdminSite, request: HttpRequest, resource_type: ResourceType, row: Model
    ) -> None:
        self.site = site
        self.request = request
        self.resource_type = resource_type
        self.row = row

    @property
    def is_visible(self) -> bool:
        """Whether the user may see what SCIM knows of the resource."""
        return may_view_records(self.site, self.request)

    @cached_property
    def provisioning(self) -> Provisioning:
        return provisioning_of(self.resource_type, self.row, self.request)

    @property
    def record(self) -> Record | None:
        """The record of the resource, or None if there is no record."""
        return self.provisioning.record

    @property
    def record_url(self) -> str | None:
        """The address of the page of the resource, or None if SCIM has not touched it."""
        return None if self.record is None else row_url(self.site, self.record)

    @property
    def row_url(self) -> str | None:
        """The URL of the row's page, or None if the user may not open it."""
        may_view = may_view_rows(self.site, self.request, type(self.row), self.row)
        return row_url(self.site, self.row) if may_view else None

    @property
    def row_label(self) -> str:
        """What leads to the row's page: it is called as the project calls it."""
        return _("Open this %(model)s") % {"model": self.row._meta.verbose_name}

    @property
    def owners(self) -> str:
        """The connections that provision the resource, by name."""
        return ", ".join(str(connection) for connection in self.provisioning.connections)

    @cached_property
    def is_active(self) -> bool:
        """Whether the resource is active, and not deleted."""
        obj = Resource(self.resource_type, self.row, Caller(None))
        obj.record = self.record
        return is_active(obj)

    @property
    def is_deleted(self) -> bool:
        return self.record is not None and self.record.deleted_at is not None

    # Why

    @cached_property
    def verdict(self) -> Verdict:
        """Why the resource is active or not."""
        return Verdict(self.resource_type, self.row, self.record, tells_refusals=self.may_view_events)

    @property
    def cause_url(self) -> str | None:
        """The address of the event that is the cause, for those who may open it."""
        return self._event_url(self.verdict.cause)

    @property
    def refusal_url(self) -> str | None:
        """The address of the latest refusal, for those who may open it."""
        return self._event_url(self.verdict.refusal)

    def _event_url(self, event: ProvisioningEvent | None) -> str | None:
        return None if event is None or not self.may_view_events else row_url(self.site, event)

    # As SCIM has it

    @cached_property
    def connections(self) -> list[Connection]:
        """The connections whose document can be shown."""
        return connections_of(self.resource_type, self.row)

    @cached_property
    def connection(self) -> Connection | None:
        """The connection whose document is shown: the chosen one, or the first, or None."""
        key = self.request.GET.get(CHOICE)
        chosen = (connection for connection in self.connections if str(connection.pk) == key)
        return next(chosen, None) or next(iter(self.connections), None)

    @property
    def is_chosen(self) -> bool:
        return CHOICE in self.request.GET

    @property
    def choices(self) -> list[tuple[Connection, str]]:
        """The connections, each with the URL of this page that shows its document."""
        found = []
        for connection in self.connections:
            query = self.request.GET.copy()
            query[CHOICE] = str(connection.pk)
            found.append((connection, f"?{query.urlencode()}#scim-document-heading"))
        return found

    @cached_property
    def document_parts(self) -> tuple[SafeString | None, list[str]]:
        """The document that the connection gets, or None, and the attributes that are left out of it."""
        if self.connection is None:
            return None, []
        caller = Caller(self.connection, scim_base_url(self.request, self.connection) or "")
        document, left_out = resource_document(self.resource_type, self.row, caller)
        return None if document is None else json_text(document), left_out

    @property
    def document(self) -> SafeString | None:
        return self.document_parts[0]

    @property
    def left_out(self) -> str:
        """The attributes that are not in the document, since they have too many values."""
        return ", ".join(self.document_parts[1])

    @property
    def most_values(self) -> int:
        return MOST_VALUES

    # What happened

    @cached_property
    def may_view_events(self) -> bool:
        return may_view_events(self.site, self.request)

    @cached_property
    def steps(self) -> list[Step]:
        own = self.resource_type.looked_up_identifier(self.row)
        # What happened before the account was deleted and hired again.
        former_ids = [] if self.record is None else self.record.former_ids
        events = ProvisioningEvent.objects.filter(resource_type=self.resource_type.name)
        events = events.select_related("connection").defer("request", "changes")
        steps = [self.step(event, told(event)) for event in latest_of(events, own, former_ids, TIMELINE)]
        steps += self.memberships
        return sorted(steps, key=lambda step: (step.event.time, step.event.pk), reverse=True)[:TIMELINE]

    @property
    def memberships(self) -> list[Step]:
        """The latest groups that the resource has joined and left, or members of it that were deleted."""
        changes = MembershipChange.objects.filter(
            member_type=self.resource_type.name, member_key=str(self.row.pk)
        )
        latest = (
            changes.select_related("event__connection")
            .order_by("-event_id")  # "-event" is the order of events by time, of all of them.
            .defer("event__request", "event__changes")
        )
        return [
            self.step(change.event, self.told_of_membership(change.event, is_joined=change.is_joined))
            for change in latest[:TIMELINE]
        ]

    def told_of_membership(self, event: ProvisioningEvent, *, is_joined: bool) -> str:
        """Return what an event of another resource is to this one, the group or the member of the two."""
        other = registry().get(event.resource_type)
        is_of_member = has_members(self.resource_type) and other is not None and not has_members(other)
        return (told_of_group if is_of_member else told_of_member)(event, is_joined=is_joined)

    def step(self, event: ProvisioningEvent, what: str) -> Step:
        return Step(event, row_url(self.site, event), author_of(event), what)

    @property
    def events_url(self) -> str:
        return events_url(self.site, self.resource_type, self.row)

    # What can be done

    @cached_property
    def may_act(self) -> bool:
        return may_act(self.site, self.request)

    @property
    def actions(self) -> list[tuple[Any, str]]:
        """The labels of the actions that are possible now, with the URLs of their pages."""
        if not self.may_act:
            return []
        if self.is_deleted:
            return [(RestoreAction.label, self._action_url(RestoreAction.name))]
        possible: list[type[ResourceAction]] = []
        if self.record is not None and self.is_active and self.resource_type.adapter.can_be_inactive:
            possible.append(DeactivateAction)
        if not self.resource_type.adapter.protected(self.row):
            possible.append(HandOverAction)
        return [(action.label, self._action_url(action.name)) for action in possible]

    @property
    def links(self) -> list[tuple[Link, str | None]]:
        """The links of the resource, with the URLs of the pages that delete them, or None."""
        return [
            (link, self._action_url(UnlinkAction.name, link.connection) if self.may_act else None)
            for link in self.provisioning.links
        ]

    def _action_url(self, name: str, connection: Connection | None = None) -> str:
        key = self.record.pk if self.record is not None else f"{self.resource_type.name}:{self.row.pk}"
        return action_url(self.site, name, key, self.request.path, connection)

    @property
    def status(self) -> str:
        if self.is_deleted:
            return _("Deleted")
        return _("Active") if self.is_active else _("Inactive")


def has_members(resource_type: ResourceType) -> bool:
    """Whether a resource has members without a limit, as a group has."""
    return any(mapping.unbounded for mapping in resource_type.written_mappings)


MOST_VALUES = 100
"""The most members, or values of another unbounded attribute, that are shown."""


def resource_document(
    resource_type: ResourceType, row: Model, caller: Caller
) -> tuple[Json | None, list[str]]:
    """Return the document that a connection gets of a row, and the attributes that are left out of it.

    The document is None if the connection cannot see the resource, and gets 404.
    """
    left_out = [
        mapping.path.key
        for mapping in resource_type.mappings.values()
        if mapping.unbounded and has_many(mapping, row, caller, MOST_VALUES)
    ]
    rows = resource_type.queryset(caller.connection).filter(pk=row.pk)
    projection = projection_for(resource_type, excluded=tuple(left_out))
    objects = load(resource_type, rows, projection, caller)
    return projection.read(objects[0]) if objects else None, left_out
