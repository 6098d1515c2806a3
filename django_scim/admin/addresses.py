"""The URLs of the admin's pages, and who may open them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from django_scim.models import Connection, ProvisioningEvent, Record
from django_scim.resources.resource_type import ResourceType


def history_url(site: AdminSite, **filters: Any) -> str:
    """Return the address of the history, filtered."""
    page = reverse("admin:django_scim_provisioningevent_changelist", current_app=site.name)
    return f"{page}?{urlencode(filters)}"


VIEW = "django_scim.view_record"

ACT = "django_scim.change_record"


def may_view_rows(
    site: AdminSite, request: HttpRequest, model: type[Model], row: Model | None = None
) -> bool:
    """Whether the user may open the admin pages of a model's rows, or of one row."""
    if not site.is_registered(model):
        return False
    return bool(site.get_model_admin(model).has_view_or_change_permission(request, row))


def row_url(site: AdminSite, row: Model) -> str:
    """Return the URL of the page of a row, such as a record or an event. Ask before who may open it."""
    meta = row._meta
    name = f"admin:{meta.app_label}_{meta.model_name}_change"
    return reverse(name, args=(quote(row.pk),), current_app=site.name)


def may_view_records(site: AdminSite, request: HttpRequest) -> bool:
    """Whether the user may see records in this admin."""
    return site.is_registered(Record) and request.user.has_perm(VIEW)


def may_act(site: AdminSite, request: HttpRequest) -> bool:
    """Whether the user may restore, unlink and deactivate resources in this admin."""
    return may_view_records(site, request) and request.user.has_perm(ACT)


def may_view_events(site: AdminSite, request: HttpRequest) -> bool:
    """Whether the user may see the history, in this admin."""
    return site.is_registered(ProvisioningEvent) and request.user.has_perm(
        "django_scim.view_provisioningevent"
    )


def events_url(site: AdminSite, resource_type: ResourceType, row: Model) -> str:
    """Return the URL of the events of one resource."""
    return history_url(
        site, resource_type=resource_type.name, resource_id__exact=resource_type.looked_up_identifier(row)
    )


def action_url(
    site: AdminSite, action: str, resource: Any, back: str, connection: Connection | None = None
) -> str:
    """Return the URL of the page that asks for confirmation of an action.

    :param resource: The key of its record, or such as ``User:4`` for a row that has none.
    :param back: The URL to go to afterwards.
    :param connection: The connection that the action is about, or None.
    """
    page = reverse("admin:django_scim_record_act", args=(action,), current_app=site.name)
    parameters: dict[str, Any] = {"resource": resource, "next": back}
    if connection is not None:
        parameters["connection"] = connection.pk
    return f"{page}?{urlencode(parameters)}"
