"""The history: what each identity provider asked for, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from django_scim.admin.addresses import history_url
from django_scim.admin.changes_table import changes_table
from django_scim.admin.filters import ResourceTypeFilter
from django_scim.admin.lean_list import LeanChangeList
from django_scim.admin.read_only import ReadOnly
from django_scim.models import Outcome, ProvisioningEvent

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[ProvisioningEvent]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(ProvisioningEvent)
class ProvisioningEventAdmin(ReadOnly, ModelAdmin):
    """The writes that were asked for, refused ones too. Nobody changes history."""

    actions = None
    list_display = ("second", "answer", "operation", "resource", "connection")
    list_select_related = ("connection",)
    list_filter = ("connection", "outcome", "operation", ResourceTypeFilter, "time")
    list_defer = ("changes", "detail")
    sortable_by = ("second",)
    search_fields = ("display", "resource_id__exact", "request_id__exact")
    search_help_text = _("A part of the resource's name, its whole id, or the whole id of a request.")
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ("exact_time", "connection", "token", "request_id", "duration")}),
        (_("Request"), {"fields": ("operation", "resource_type", "resource_id", "display")}),
        (_("Answer"), {"fields": ("outcome", "status", "scim_type", "detail")}),
        (_("Changes"), {"fields": ("changed_attributes",)}),
    ]
    readonly_fields = ("exact_time", "changed_attributes")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LeanChangeList]:
        """Return the list that does not read the changes."""
        return LeanChangeList

    @admin.display(description=_("time"), ordering="time")
    def second(self, event: ProvisioningEvent) -> SafeString:
        """Return the time to the second: a minute has many events."""
        return format_html('<span class="nowrap">{}</span>', f"{local(event.time):%Y-%m-%d %H:%M:%S}")

    @admin.display(description=_("time"))
    def exact_time(self, event: ProvisioningEvent) -> str:
        """Return the time to the millisecond, to be compared with the log of the identity provider."""
        return local(event.time).isoformat(" ", timespec="milliseconds")

    @admin.display(description=_("answer"))
    def answer(self, event: ProvisioningEvent) -> SafeString:
        """Return the outcome with the status and the ``scimType``; refusals stand out."""
        text = f"{event.get_outcome_display()} {event.status} {event.scim_type}".rstrip()
        is_refused = event.outcome == Outcome.REFUSED
        return format_html("<strong>{}</strong>", text) if is_refused else format_html("{}", text)

    @admin.display(description=_("resource"))
    def resource(self, event: ProvisioningEvent) -> str:
        """Return what people call the resource, or else its ``id``."""
        return f"{event.resource_type} {event.display or event.resource_id}".rstrip()

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: ProvisioningEvent | None = None,
    ) -> HttpResponse:
        """Add the address of what else happened to the resource."""
        if obj is not None and obj.resource_id:
            context["events_url"] = history_url(
                self.admin_site, resource_type=obj.resource_type, resource_id__exact=obj.resource_id
            )
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("attributes"))
    def changed_attributes(self, event: ProvisioningEvent) -> SafeString | str:
        """Return what changed, attribute by attribute."""
        return changes_table(event.changes) if event.changes else self.get_empty_value_display()


def local(time: datetime) -> datetime:
    """Return a time in the time zone of the admin's user."""
    return timezone.localtime(time) if timezone.is_aware(time) else time
