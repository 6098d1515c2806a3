"""What the page of an event shows beside its fields, such as the table of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_scim.admin.addresses import history_url, may_view_records, row_url
from django_scim.admin.bases import entry_text, in_line, json_text
from django_scim.admin.history.words import told
from django_scim.admin.rows import records_with
from django_scim.api.errors import HTTPError, body_of
from django_scim.history.advice import advice_for
from django_scim.history.problems import cure_of
from django_scim.history.selection import EventSelection
from django_scim.models import Outcome, ProvisioningEvent
from django_scim.resources.registry import registry
from django_scim.why.finding import primary_keys
from django_scim.why.naming import names_of
from django_scim.why.obstacle import obstacle_of

WITH_BODY = ("POST", "PUT", "PATCH")
"""The methods whose requests have a body."""


def event_context(site: AdminSite, request: HttpRequest, event: ProvisioningEvent) -> dict[str, Any]:
    """Return the context of an event's page."""
    is_refused = event.outcome == Outcome.REFUSED
    error = HTTPError(event.status, event.detail, event.scim_type)
    resource = f"{event.resource_type} {event.display or event.resource_id}".rstrip()
    return {
        "subtitle": f"{told(event)} ({resource})",
        "received": request_body(event),
        "status_line": status_line(event.status),
        "error": json_text(body_of(error)) if is_refused else None,
        "advice": advice_for(event.status, event.scim_type, event.detail) if is_refused else None,
        "changes": changes_table(event.changes, names_in(site, request, event)) if event.changes else None,
        # Once it is cured, the value belongs to the one who asked for it.
        **(cure_in(site, event) or obstacle_in(site, request, event)),
        **addresses(site, event),
    }


def cure_in(site: AdminSite, event: ProvisioningEvent) -> dict[str, Any]:
    """Return the later request that cured a refusal, and its address, if there is one."""
    cure = cure_of(event)
    return {} if cure is None else {"cure": cure, "cure_url": row_url(site, cure)}


def obstacle_in(site: AdminSite, request: HttpRequest, event: ProvisioningEvent) -> dict[str, Any]:
    """Return the account that stands in the way of a request, and its address, for those who may see it."""
    obstacle = obstacle_of(event) if may_view_records(site, request) else None
    if obstacle is None or obstacle.row is None:
        return {"obstacle": obstacle}
    if obstacle.record is not None:
        return {"obstacle": obstacle, "obstacle_url": row_url(site, obstacle.record)}
    of_row = (obstacle.resource_type.name, obstacle.row.pk)
    url = reverse("admin:django_scim_record_why", args=of_row, current_app=site.name)
    return {"obstacle": obstacle, "obstacle_url": url}


def request_body(event: ProvisioningEvent) -> SafeString | str:
    """Return the body of the request, or else say why it is not there."""
    if event.request is not None:
        return json_text(event.request)
    if event.method and event.method not in WITH_BODY:
        return _("None: a request of this kind has no body.")
    return _("Not kept. RECORD_REQUESTS was off, or the body could not be read.")


def status_line(status: int) -> str:
    """Return a status with its reason phrase, if HTTP has one for it."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def addresses(site: AdminSite, event: ProvisioningEvent) -> dict[str, str]:
    """Return the addresses of what else happened to the resource."""
    if not event.resource_id:
        return {}
    own = {"resource_type": event.resource_type, "resource_id": event.resource_id}
    urls = {
        "events_url": history_url(
            site, resource_type=event.resource_type, resource_id__exact=event.resource_id
        )
    }
    events = EventSelection(ProvisioningEvent.objects.all(), equal=own)
    for name, ascending in (("earlier_url", False), ("later_url", True)):
        for _time, pk in events.keys(1, beyond=(event.time, event.pk), ascending=ascending):
            urls[name] = row_url(site, ProvisioningEvent(pk=pk))
    return urls


def names_in(site: AdminSite, request: HttpRequest, event: ProvisioningEvent) -> dict[str, Name]:
    """Return what people call the members in the changes of an event, in a constant number of queries."""
    # An ``id`` in a change does not say its resource type, so each type is asked for all of them.
    members = members_in(event.changes)
    keys = {each: primary_keys(each, members) for each in registry()} if members else {}
    records = records_with(keys) if may_view_records(site, request) else {}
    found: dict[str, Name] = {}
    for resource_type, own in keys.items():
        texts = names_of(resource_type, own.values()) if own else {}
        for identifier, key in own.items():
            record = records.get((resource_type.name, identifier))
            if key in texts:
                found[identifier] = Name(texts[key], None if record is None else row_url(site, record))
    return found


MOST_ENTRIES = 100
"""How many entries of a list are shown. The export has all."""

SIDES = (("before", "removed"), ("after", "added"))
"""The names of the two sides of a change: of an attribute, and of a collection."""


@dataclass(frozen=True)
class Name:
    """The name of a resource, and the URL of its page, or None if the user may not open it."""

    text: str
    url: str | None


@dataclass(frozen=True)
class ListEntry:
    """A value on one side of a change.

    :param mark: ``removed`` or ``added``; empty for what is on both sides.
    """

    text: SafeString
    mark: str
    name: Name | None


@dataclass(frozen=True)
class Side:
    """The values before a change, or after it.

    :param more: The number of values that are not shown.
    """

    entries: Sequence[ListEntry]
    is_list: bool
    more: int


def changes_table(changes: Mapping[str, Any], names: Mapping[str, Name] | None = None) -> SafeString:
    """Return the changes of a :class:`~django_scim.models.ProvisioningEvent` as an HTML table.

    :param names: The names of resources by their ``id``.
    """
    rows = [
        (attribute, [side_of(change, number, names or {}) for number in range(len(SIDES))])
        for attribute, change in changes.items()
    ]
    return render_to_string("admin/django_scim/provisioningevent/changes.html", {"rows": rows})


def side_of(change: Mapping[str, Any], number: int, names: Mapping[str, Name]) -> Side | None:
    """Return the first or the second side of a change, or None if it has no value."""
    own = next((change[name] for name in SIDES[number] if name in change), None)
    if own is None:
        return None
    other = next((change[name] for name in SIDES[1 - number] if name in change), None)
    values = own if isinstance(own, list) else [own]
    kept = {in_line(value) for value in other} if isinstance(other, list) else set()
    mark = SIDES[number][1]
    entries = [
        ListEntry(
            entry_text(value),
            "" if in_line(value) in kept else mark,
            names.get(value) if isinstance(value, str) else None,
        )
        for value in values[:MOST_ENTRIES]
    ]
    return Side(entries, isinstance(own, list), len(values) - len(entries))


def members_in(changes: Mapping[str, Any]) -> list[str]:
    """Return the ``id`` of each member that the table shows, at most :data:`MOST_ENTRIES` in total."""
    members = [
        member
        for change in changes.values()
        for _, name in SIDES
        for member in change.get(name, [])[:MOST_ENTRIES]
        if isinstance(member, str)
    ]
    return list(dict.fromkeys(members))[:MOST_ENTRIES]
