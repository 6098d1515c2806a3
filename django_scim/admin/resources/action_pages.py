"""The page that asks whether to do something to resources, and does it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connections, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from scim2_models import SCIMException

from django_scim.admin.addresses import may_act, record_url
from django_scim.admin.resources.actions import ACTIONS, ResourceAction
from django_scim.admin.resources.filters import connection_by_key
from django_scim.admin.rows import name_of, resources_of
from django_scim.models import Connection, Record
from django_scim.operations.staff import Author
from django_scim.resources.registry import registry

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Record]
else:
    ModelAdmin = admin.ModelAdmin


logger = logging.getLogger("django_scim.admin")

MOST_RESOURCES = 100
"""To how many resources something is done at once: a page of the list."""

MOST_REFUSALS = 10
"""How many of the resources are named that nothing could be done to."""


class ResourceActionPages(ModelAdmin):
    """An admin of records whose actions ask first. Each resource is changed in a transaction of its own."""

    def get_urls(self) -> list[URLPattern]:
        view: Callable[..., HttpResponse] = self.admin_site.admin_view(self.act)
        for alias in connections:
            # With ATOMIC_REQUESTS, one resource would wait for the locks of all others.
            view = transaction.non_atomic_requests(using=alias)(view)
        return [path("act/<slug:name>/", view, name="django_scim_record_act"), *super().get_urls()]

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the user may do something about resources; Django asks it for the actions of the list."""
        return may_act(self.admin_site, request)

    def act(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask whether to do something to resources; do it when the answer is posted.

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
        """Return why nothing can be done to a selection at all, or None."""
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
        """Show the page that asks, or say why it makes no sense to ask.

        :param back: Where the page leads in the end.
        :param connection: The connection that is chosen already.
        """
        if problem := self.problem_with(records):
            self.message_user(request, problem, messages.WARNING)
            return HttpResponseRedirect(back)
        objects = resources_of(records)
        context = {
            **self.admin_site.each_context(request),
            "title": action.label,
            "opts": self.opts,
            "original": action.label,
            "has_view_permission": True,
            "media": self.media,
            "action": action,
            "action_url": reverse(
                "admin:django_scim_record_act", args=(action.name,), current_app=self.admin_site.name
            ),
            "resources": [
                (record, name_of(objects[record.pk]) if record.pk in objects else str(record))
                for record in records
            ],
            "connection": connection,
            "connections": self.linked_connections(records) if action.needs_connection else None,
            "back_url": back,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/django_scim/record/act.html", context)

    def linked_connections(self, records: Sequence[Record]) -> QuerySet[Connection]:
        """Return the connections that have given one of the resources an ``externalId``."""
        return Connection.objects.filter(links__record__in=records).distinct().order_by("name")

    def back_url(self, request: HttpRequest, back: str, records: Sequence[Record]) -> str:
        """Return where to go in the end: where the user came from, or the only resource, or the list."""
        if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
            return back
        if len(records) == 1:
            return record_url(self.admin_site, records[0])
        return reverse("admin:django_scim_record_changelist", current_app=self.admin_site.name)

    def perform(
        self,
        request: HttpRequest,
        action: ResourceAction,
        records: Sequence[Record],
        connection: Connection | None,
    ) -> None:
        """Do something to resources, one after the other, and say what came of it."""
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
            self.message_user(request, action.done(done), messages.SUCCESS)
        for text in refused[:MOST_REFUSALS]:
            self.message_user(request, text, messages.ERROR)
        if len(refused) > MOST_REFUSALS:
            more = {"number": len(refused) - MOST_REFUSALS}
            self.message_user(request, _("%(number)d more could not be changed.") % more, messages.ERROR)

    def perform_on(
        self, action: ResourceAction, record: Record, author: Author, connection: Connection | None
    ) -> str | None:
        """Do something to one resource; return why it could not be done, or None."""
        resource_type = registry().get(record.resource_type)
        if resource_type is None:
            return _("the project does not serve this resource type any more")
        try:
            action.run(resource_type, record.key, author, connection)
        except SCIMException as error:
            return error.detail or str(error)
        except Exception:
            # Such as a function of DEPROVISIONING that failed: its resource is as it was, the others go on.
            logger.exception("%s of %s failed", action.name, record)
            return _("an unexpected error, which the log has; nothing was changed")
        return None


def records_by_key(keys: Sequence[str]) -> list[Record]:
    """Return the records of keys in an address or a form, one more at most than can be worked on at once."""
    wanted = [int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) <= 18]
    records = Record.objects.filter(pk__in=wanted[: MOST_RESOURCES + 1]).order_by("pk")
    return list(records.defer("attributes", "comparable"))


def list_action(action: ResourceAction) -> Any:
    """Return an action of the list, which leads to the page that asks."""

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
