"""Resources: what SCIM knows of the rows of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from django_scim.admin.filters import DeletedFilter, ResourceTypeFilter
from django_scim.admin.json_text import json_text
from django_scim.admin.lean_list import LeanChangeList
from django_scim.admin.link_inline import LinkInline
from django_scim.admin.read_only import ReadOnly
from django_scim.models import Record

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Record]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Record)
class RecordAdmin(ReadOnly, ModelAdmin):
    """The resources that SCIM has touched. They change through SCIM and through the project, not here."""

    actions = None
    inlines = [LinkInline]
    list_display = ("resource_type", "key", "created", "last_modified", "deleted_at")
    list_display_links = ("resource_type", "key")
    list_filter = (ResourceTypeFilter, DeletedFilter)
    list_defer = ("attributes", "comparable")
    search_fields = (
        "integer_key__exact",
        "uuid_key__exact",
        "text_key__exact",
        "links__external_id__exact",
    )
    search_help_text = _("The key of the row, or the external id that a connection gave it.")
    show_full_result_count = False
    fields = ("resource_type", "key", "created", "last_modified", "deleted_at", "revision", "stored")
    readonly_fields = ("key", "stored")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LeanChangeList]:
        """Return the list that does not read the stored attributes."""
        return LeanChangeList

    @admin.display(description=_("key"))
    def key(self, record: Record) -> str:
        """Return the primary key of the project's row."""
        return str(record.key)

    @admin.display(description=_("unmapped attributes"))
    def stored(self, record: Record) -> SafeString:
        """Return the attributes that nothing maps, as they are kept."""
        return json_text(record.attributes)
