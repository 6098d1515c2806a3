"""The admin of records: what SCIM knows of the rows of the project, with the links of each."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_scim.admin.addresses import action_url, history_url, may_act, may_view_events, row_url
from django_scim.admin.bases import DescribedPage, ReadOnly, TabularInline, broken_at_signs, json_text
from django_scim.admin.resources.action_pages import LIST_ACTIONS, MOST_RESOURCES, ResourceActionPages
from django_scim.admin.resources.actions import UnlinkAction
from django_scim.admin.resources.change_list import RecordChangeList
from django_scim.admin.resources.filters import (
    ResourceConnectionFilter,
    ResourceStatusFilter,
    ResourceTypeFilter,
    connection_by_key,
)
from django_scim.admin.resources.panel import ResourcePanel
from django_scim.admin.resources.searching import SearchedResources
from django_scim.admin.rows import name_of, resources_of, row_of
from django_scim.history.statistics import time_text
from django_scim.models import Link, Operation, Record
from django_scim.operations.staff import has_identifier
from django_scim.resources.registry import registry


class LinkInline(ReadOnly, TabularInline):
    """Shows the ``externalId`` that each connection gave to the resource."""

    model = Link
    verbose_name = _("external id")
    verbose_name_plural = _("external ids")
    fields: ClassVar[tuple[str, ...]] = ("connection", "external_id")
    readonly_fields = ("unlink",)

    def get_fields(self, request: HttpRequest, obj: Record | None = None) -> tuple[str, ...]:
        """Return the columns: those who may unlink have one more."""
        return (*self.fields, "unlink") if may_act(self.admin_site, request) else self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        return super().get_queryset(request).select_related("connection", "record")

    @admin.display(description=_("unlink"))
    def unlink(self, link: Link) -> SafeString:
        back = row_url(self.admin_site, link.record)
        return format_html(
            '<a href="{}" aria-label="{}">{}</a>',
            action_url(self.admin_site, UnlinkAction.name, link.record_id, back, link.connection),
            gettext("Unlink from %(connection)s") % {"connection": link.connection},
            gettext("Unlink"),
        )


@admin.register(Record)
class RecordAdmin(ReadOnly, DescribedPage, SearchedResources, ResourceActionPages):
    """The resources that have a record. The forms are read-only; the actions change the resources."""

    actions = LIST_ACTIONS
    inlines = [LinkInline]
    list_display = (
        "resource",
        "row",
        "status",
        "modification",
        "author",
        "external_ids",
    )
    list_display_links = ("resource",)
    list_filter = (ResourceConnectionFilter, ResourceTypeFilter, ResourceStatusFilter)
    list_defer = ("attributes", "comparable")
    list_per_page = MOST_RESOURCES
    list_max_show_all = MOST_RESOURCES
    sortable_by = ()
    search_fields = ("text_key",)
    search_help_text = _(
        "Any part of a name, an address or an id: of the account, of the group, or the external id that a "
        "connection gave it."
    )
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (
            None,
            {
                "fields": (
                    "resource_type",
                    "name",
                    "key",
                    "creation",
                    "modification",
                    "deletion",
                    "managed_by",
                    "is_handed_over",
                    "identifier",
                    "former",
                    "revision",
                )
            },
        ),
        (_("Unmapped attributes"), {"fields": ("stored",), "classes": ("collapse",)}),
    ]
    readonly_fields = (
        "name",
        "key",
        "creation",
        "modification",
        "deletion",
        "identifier",
        "former",
        "stored",
    )

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["django_scim/tools.css", "django_scim/resource.css"]}

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordChangeList]:
        """Return the list that does not read the stored attributes, and that knows what belongs to a page."""
        return RecordChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Order by what has an index: records of one type by their last change, all records by creation."""
        return ("-last_modified", "-pk") if request.GET.get("resource_type") else ("-pk",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the URL of the resources that the chosen connection has created."""
        connection = connection_by_key(request.GET.get("connection"))
        context = {**self.search_context(request), **(extra_context or {})}
        if connection is not None:
            context["connection"] = connection
            if may_view_events(self.admin_site, request):
                context["created_url"] = history_url(
                    self.admin_site,
                    connection__id__exact=connection.pk,
                    operation__exact=Operation.CREATE.value,
                )
        return super().changelist_view(request, context)

    @admin.display(description=_("resource"))
    def resource(self, record: Any) -> SafeString:
        """Return the type with the name of the row, or with its key if the row is deleted."""
        return broken_at_signs(f"{record.resource_type} {record.columns.name or record.key}")

    @admin.display(description=_("account"))
    def row(self, record: Any) -> SafeString | str:
        """Return the key of the row, linked to its page for users who may open it."""
        if record.columns.url is None:
            return str(record.key)
        return format_html('<a href="{}">{}</a>', record.columns.url, record.key)

    @admin.display(description=_("external id"))
    def external_ids(self, record: Any) -> SafeString | None:
        """Return the external ids of the chosen connection, or of all connections, or None."""
        return (
            format_html_join(", ", "<bdi>{}</bdi>", ((each,) for each in record.columns.external_ids)) or None
        )

    @admin.display(description=_("status"))
    def status(self, record: Any) -> str | None:
        """Return whether the resource is active, inactive or deleted, or None if its row is deleted."""
        if record.deleted_at is not None:
            return gettext("Deleted")
        if record.columns.is_active is None:
            return None
        return gettext("Active") if record.columns.is_active else gettext("Inactive")

    @admin.display(description=_("changed by"))
    def author(self, record: Any) -> str | None:
        return record.columns.author  # type: ignore[no-any-return]

    # Times

    @admin.display(description=_("created"))
    def creation(self, record: Record) -> str:
        return time_text(record.created)

    @admin.display(description=_("last modified"))
    def modification(self, record: Record) -> str:
        return time_text(record.last_modified)

    @admin.display(description=_("deleted at"))
    def deletion(self, record: Record) -> str:
        return "—" if record.deleted_at is None else time_text(record.deleted_at)

    # The page

    def page_context(self, request: HttpRequest, record: Record) -> dict[str, Any]:
        resource_type = registry().get(record.resource_type)
        row = None if resource_type is None else row_of(resource_type, record)
        if resource_type is None or row is None or not has_identifier(resource_type, row):
            return {}
        panel = ResourcePanel(self.admin_site, request, resource_type, row)
        name = f"{resource_type.name} {resource_type.adapter.row_name(row)}"
        return {"provisioning": panel, "subtitle": name}

    @admin.display(description=_("resource"))
    def name(self, record: Record) -> str:
        obj = resources_of([record]).get(record.pk)
        return "—" if obj is None else name_of(obj)

    @admin.display(description=_("key"))
    def key(self, record: Record) -> str:
        return str(record.key)

    @admin.display(description=_("id in SCIM"))
    def identifier(self, record: Record) -> str:
        obj = resources_of([record]).get(record.pk)
        return "—" if obj is None else obj.identifier

    @admin.display(description=_("former ids"))
    def former(self, record: Record) -> str:
        """Return the ids that the resource had until it was deleted and made again."""
        return ", ".join(record.former_ids) or "—"

    @admin.display(description=_("unmapped attributes"))
    def stored(self, record: Record) -> SafeString:
        """Return the attributes that nothing maps, as they are kept."""
        return json_text(record.attributes)
