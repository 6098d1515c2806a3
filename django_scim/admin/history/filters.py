"""The filters of the history. They only tell what is chosen: an ``EventSelection`` finds the events."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_scim.admin.resources.filters import ResourceTypeFilter, connection_choices
from django_scim.models import Effect, Operation, Outcome, ProvisioningEvent
from django_scim.sql.values import INTEGER_RANGE, is_storable

DELETED = "none"
"""The value that stands for the connections that were deleted."""


class ColumnFilter(admin.SimpleListFilter):
    """Chooses the value of a column."""

    column: ClassVar[str]

    @property
    def equal(self) -> dict[str, Any]:
        """The column with the chosen value, or nothing."""
        return {} if self.value() is None else {self.column: self.value()}

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ProvisioningEvent]
    ) -> QuerySet[ProvisioningEvent]:
        """Return the events unchanged, since the list uses :attr:`equal`, or no events if none can match."""
        value = self.value()
        return queryset if value is None or self.is_possible(value) else queryset.none()

    def is_possible(self, value: str) -> bool:
        return is_storable(value)


class EventConnectionFilter(ColumnFilter):
    """Offers the connections, without a query of the events."""

    title = _("connection")
    parameter_name = "connection__id__exact"
    column = "connection_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*connection_choices(self.value()), (DELETED, _("deleted connections"))]

    @property
    def equal(self) -> dict[str, Any]:
        """The column with the key of the connection, or with None for deleted connections."""
        value = self.value()
        return {} if value is None else {self.column: None if value == DELETED else int(value)}

    def is_possible(self, value: str) -> bool:
        """Whether the value is a key, or stands for deleted connections."""
        is_key = value.isascii() and value.isdecimal() and len(value) < 20
        return value == DELETED or (is_key and int(value) in INTEGER_RANGE)


class OutcomeFilter(ColumnFilter):
    """Chooses refused or successful requests."""

    title = _("outcome")
    parameter_name = "outcome__exact"
    column = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Outcome.choices)


class OperationFilter(ColumnFilter):
    """Chooses what was asked for."""

    title = _("operation")
    parameter_name = "operation__exact"
    column = "operation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Operation.choices)


class EffectFilter(ColumnFilter):
    """Chooses what a request did, in the words of people."""

    title = _("event")
    parameter_name = "effect__exact"
    column = "effect"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Effect.choices)


class TypeFilter(ColumnFilter, ResourceTypeFilter):
    """Offers the resource types of the project. In a URL, any other name is valid too."""

    column = "resource_type"


class ResourceFilter(ColumnFilter):
    """Is shown only for the history of one resource, and lets the user remove that filter."""

    title = _("resource")
    parameter_name = "resource_id__exact"
    column = "resource_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the ``id`` that is chosen, if one is."""
        value = self.value()
        return [] if value is None else [(value, value)]
