"""The page that asks for confirmation of an action on resources, and performs it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from scim2_models import SCIMException

from django_scim.admin.addresses import may_act, row_url
from django_scim.admin.bases import FurtherPages
from django_scim.admin.resources.actions import ACTIONS, ResourceAction
from django_scim.admin.resources.filters import connection_by_key
from django_scim.admin.rows import name_of, resources_of
from django_scim.models import Connection, Record
from django_scim.operations.staff import Author
from django_scim.resources.registry import registry
from django_scim.resources.tracking import make_records

logger = logging.getLogger("django_scim.admin")

MOST_RESOURCES = 100
"""The most resources of one action: a page of the list."""

MOST_REFUSALS = 10
"""The most resources that are named when an action fails on them."""


class ResourceActionPages(FurtherPages):
    """An admin of records whose actions ask first. Each resource is changed in its own transaction."""

    def get_urls(self) -> list[URLPattern]:
        view: Callable[..., HttpResponse] = self.admin_site.admin_view(self.act)
        for alias in connections:
            # With ATOMIC_REQUESTS, the locks of all resources would be held until the last one is changed.
            view = transaction.non_atomic_requests(using=alias)(view)
        return [path("act/<slug:name>/", view, name="django_scim_record_act"), *super().get_urls()]

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the user may do something about resources; Django asks it for the actions of the list."""
        return may_act(self.admin_site, request)

    def act(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask for confirmation on GET, perform the action on POST.

        :raises Http404: If there is no such action.
        :raises PermissionDenied: If the user may not.
        """
        action = ACTIONS.get(name)
        if action is None:
            raise Http404
        if not self.has_act_permission(request):
            raise PermissionDenied
        parameters = request.POST if request.method == "POST" else request.GET
        records = records_by_key(parameters.getlist("resource"))
        connection = connection_by_key(parameters.get("connection")) if action.needs_connection else None
        back = self.back_url(request, parameters.get("next", ""), records)
        if request.method != "POST" or (action.needs_connection and connection is None):
            if request.method == "POST":
                self.message_user(request, _("Choose a connection."), messages.ERROR)
            return self.confirm(request, action, records, back, connection)
        if problem := self.problem_with(records):
            self.message_user(request, problem, messages.WARNING)
        else:
            self.perform(request, action, records, connection)
        return HttpResponseRedirect(back)

    def problem_with(self, records: Sequence[Record]) -> str | None:
        """Return why the action is not possible for this selection, or None."""
        if not records:
            return _("These resources are no longer there.")
        if len(records) > MOST_RESOURCES:
            return _("Choose %(number)d resources at most.") % {"number": MOST_RESOURCES}
        return None

    def confirm(
        self,
        request: HttpRequest,
        action: ResourceAction,
        records: Sequence[Record],
        back: str,
        connection: Connection | None = None,
    ) -> HttpResponse:
        """Render the page that asks for confirmation.

        :param back: The URL to go to afterwards.
        :param connection: The connection that is already chosen, or None.
        """
        if problem := self.problem_with(records):
            self.message_user(request, problem, messages.WARNING)
            return HttpResponseRedirect(back)
        objects = resources_of(records)
        context = {
            "title": action.label,
            "original": action.label,
            "action": action,
            "action_url": reverse(
                "admin:django_scim_record_act", args=(action.name,), current_app=self.admin_site.name
            ),
            "resources": [
                (record, name_of(objects[record.pk]) if record.pk in objects else str(record))
                for record in records
            ],
            "connection": connection,
            "connections": action.connections(records) if action.needs_connection else None,
            "back_url": back,
        }
        return self.further_page(request, "record/act.html", context)

    def back_url(self, request: HttpRequest, back: str, records: Sequence[Record]) -> str:
        """Return the URL to go to afterwards: the given one if it is safe, else a record, else the list."""
        if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
            return back
        if len(records) == 1:
            return row_url(self.admin_site, records[0])
        return reverse("admin:django_scim_record_changelist", current_app=self.admin_site.name)

    def perform(
        self,
        request: HttpRequest,
        action: ResourceAction,
        records: Sequence[Record],
        connection: Connection | None,
    ) -> None:
        """Perform an action on resources, one after the other, and show the results as messages."""
        author = Author(request.user.get_username(), str(uuid4()))
        objects = resources_of(records)
        done, refused = 0, []
        for record in records:
            problem = self.perform_on(action, record, author, connection)
            if problem is None:
                done += 1
                self.log_change(request, record, action.log_message(connection))
            else:
                name = name_of(objects[record.pk]) if record.pk in objects else str(record)
                refused.append(_("%(resource)s: %(problem)s") % {"resource": name, "problem": problem})
        if done:
            self.message_user(request, action.done % {"number": done}, messages.SUCCESS)
        for text in refused[:MOST_REFUSALS]:
            self.message_user(request, text, messages.ERROR)
        if len(refused) > MOST_REFUSALS:
            more = {"number": len(refused) - MOST_REFUSALS}
            self.message_user(request, _("%(number)d more could not be changed.") % more, messages.ERROR)

    def perform_on(
        self, action: ResourceAction, record: Record, author: Author, connection: Connection | None
    ) -> str | None:
        """Perform an action on one resource. Return why it failed, or None."""
        resource_type = registry().get(record.resource_type)
        if resource_type is None:
            return _("the project does not serve this resource type any more")
        try:
            action.run(resource_type, record.key, author, connection)
        except SCIMException as error:
            return error.detail or str(error)
        except Exception:
            # For example, a function of DEPROVISIONING failed. That resource is unchanged; the others go on.
            logger.exception("%s of %s failed", action.name, record)
            return _("an unexpected error, which the log has; nothing was changed")
        return None


def records_by_key(keys: Sequence[str]) -> list[Record]:
    """Return the records of keys in an address or a form, one more at most than can be worked on at once.

    A key such as ``User:4`` is that of a row that may have no record yet: it gets one.
    """
    keys = [key_of_record(key) for key in keys[: MOST_RESOURCES + 1]]
    wanted = [int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) <= 18]
    records = Record.objects.filter(pk__in=wanted[: MOST_RESOURCES + 1]).order_by("pk")
    return list(records.defer("attributes", "comparable"))


def key_of_record(key: str) -> str:
    """Return the key of a record, from that of a row if it is one, such as ``User:4``."""
    name, colon, row = key.partition(":")
    resource_type = registry().get(name)
    if not colon or resource_type is None:
        return key
    try:
        instance = resource_type.model._base_manager.filter(pk=row).first()
    except (ValueError, TypeError, ValidationError):
        instance = None
    if instance is None:
        return ""
    make_records(resource_type, [instance.pk])
    record = resource_type.records().filter(**{resource_type.record_key: instance.pk}).first()
    return "" if record is None else str(record.pk)


def list_action(action: ResourceAction) -> Any:
    """Return the action of the list that opens the page of confirmation."""

    description: Any = action.choice

    @admin.action(description=description, permissions=["act"])
    def ask(pages: ResourceActionPages, request: HttpRequest, queryset: QuerySet[Record]) -> HttpResponse:
        connection = connection_by_key(request.GET.get("connection")) if action.needs_connection else None
        records = list(queryset[: MOST_RESOURCES + 1])
        return pages.confirm(request, action, records, request.get_full_path(), connection)

    ask.__name__ = action.name
    return ask


LIST_ACTIONS = [list_action(action) for action in ACTIONS.values()]
"""The actions of the list."""
