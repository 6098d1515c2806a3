"""The filters and the search of the list of resources. They use only what an index finds."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import CharField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from scim2_models.path import CompareOperator

from django_scim.models import Connection, Link, Record
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.operand import any_of

MOST_CONNECTIONS = 50
"""How many connections are offered. The URL can name any other."""


class ResourceConnectionFilter(admin.SimpleListFilter):
    """Keeps the resources that a connection has a link to.

    A connection may create a resource without an ``externalId``. Only the history knows that, by an ``id``
    that no database can join to a record. So the list has a link to the history.
    """

    title = _("connection")
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return connection_choices(self.value())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        """Keep the records with a link of the connection, or no records if there is no such connection."""
        if self.value() is None:
            return queryset
        connection = connection_by_key(self.value())
        return queryset.filter(pk__in=Link.objects.filter(connection=connection).values("record"))


def connection_choices(chosen_key: str | None) -> list[tuple[str, Any]]:
    """Return the first connections by name, and the chosen one if it is not among them."""
    connections = list(Connection.objects.order_by("name")[:MOST_CONNECTIONS])
    chosen = connection_by_key(chosen_key)
    if chosen is not None and chosen not in connections:
        connections.append(chosen)
    return [(str(connection.pk), connection.name) for connection in connections]


def connection_by_key(key: str | None) -> Connection | None:
    """Return the connection whose key an address names, or None."""
    if key is None or not (key.isascii() and key.isdecimal()) or len(key) > 18:
        return None
    return Connection.objects.filter(pk=int(key)).first()


class ResourceTypeFilter(admin.SimpleListFilter):
    """Offers the resource types of the project, without a query of the records."""

    title = _("resource type")
    parameter_name = "resource_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(resource_type.name, resource_type.name) for resource_type in registry()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        name = self.value()
        return queryset if name is None else queryset.filter(resource_type=name)


class ResourceStatusFilter(admin.SimpleListFilter):
    """Chooses active, inactive or deleted resources.

    Whether a resource is active, the mapping of ``active`` decides by the rows of the project.
    """

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("active", _("Active")), ("inactive", _("Inactive")), ("deleted", _("Deleted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        if self.value() == "deleted":
            return queryset.filter(deleted_at__isnull=False)
        if self.value() not in ("active", "inactive"):
            return queryset
        present = queryset.filter(deleted_at__isnull=True)
        inactive = [
            Q(is_inactive(resource_type))
            for resource_type in registry()
            if "active" in resource_type.mappings
        ]
        if self.value() == "inactive":
            return present.filter(any_of(inactive))
        for condition in inactive:
            # One condition at a time, so that the database looks up the records of a page only.
            present = present.filter(~condition)
        return present


def is_inactive(resource_type: ResourceType) -> Exists:
    """Return the condition that ``active`` is false in the row of a record."""
    mapping = resource_type.mappings["active"]
    condition = mapping.lookup(mapping.path, CompareOperator.eq, False, Caller(None))
    outer_name = ExpressionWrapper(OuterRef("resource_type"), output_field=CharField())
    rows = resource_type.model._base_manager.filter(condition, pk=OuterRef(resource_type.record_key))
    return Exists(rows.alias(outer_name=outer_name).filter(outer_name=resource_type.name))
