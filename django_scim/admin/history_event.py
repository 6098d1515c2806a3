"""What the page of an event shows beside its fields."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_scim.admin.addresses import history_url
from django_scim.admin.changes_table import Name, changes_table, members_in
from django_scim.admin.history_resources import names_of, primary_keys, records_with
from django_scim.admin.json_text import json_text
from django_scim.admin.resource_addresses import event_url, may_view_records, record_url
from django_scim.api.errors import HTTPError, body_of
from django_scim.history.advice import advice_for
from django_scim.history.selection import Selection
from django_scim.models import Outcome, ProvisioningEvent
from django_scim.registry import registry

WITH_BODY = ("POST", "PUT", "PATCH")
"""The methods whose requests have a body."""


def event_context(site: AdminSite, request: HttpRequest, event: ProvisioningEvent) -> dict[str, Any]:
    """Return what the template of an event's page shows."""
    is_refused = event.outcome == Outcome.REFUSED
    return {
        "received": received(event),
        "status_line": status_line(event.status),
        "error": json_text(error_body(event)) if is_refused else None,
        "advice": advice_for(event.status, event.scim_type) if is_refused else None,
        "changes": changes_table(event.changes, names_in(site, request, event)) if event.changes else None,
        **addresses(site, event),
    }


def received(event: ProvisioningEvent) -> SafeString | str:
    """Return the body of the request, or in words why there is none."""
    if event.request is not None:
        return json_text(event.request)
    if event.method and event.method not in WITH_BODY:
        return _("None: a request of this kind has no body.")
    return _("Not kept. RECORD_REQUESTS was off, or the body could not be read.")


def status_line(status: int) -> str:
    """Return a status with its reason phrase, if it has one."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def error_body(event: ProvisioningEvent) -> dict[str, Any]:
    """Return the body of a refusal as the client got it."""
    return body_of(HTTPError(event.status, event.detail, event.scim_type))


def addresses(site: AdminSite, event: ProvisioningEvent) -> dict[str, str]:
    """Return the addresses of what else happened to the resource."""
    if not event.resource_id:
        return {}
    own = {"resource_type": event.resource_type, "resource_id": event.resource_id}
    found = {
        "events_url": history_url(
            site, resource_type=event.resource_type, resource_id__exact=event.resource_id
        )
    }
    events = Selection(ProvisioningEvent.objects.all(), equal=own)
    for name, ascending in (("earlier_url", False), ("later_url", True)):
        for _time, pk in events.keys(1, beyond=(event.time, event.pk), ascending=ascending):
            found[name] = event_url(site, ProvisioningEvent(pk=pk))
    return found


def names_in(site: AdminSite, request: HttpRequest, event: ProvisioningEvent) -> dict[str, Name]:
    """Return what people call the members in the changes of an event, in a constant number of queries."""
    members = members_in(event.changes)
    keys = {adapter: primary_keys(adapter, members) for adapter in registry()} if members else {}
    records = records_with(keys) if may_view_records(site, request) else {}
    found: dict[str, Name] = {}
    for adapter, own in keys.items():
        texts = names_of(adapter, own.values()) if own else {}
        for identifier, key in own.items():
            record = records.get((adapter.name, identifier))
            if key in texts:
                found[identifier] = Name(texts[key], None if record is None else record_url(site, record))
    return found
