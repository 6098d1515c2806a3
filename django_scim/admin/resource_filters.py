"""The filters beside the list of resources."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import CharField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from scim2_models.path import CompareOperator

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import Scope
from django_scim.models import Connection, Link, Record
from django_scim.query.operands import any_of
from django_scim.registry import registry

MOST_CONNECTIONS = 50
"""How many connections are offered; another one can be named in the address."""


class ConnectionFilter(admin.SimpleListFilter):
    """Keeps the resources that a connection has given an ``externalId``.

    A connection may make a resource and give it none. Only the history knows that, by an ``id`` that no
    database can join to a record, so the list leads there.
    """

    title = _("connection")
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the connections by name, and the chosen one if it is not among the first."""
        connections = list(Connection.objects.order_by("name")[:MOST_CONNECTIONS])
        chosen = connection_named(self.value())
        if chosen is not None and chosen not in connections:
            connections.append(chosen)
        return [(str(connection.pk), connection.name) for connection in connections]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        """Keep the records that are linked; of a connection that there is not, none."""
        if self.value() is None:
            return queryset
        connection = connection_named(self.value())
        return queryset.filter(pk__in=Link.objects.filter(connection=connection).values("record"))


def connection_named(key: str | None) -> Connection | None:
    """Return the connection of a key in an address, if there is one."""
    if key is None or not (key.isascii() and key.isdecimal()) or len(key) > 18:
        return None
    return Connection.objects.filter(pk=int(key)).first()


class ResourceTypeFilter(admin.SimpleListFilter):
    """Offers the resource types that the project serves, without a look through the whole table."""

    title = _("resource type")
    parameter_name = "resource_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the names of the resource types."""
        return [(adapter.name, adapter.name) for adapter in registry()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        """Keep the records of one resource type."""
        name = self.value()
        return queryset if name is None else queryset.filter(resource_type=name)


class StatusFilter(admin.SimpleListFilter):
    """Tells what is active from what is deactivated and from what SCIM has deleted.

    Whether a resource is active is asked of the mapping of ``active``: a look at the rows of the project.
    """

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the three states."""
        return [("active", _("Active")), ("inactive", _("Inactive")), ("deleted", _("Deleted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        """Keep the records in the chosen state."""
        if self.value() == "deleted":
            return queryset.filter(deleted_at__isnull=False)
        if self.value() not in ("active", "inactive"):
            return queryset
        present = queryset.filter(deleted_at__isnull=True)
        inactive = [Q(is_inactive(adapter)) for adapter in registry() if "active" in adapter.mappings]
        if self.value() == "inactive":
            return present.filter(any_of(inactive))
        for condition in inactive:
            # One by one, so that the database can look up each record of a page, and need not know all rows.
            present = present.filter(~condition)
        return present


def is_inactive(adapter: Adapter) -> Exists:
    """Return the condition that a record is of a row whose ``active`` is false."""
    mapping = adapter.mappings["active"]
    condition = mapping.lookup(mapping.path, CompareOperator.eq, False, Scope(Connection(pk=0), ""))
    resource_type = ExpressionWrapper(OuterRef("resource_type"), output_field=CharField())
    rows = adapter.model._base_manager.filter(condition, pk=OuterRef(adapter.record_key))
    return Exists(rows.alias(resource_type_=resource_type).filter(resource_type_=adapter.name))
