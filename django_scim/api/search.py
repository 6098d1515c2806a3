"""Queries of the root: all resource types as one collection (RFC 7644 sections 3.4.2.1 and 3.4.3)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import ForbiddenException

from django_scim.adapters.objects import Scope as ResourceScope
from django_scim.adapters.paths import Json
from django_scim.api.reads import RecordedReads
from django_scim.api.views import SEARCH
from django_scim.models import Scope
from django_scim.query.search import parse_parameters, search
from django_scim.registry import registry


class RootViewSet(RecordedReads):
    """``GET /`` with a query, and ``POST /.search`` with a SearchRequest."""

    @property
    def required_scope(self) -> Scope:
        """A query reads, whatever its method."""
        return Scope.READ

    def list(self, request: Request) -> Response:
        """Answer a query that the address has."""
        return self.answer(self.query_parameters())

    def search(self, request: Request) -> Response:
        """Answer a query that the body has, for filters that no log should show."""
        return self.answer(self.search_request())

    def answer(self, parameters: Json) -> Response:
        """Return the page of the collection: of the resource types that the token allows.

        :raises ForbiddenException: If there is none.
        """
        adapters = [adapter for adapter in registry() if self.allows(adapter)]
        if not adapters:
            raise ForbiddenException(detail="the token allows no resource type that is served")
        scope = ResourceScope(self.connection, self.base_url)
        return Response(search(adapters, parse_parameters(adapters, parameters), scope))


class RootSearchViewSet(RootViewSet):
    """``POST /.search``."""

    endpoint = SEARCH
