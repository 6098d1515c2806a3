"""The endpoints of resources, such as /Users and /Groups (RFC 7644 section 3)."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from time import monotonic
from typing import Any

from django.db.models import Model
from django.utils.module_loading import import_string
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import NotImplementedException, SCIMException

from django_scim.api.errors import HTTPError, scim_error
from django_scim.api.permissions import connection_of
from django_scim.api.reads import RecordedReads
from django_scim.api.rehearsal import rehearsable
from django_scim.api.views import SEARCH
from django_scim.conf import get_settings
from django_scim.history.events import Attempt
from django_scim.models import Scope
from django_scim.operations.bulk.job import OPERATIONS
from django_scim.operations.create import Create
from django_scim.operations.delete import Delete
from django_scim.operations.patch import Patch
from django_scim.operations.preconditions import is_match
from django_scim.operations.protection import require_running
from django_scim.operations.replace import Replace
from django_scim.operations.write import not_found
from django_scim.query.search import parse_parameters, requested_projection, search
from django_scim.resources.loading import fetch, load_one
from django_scim.resources.projection import Projection, projection_for
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json

__all__ = ["authenticated_user"]

SELECTION = ("attributes", "excludedAttributes")


class ResourceViewSet(RecordedReads):
    """All methods of one resource type."""

    @property
    def resource_type(self) -> ResourceType:
        """The resource type that the address names, or that ``/Me`` has found."""
        return registry().by_name[self.resource_name]

    @property
    def resource_scope(self) -> str | None:
        """The scope of the resource type, or None while ``/Me`` does not know its resource."""
        return self.resource_type.scope if self.resource_name else None

    @property
    def is_search(self) -> bool:
        """Whether the request is a query, although its method is POST."""
        return self.action == "search"

    @property
    def required_scope(self) -> Scope:
        """A query reads, whatever its method."""
        return Scope.READ if self.is_search else super().required_scope

    @property
    def path_below_root(self) -> str:
        return super().path_below_root + (SEARCH if self.is_search else "")

    # Reading

    @rehearsable
    def list(self, request: Request) -> Response:
        """Answer a query (RFC 7644 section 3.4.2)."""
        return self.query(self.query_parameters())

    @action(detail=False, methods=["post"], url_path=r"\.search")
    @rehearsable
    def search(self, request: Request) -> Response:
        """Answer a query that the body has (section 3.4.3)."""
        return self.query(self.search_request())

    def query(self, parameters: Json) -> Response:
        """Return the page that a query asks for."""
        resource_types, caller = [self.resource_type], self.caller
        request = parse_parameters(resource_types, parameters, caller.dialect)
        return Response(search(resource_types, request, caller))

    @rehearsable
    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer with one resource, or with 304 if the client has its version (section 3.4.1)."""
        resource_type = self.resource_type
        projection = self.projection()
        # The version is that of ``meta``, whether the answer has it or not.
        versioned = projection
        if not projection.needs_version:
            versioned = projection_for(resource_type, ("meta", *projection.names))
        obj = load_one(resource_type, pk, versioned, self.caller)
        if obj is None:
            raise not_found(resource_type, pk)
        version = resource_type.version(obj)
        if_none_match = request.headers.get("If-None-Match")
        if if_none_match is not None and is_match(if_none_match, version):
            return Response(status=304, headers={"ETag": version})
        return self.answer(obj, projection)

    # Writing

    @rehearsable
    def create(self, request: Request, pk: str = "") -> Response:
        """Make a resource (section 3.3)."""
        projection = self.projection()
        obj = Create(self.resource_type, self.caller, self.attempt).read_body(self.payload()).run()
        fetch([obj], projection)
        return self.answer(obj, projection, status=201)

    @rehearsable
    def update(self, request: Request, pk: str) -> Response:
        """Replace a resource (section 3.5.1)."""
        projection = self.projection()
        obj = Replace(*self.target, if_match=self.if_match).read_body(self.payload()).run()
        fetch([obj], projection)
        return self.answer(obj, projection)

    @rehearsable
    def partial_update(self, request: Request, pk: str) -> Response:
        """Modify a resource (section 3.5.2).

        The answer has the resource, unless that would load a collection of any size and the client did
        not ask for attributes: then it is 204.
        """
        projection = self.projection()
        is_asked = any(name in request.query_params for name in SELECTION)
        is_unbounded = any(mapping.unbounded for mapping in self.resource_type.written_mappings)
        write = Patch(*self.target, if_match=self.if_match).read_body(self.payload())
        write.status = 204 if is_unbounded and not is_asked else 200
        obj = write.run()
        if write.status == 204:
            headers = {"ETag": self.resource_type.version(obj), "Location": obj.location}
            return Response(status=204, headers=headers)
        fetch([obj], projection)
        return self.answer(obj, projection)

    @rehearsable
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a resource (section 3.6)."""
        Delete(*self.target, if_match=self.if_match).run()
        return Response(status=204)

    @property
    def target(self) -> tuple[ResourceType, str, Caller, Attempt]:
        return self.resource_type, self.kwargs["pk"], self.caller, self.attempt

    @property
    def if_match(self) -> str | None:
        """The version that the client has seen, or None if it does not say so."""
        return self.request.headers.get("If-Match")

    # What the methods share

    def projection(self) -> Projection:
        """Return which attributes the answer has."""
        parameters = self.query_parameters(*SELECTION)
        if not parameters:
            return projection_for(self.resource_type)
        request = parse_parameters([self.resource_type], parameters, self.caller.dialect)
        return requested_projection(self.resource_type, request)

    def payload(self) -> Any:
        document = self.body
        self.attempt.receive(document)
        return document

    def answer(self, obj: Resource, projection: Projection, status: int = 200) -> Response:
        """Return a resource with its version and its address.

        The examples of RFC 7644 sections 3.4.1 and 3.5.1 have ``Location`` too.
        """
        location = obj.location
        headers = {
            "ETag": self.resource_type.version(obj),
            "Location": location,
            "Content-Location": location,
        }
        return Response(projection.answer(obj), status=status, headers=headers)

    # The history

    @property
    def attempt(self) -> Attempt:
        """What the request tries, for the history."""
        if not hasattr(self, "_attempt"):
            operation = OPERATIONS[str(self.request.method)]
            self._attempt = self.new_attempt(operation, self.resource_name, self.kwargs.get("pk", ""))
        return self._attempt

    @property
    def is_write(self) -> bool:
        return self.request.method in OPERATIONS and not self.is_search

    def check_permissions(self, request: Request) -> None:
        """Start the clock: it is known who asks, and from here on the history has what is refused."""
        if self.is_write and connection_of(request) is not None:
            self.attempt.started = monotonic()
        super().check_permissions(request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a write of a connection that is paused."""
        super().initial(request, *args, **kwargs)
        if self.is_write and self.connection.paused_at is not None:
            self.note_what_is_refused()
            require_running(self.connection)

    def note_what_is_refused(self) -> None:
        """Let the history have the body of a request that a pause refuses, and the name of its resource."""
        with suppress(SCIMException, APIException):
            if self.request.method != "DELETE":
                self.payload()
        if not self.attempt.display and (identifier := self.kwargs.get("pk")):
            rows = self.resource_type.queryset(self.connection)
            row = self.resource_type.identified(rows, identifier).first()
            if row is not None:
                self.attempt.display = self.resource_type.adapter.row_name(row)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer with the error, and record a write that was refused. A read has no attempt here."""
        response = super().handle_exception(exc)
        attempt = getattr(self, "_attempt", None)
        # What the server has no memory for, it has not refused.
        if isinstance(attempt, Attempt) and not isinstance(exc, MemoryError):
            self.record_refusal(attempt, scim_error(exc) or HTTPError(500, "unexpected error"))
        return response


def authenticated_user(request: Request) -> Model | None:
    """Return the account that a request was authenticated as, the default of ``CURRENT_RESOURCE``.

    There is one where an authentication class of the host, such as that of an OAuth 2 server, found a
    user. An access token of this app stands for a connection, and acts for nobody.
    """
    return request.user if isinstance(request.user, Model) else None


class MeViewSet(ResourceViewSet):
    """All methods of one resource, at an address that is the same for everyone."""

    endpoint = "/Me"

    @cached_property
    def caller(self) -> Caller:
        """The client, who is the resource itself."""
        caller = super().caller
        caller.is_itself = True
        return caller

    @property
    def path_below_root(self) -> str:
        """The address does not hold the ``id``."""
        return self.endpoint

    def check_permissions(self, request: Request) -> None:
        """Find the resource between the permissions to do this at all, and to do it to its type.

        :raises NotImplementedException: If the client acts for no resource.
        """
        RecordedReads.check_permissions(self, request)
        instance = import_string(get_settings().CURRENT_RESOURCE)(request)
        resource_type = next((each for each in registry() if isinstance(instance, each.model)), None)
        if instance is None or resource_type is None:
            raise NotImplementedException(detail="this token does not act for a resource")
        self.resource_name = resource_type.name
        # The dictionary is the one that the handler is called with.
        self.kwargs["pk"] = resource_type.looked_up_identifier(instance)
        super().check_permissions(request)

    def create(self, request: Request, pk: str = "") -> Response:
        """Refuse: whoever is authenticated is there already.

        :raises NotImplementedException: Always.
        """
        raise NotImplementedException(detail="a client cannot register itself")
