"""At the root: queries of all resource types, health, and addresses that lead nowhere."""

from __future__ import annotations

from typing import Any

from django.db import connections, router
from django.db.models import Model
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import ForbiddenException, NotFoundException

from django_scim.api.reads import RecordedReads
from django_scim.api.refusals import remember
from django_scim.api.rehearsal import rehearsable
from django_scim.api.views import SEARCH, OpenView
from django_scim.models import AccessToken, ProvisioningEvent, Scope
from django_scim.models.access_token import RefusalReason
from django_scim.query.search import parse_parameters, search
from django_scim.resources.registry import registry
from django_scim.schema.paths import Json

PAGING = ("schemas", "startindex", "count", "cursor")
"""The parameters of a query that have a meaning without any attribute, in lower case."""


class RootViewSet(RecordedReads):
    """``GET /`` with a query, and ``POST /.search`` with a SearchRequest."""

    @property
    def required_scope(self) -> Scope:
        """A query reads, whatever its method."""
        return Scope.READ

    @rehearsable
    def list(self, request: Request) -> Response:
        """Answer a query that the address has."""
        return self.answer(self.query_parameters())

    @rehearsable
    def search(self, request: Request) -> Response:
        """Answer a query that the body has, for filters that no log should show."""
        return self.answer(self.search_request())

    def answer(self, parameters: Json) -> Response:
        """Return the page of the collection: of the resource types that the token allows.

        Where the project serves none, the collection is empty, whatever is asked of it.

        :raises ForbiddenException: If it allows no resource type that is served.
        """
        served = registry()
        resource_types = [resource_type for resource_type in served if self.allows(resource_type)]
        if not served.by_name:
            served.require_complete()
            parameters = {name: value for name, value in parameters.items() if name.lower() in PAGING}
        elif not resource_types:
            if isinstance(self.request.auth, AccessToken):
                remember(self.request, self.request.auth, RefusalReason.SCOPE)
            raise ForbiddenException(detail="the token allows no resource type that is served")
        caller = self.caller
        request = parse_parameters(resource_types, parameters, caller.dialect)
        return Response(search(resource_types, request, caller))


class RootSearchViewSet(RootViewSet):
    """``POST /.search``."""

    endpoint = SEARCH


class HealthView(OpenView):
    """Answers 200 if the databases do, else 503. It says nothing more, and asks nobody who they are."""

    endpoint = "/health"
    needs_https = False
    """Load balancers ask from beside the project, without TLS and without a token."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Log a 503 as the answer that it is: a balancer asks every few seconds."""
        self.has_fault = self.has_fault and response.status_code != 503
        return super().finalize_response(request, response, *args, **kwargs)

    def retrieve(self, request: Request) -> Response:
        """Ask each database that writes go to."""
        models: list[type[Model]] = [ProvisioningEvent, *(each.model for each in registry())]
        for alias in sorted({router.db_for_write(model) for model in models}):
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
        return Response({"status": "ok"})


class NotFoundView(OpenView):
    """Answers 404 with a SCIM error, whatever the method and whoever asks."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer before the method is looked at.

        :raises ImproperlyConfigured: If the settings name a resource type that could not be made.
        :raises NotFoundException: Otherwise.
        """
        super().initial(request, *args, **kwargs)
        registry().require_complete()
        raise NotFoundException(detail="there is nothing at this address")

    def answer(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stand for all methods; :meth:`initial` has answered already."""
        raise NotFoundException(detail="there is nothing at this address")


METHODS: dict[str, Any] = dict.fromkeys(("get", "post", "put", "patch", "delete"), "answer")
