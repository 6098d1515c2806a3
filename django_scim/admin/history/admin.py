"""The admin of the history: what each identity provider asked for, and how it was answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters, ShowFacets
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from django_scim.admin.addresses import history_url, may_view_rows
from django_scim.admin.bases import DescribedPage, ReadOnly, broken_at_signs
from django_scim.admin.history.change_list import HistoryChangeList, attach_record_urls
from django_scim.admin.history.event import event_context
from django_scim.admin.history.filters import (
    EffectFilter,
    EventConnectionFilter,
    OperationFilter,
    OutcomeFilter,
    ResourceFilter,
    TypeFilter,
)
from django_scim.admin.history.problems import ProblemPages, problems_beside
from django_scim.admin.history.words import told
from django_scim.admin.pictures import pictures_beside
from django_scim.history.export import FORMATS, ExportFormat
from django_scim.history.selection import EventSelection
from django_scim.history.statistics import current, time_text
from django_scim.models import Connection, Outcome, ProvisioningEvent


@admin.register(ProvisioningEvent)
class ProvisioningEventAdmin(ReadOnly, DescribedPage, ProblemPages):
    """The events, those of refused requests too. Nobody changes them."""

    actions = None
    list_display = (
        "second",
        "resource",
        "happened",
        "answer",
        "connection",
    )
    list_select_related = ("connection",)
    list_filter = (
        EventConnectionFilter,
        EffectFilter,
        OutcomeFilter,
        OperationFilter,
        TypeFilter,
        ResourceFilter,
        "time",
    )
    list_defer = ("request", "changes", "detail")
    sortable_by = ("second",)
    search_fields = ("display_key",)
    search_help_text = _(
        "How the resource's name begins, its whole id or external id, or the whole id of a request."
    )
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    readonly_fields = (
        "exact_time",
        "connection_name",
        "resource",
        "what",
        "milliseconds",
    )

    class Media:
        css = {"all": ("django_scim/tools.css", "django_scim/history.css")}

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[HistoryChangeList]:
        """Return the list that stays fast with any number of events."""
        return HistoryChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show pictures above the list, of the chosen connection or of all."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            context["pictures"] = pictures_beside(context["cl"].selection.equal)
            context.update(problems_beside(self.admin_site, request))
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ProvisioningEvent], search_term: str
    ) -> tuple[QuerySet[ProvisioningEvent], bool]:
        return (EventSelection(queryset, search=search_term).all() if search_term else queryset), False

    @admin.display(description=_("time"), ordering="time")
    def second(self, event: ProvisioningEvent) -> str:
        """Return the time to the second: a minute has many events."""
        return time_text(event.time)

    @admin.display(description=_("event"))
    def happened(self, event: ProvisioningEvent) -> SafeString:
        """Return what happened, a refusal in bold, with the change in a line below."""
        form = "<strong>{}</strong>" if event.outcome == Outcome.REFUSED else "<bdi>{}</bdi>"
        text = format_html(form, told(event))
        if not event.summary:
            return text
        return format_html('{}<span class="scim-summary"><bdi>{}</bdi></span>', text, event.summary)

    @admin.display(description=_("answer"))
    def answer(self, event: ProvisioningEvent) -> SafeString:
        """Return the status with its ``scimType``, and how long it took: on a narrow page in a line below."""
        status = f"{event.status} {event.scim_type}".rstrip()
        return format_html('{} <span class="scim-quiet">{}</span>', status, self.milliseconds(event))

    @admin.display(description=_("event"))
    def what(self, event: ProvisioningEvent) -> str:
        return told(event)

    @admin.display(description=_("duration"))
    def milliseconds(self, event: ProvisioningEvent) -> SafeString:
        text = gettext("%(number)s ms") % {"number": number_format(event.duration)}
        return format_html('<span class="nowrap">{}</span>', text)

    @admin.display(description=_("resource"))
    def resource(self, event: ProvisioningEvent) -> SafeString:
        """Return the display name of the resource, or else its ``id``, linked to its page if it has one."""
        # Isolated: a name that runs from right to left would turn the rest of the line around.
        name = f"{event.resource_type} {event.display or event.resource_id}".rstrip()
        text = format_html("<bdi>{}</bdi>", broken_at_signs(name))
        url = getattr(event, "record_url", None)
        return text if url is None else format_html('<a href="{}">{}</a>', url, text)

    # The export

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(require_safe(self.export))
        return [
            path("export/<str:form>/", export, name="django_scim_provisioningevent_export"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """Send all events that the list shows with the same parameters, in the same order.

        :raises PermissionDenied: If the user may not see the history.
        :raises Http404: If there is no such format.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if form not in FORMATS:
            raise Http404
        try:
            shown = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect(history_url(self.admin_site, **{ERROR_FLAG: 1}))
        assert isinstance(shown, HistoryChangeList)
        return export_response(request, FORMATS[form], shown.selection, shown.ascending)

    # The page of an event

    def get_fieldsets(self, request: HttpRequest, obj: ProvisioningEvent | None = None) -> Any:
        """Return the fields. The connection is a link for users who may open its page."""
        may_follow = may_view_rows(self.admin_site, request, Connection)
        connection = "connection" if may_follow else "connection_name"
        lines = (
            ("exact_time", "milliseconds"),
            (connection, "token", "request_id"),
            ("what", "operation", "resource"),
            ("resource_id", "external_id"),
        )
        return [(None, {"fields": lines})]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> ProvisioningEvent | None:
        """Return the event, with the URL of its record for users who may open it."""
        event = super().get_object(request, object_id, from_field)
        if event is not None:
            attach_record_urls([event], self.admin_site, request)
        return event

    def page_context(self, request: HttpRequest, event: ProvisioningEvent) -> dict[str, Any]:
        return event_context(self.admin_site, request, event)

    @admin.display(description=_("time"))
    def exact_time(self, event: ProvisioningEvent) -> str:
        """Return the time in milliseconds, to find it in the log of the identity provider."""
        return current(event.time).isoformat(" ", timespec="milliseconds")

    @admin.display(description=_("connection"))
    def connection_name(self, event: ProvisioningEvent) -> str:
        """Return the name of the connection, without a link."""
        return self.get_empty_value_display() if event.connection is None else str(event.connection)


def export_response(
    request: HttpRequest, form: ExportFormat, selection: EventSelection, ascending: bool
) -> StreamingHttpResponse:
    """Return a response that reads the events while it is sent."""
    pieces = form.lines(selection, ascending)
    # Under ASGI, Django collects a synchronous iterator as a whole before it sends anything.
    content = in_own_thread(pieces) if isinstance(request, ASGIRequest) else pieces
    response = StreamingHttpResponse(content, content_type=form.content_type)
    response["Content-Disposition"] = f'attachment; filename="provisioning-history.{form.suffix}"'
    return response


async def in_own_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces, read in the thread that the database connection belongs to."""
    while (piece := await sync_to_async(lambda: next(pieces, None))()) is not None:
        yield piece
