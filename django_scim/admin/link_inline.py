"""The ``externalId`` values on the page of their resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_scim.admin.read_only import ReadOnly
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
    fields = ("connection", "external_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        """Return the links with their connections."""
        return super().get_queryset(request).select_related("connection")
