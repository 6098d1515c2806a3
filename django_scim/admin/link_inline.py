"""The ``externalId`` values on the page of their resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_scim.admin.read_only import ReadOnly
from django_scim.admin.resource_actions import Unlink
from django_scim.admin.resource_addresses import action_url, may_act, record_url
from django_scim.models import Link, Record

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Link, Record]
else:
    TabularInline = admin.TabularInline


class LinkInline(ReadOnly, TabularInline):
    """Shows what each connection calls the resource."""

    model = Link
    verbose_name = _("external id")
    verbose_name_plural = _("external ids")
    fields: ClassVar[tuple[str, ...]] = ("connection", "external_id")
    readonly_fields = ("unlink",)

    def get_fields(self, request: HttpRequest, obj: Record | None = None) -> tuple[str, ...]:
        """Return the columns: those who may unlink have one more."""
        return (*self.fields, "unlink") if may_act(self.admin_site, request) else self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        """Return the links with what belongs to them."""
        return super().get_queryset(request).select_related("connection", "record")

    @admin.display(description=_("unlink"))
    def unlink(self, link: Link) -> SafeString:
        """Return the link to the page that unlinks the resource from the connection."""
        back = record_url(self.admin_site, link.record)
        return format_html(
            '<a href="{}" aria-label="{}">{}</a>',
            action_url(self.admin_site, Unlink.name, link.record, back, link.connection),
            gettext("Unlink from %(connection)s") % {"connection": link.connection},
            gettext("Unlink"),
        )
