"""/history: the events as JSON, for a system that collects them. It is not SCIM, but has SCIM's errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import InvalidValueException, NotFoundException

from django_scim.api.history.filters import EventFilterSet
from django_scim.api.history.identifiers import masked, unmasked
from django_scim.api.history.names import without_names
from django_scim.api.history.pagination import EventPagination
from django_scim.api.permissions import HasScope
from django_scim.api.views import ProtectedView, instances
from django_scim.conf import get_settings
from django_scim.history.export import event_document, with_related
from django_scim.history.selection import EventSelection
from django_scim.imports import nearest
from django_scim.models import AccessToken, ProvisioningEvent, Scope
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json

VIEW_HISTORY = "django_scim.view_provisioningevent"


class MayReadHistory(HasScope):
    """Requires the scope ``history`` of an access token, and the permission to view events of staff.

    A connection by an authentication class of the project is not enough: the project may use it for every
    user who changes their own account.
    """

    message = "this needs a token with the scope 'history', or staff who may view provisioning events"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request may read the history."""
        if isinstance(request.auth, AccessToken):
            return super().has_permission(request, view)
        user: Any = request.user
        is_staff = getattr(user, "is_active", False) and getattr(user, "is_staff", False)
        return bool(is_staff and user.has_perm(VIEW_HISTORY))


REQUEST = "request"
"""The value of the parameter ``include``: adds the body of the request to the events of a list."""


class HistoryViewSet(ProtectedView):
    """The events, read-only: those of the token's connection, or for staff those of all."""

    endpoint = "/history"
    lookup_value_regex = "[0-9]{1,18}|[0-9a-f]{16}"
    permission_classes = [MayReadHistory]

    @property
    def required_scope(self) -> Scope:
        """The history has a scope of its own."""
        return Scope.HISTORY

    def get_authenticators(self) -> list[Any]:
        """Add ``HISTORY_AUTHENTICATION_CLASSES``, with which staff sign in."""
        return super().get_authenticators() + instances(get_settings().HISTORY_AUTHENTICATION_CLASSES)

    def get_permissions(self) -> list[Any]:
        """Return the permission of the history, without ``PERMISSION_CLASSES``, which is for resources."""
        return [permission() for permission in self.permission_classes]

    def list(self, request: Request) -> Response:
        """Answer with a page of the events that match the parameters, the newest first."""
        self.require_parameters(*EventFilterSet.base_filters, "cursor", "page_size", "include")
        events = self.visible()
        if request.query_params.get("include") != REQUEST:
            events = events.defer("request")
        pagination = EventPagination()
        page = pagination.page_of(self.selection(events), request)
        return pagination.get_paginated_response([self.document(event) for event in page])

    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer with one event and its request.

        :raises NotFoundException: If there is no such event, or the token may not read it.
        """
        self.require_parameters()
        key = unmasked(pk) if self.own else int(pk) if pk.isdecimal() else None
        event = None if key is None else self.visible().filter(**self.own, pk=key).first()
        if event is None:
            raise NotFoundException(detail=f"there is no event with the id '{pk}'")
        return Response(self.document(event))

    @property
    def own(self) -> dict[str, Any]:
        """The condition on events for a token: its connection. Empty for staff."""
        token = self.request.auth
        return {"connection_id": token.connection_id} if isinstance(token, AccessToken) else {}

    @cached_property
    def resource_types(self) -> Sequence[ResourceType]:
        """The resource types that the token is limited to; none if it is not limited."""
        return [each for each in registry() if self.allows(each)] if self.limits else []

    def visible(self) -> QuerySet[ProvisioningEvent]:
        """Return the events of the resource types that the token may read."""
        events = with_related(ProvisioningEvent.objects.all())
        if self.limits:
            events = events.filter(resource_type__in=[each.name for each in self.resource_types])
        return events

    def document(self, event: ProvisioningEvent) -> Json:
        """Return an event: for a limited token, without what resources of other types are called.

        A token does not learn how many events other connections have.
        """
        document = event_document(event)
        if self.own:
            document["id"] = masked(event.pk)
        return without_names(document, self.resource_types, self.caller) if self.limits else document

    def selection(self, events: QuerySet[ProvisioningEvent]) -> EventSelection:
        """Return the events that match the parameters.

        :raises InvalidValueException: If a value is wrong, or if no index finds the events.
        """
        filters = EventFilterSet(self.request.query_params, events, request=self.request)
        if not filters.is_valid():
            name, errors = next(iter(filters.errors.items()))
            raise InvalidValueException(detail=f"{name}: {errors[0]}")
        if not filters.is_indexed(self.own):
            raise InvalidValueException(
                detail="these parameters need a time_after within 31 days, or within 31 days of time_before"
            )
        return filters.selection(self.own, [each.name for each in self.resource_types])

    def require_parameters(self, *known: str) -> None:
        """Refuse parameters that would be ignored: the client would not notice.

        :raises InvalidValueException: If a parameter is unknown, given twice, or empty.
        """
        for name, values in self.request.query_params.lists():
            if name not in known:
                hint = nearest(name, known) or ""
                raise InvalidValueException(detail=f"there is no parameter '{name}'. {hint}".rstrip())
            if len(values) > 1 or not values[0]:
                raise InvalidValueException(detail=f"{name} has to have one value")
        if self.request.query_params.get("include", REQUEST) != REQUEST:
            raise InvalidValueException(detail=f"include can only be '{REQUEST}'")
