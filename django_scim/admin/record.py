"""Resources: what SCIM knows of the rows of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from django_scim.adapters.identifiers import parse_uuid
from django_scim.adapters.mappings.builtin import link_digest
from django_scim.admin.addresses import history_url
from django_scim.admin.filters import DeletedFilter, ResourceTypeFilter
from django_scim.admin.json_text import json_text
from django_scim.admin.link_inline import LinkInline
from django_scim.admin.read_only import ReadOnly
from django_scim.admin.record_list import RecordChangeList
from django_scim.admin.rows import names_of, row_of
from django_scim.models import Connection, Link, Record
from django_scim.query.comparable import INTEGER_RANGE
from django_scim.query.functions import compose
from django_scim.registry import registry

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Record]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Record)
class RecordAdmin(ReadOnly, ModelAdmin):
    """The resources that SCIM has touched. They change through SCIM and through the project, not here."""

    actions = None
    inlines = [LinkInline]
    list_display = ("resource_type", "row", "key", "last_modified", "deleted_at")
    list_display_links = ("resource_type", "row", "key")
    list_filter = (ResourceTypeFilter, DeletedFilter)
    list_defer = ("attributes", "comparable")
    search_fields = ("text_key",)
    search_help_text = _("The key of the row, or the external id that a connection gave it.")
    show_full_result_count = False
    fields = ("resource_type", "row", "key", "created", "last_modified", "deleted_at", "revision", "stored")
    readonly_fields = ("row", "key", "stored")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordChangeList]:
        """Return the list that does not read the stored attributes, and that knows the names."""
        return RecordChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Record], search_term: str
    ) -> tuple[QuerySet[Record], bool]:
        """Find a record by the key of its row, in the type of the key, or by an ``externalId``."""
        term = search_term.strip()
        return (queryset.filter(matching(term)) if term else queryset), False

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Record | None = None,
    ) -> HttpResponse:
        """Add the addresses of the resource's history and of the project's own page of the row."""
        adapter = None if obj is None else registry().get(obj.resource_type)
        instance = None if obj is None or adapter is None else row_of(adapter, obj)
        if adapter is not None and instance is not None:
            if request.user.has_perm("django_scim.view_provisioningevent"):
                identifier = adapter.identifier(instance)
                context["events_url"] = history_url(
                    self.admin_site, resource_type=adapter.name, resource_id__exact=identifier
                )
            context["row_url"] = self.row_url(request, instance)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def row_url(self, request: HttpRequest, instance: Model) -> str | None:
        """Return the address of a row in the admin, for those who may view it; none if it has no page."""
        meta = instance._meta
        permission = f"{meta.app_label}.{get_permission_codename('view', meta)}"
        if not self.admin_site.is_registered(type(instance)) or not request.user.has_perm(permission):
            return None
        name = f"admin:{meta.app_label}_{meta.model_name}_change"
        return reverse(name, args=(instance.pk,), current_app=self.admin_site.name)

    @admin.display(description=_("resource"))
    def row(self, record: Record) -> str:
        """Return what people call the project's row, if it is there still."""
        names = getattr(record, "names", None)
        return (names_of([record]) if names is None else names).get(record.pk) or "—"

    @admin.display(description=_("key"))
    def key(self, record: Record) -> str:
        """Return the primary key of the project's row."""
        return str(record.key)

    @admin.display(description=_("unmapped attributes"))
    def stored(self, record: Record) -> SafeString:
        """Return the attributes that nothing maps, as they are kept."""
        return json_text(record.attributes)


def matching(term: str) -> Q:
    """Return the condition that a record has a key, or an ``externalId``; each by its index."""
    links = Link.objects.filter(
        connection__in=Connection.objects.values("pk"), digest=link_digest(compose(term) or "")
    )
    condition = Q(text_key=term) | Q(pk__in=links.values("record"))
    if term.removeprefix("-").isdecimal() and int(term) in INTEGER_RANGE:
        condition |= Q(integer_key=int(term))
    uuid = parse_uuid(term.lower())
    return condition if uuid is None else condition | Q(uuid_key=uuid)
