"""The filters beside the lists."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_scim.models import Record
from django_scim.registry import registry


class ResourceTypeFilter(admin.SimpleListFilter):
    """Offers the resource types that the project serves, without a look through the whole table."""

    title = _("resource type")
    parameter_name = "resource_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the names of the resource types."""
        return [(adapter.name, adapter.name) for adapter in registry()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        """Keep the rows of one resource type."""
        name = self.value()
        return queryset if name is None else queryset.filter(resource_type=name)


class DeletedFilter(admin.SimpleListFilter):
    """Tells the resources that SCIM has deleted from those that it serves."""

    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return both answers."""
        return [("no", _("No")), ("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        """Keep the rows that were deleted, or those that were not."""
        if self.value() in ("no", "yes"):
            return queryset.filter(deleted_at__isnull=self.value() == "no")
        return queryset
