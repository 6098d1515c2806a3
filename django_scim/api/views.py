"""What all SCIM views share: media types, authentication, errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, cast
from uuid import uuid4

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from django.utils.module_loading import import_string
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet
from scim2_models import InvalidSyntaxException, SCIMException

from django_scim.adapters.base import Adapter
from django_scim.adapters.paths import Json
from django_scim.api.errors import HTTPError, exception_handler
from django_scim.api.json import JSONParser, JSONRenderer, ScimJSONParser, ScimJSONRenderer
from django_scim.api.negotiation import ScimContentNegotiation
from django_scim.api.permissions import connection_of
from django_scim.conf import get_settings
from django_scim.history.attempt import Attempt
from django_scim.history.excerpts import target_excerpt
from django_scim.models import AccessToken, Connection, Operation, Scope
from django_scim.operations.limits import LimitExceeded
from django_scim.registry import registry
from django_scim.signals import connection_paused

logger = logging.getLogger("django_scim.request")

PARAMETERS = (
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "cursor",
    "attributes",
    "excludedAttributes",
)
"""The parameters of a query (RFC 7644 section 3.4.2, RFC 9865 section 2)."""

SEARCH = "/.search"
"""What a path ends with whose body is a query (RFC 7644 section 3.4.3)."""


class ScimView(ViewSet):
    """A DRF viewset that speaks SCIM, whatever the project's own DRF settings say."""

    parser_classes = [ScimJSONParser, JSONParser]
    renderer_classes = [ScimJSONRenderer, JSONRenderer]
    content_negotiation_class = ScimContentNegotiation
    versioning_class = None
    lookup_value_regex = "[^/]+"
    endpoint = ""
    """The path of the view below the SCIM root, such as ``/Users``."""

    def get_exception_handler(self) -> Callable[..., Response]:
        """Answer failures as SCIM errors, without regard to ``EXCEPTION_HANDLER``."""
        return exception_handler

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say which methods there are."""
        return Response(status=204)

    @property
    def body(self) -> Json:
        """The JSON object in the body of the request.

        :raises HTTPError: If its length is not known in advance: neither Django nor DRF reads such a body,
            and it must not pass for an empty one.
        :raises InvalidSyntaxException: If there is none.
        :raises SCIMException: As :mod:`django_scim.api.json` names what is wrong with it.
        """
        if self.request.headers.get("Content-Length") in (None, "", "0"):
            if "Transfer-Encoding" in self.request.headers:
                raise HTTPError(411, "the body has to be sent with a Content-Length")
            raise InvalidSyntaxException(detail="the request has no body")
        document: Any = self.request.data
        return cast("Json", document)

    @property
    def path_below_root(self) -> str:
        """The view's part of the address."""
        return f"{self.endpoint}/{self.kwargs['pk']}" if "pk" in self.kwargs else self.endpoint

    @cached_property
    def base_url(self) -> str:
        """The absolute URL of the SCIM root: the address of the request without the view's part of it."""
        path = self.request.path.rstrip("/").removesuffix(self.path_below_root)
        return str(self.request.build_absolute_uri(path))


class ProtectedView(ScimView):
    """A view for authenticated connections."""

    @property
    def required_scope(self) -> Scope:
        """What a token has to allow: to read, or to write too."""
        return Scope.READ if self.request.method in SAFE_METHODS else Scope.WRITE

    def get_authenticators(self) -> list[Any]:
        """Return what ``AUTHENTICATION_CLASSES`` names."""
        return instances(get_settings().AUTHENTICATION_CLASSES)

    def get_permissions(self) -> list[Any]:
        """Return what ``PERMISSION_CLASSES`` names."""
        return instances(get_settings().PERMISSION_CLASSES)

    def get_throttles(self) -> list[Any]:
        """Return what ``THROTTLE_CLASSES`` names."""
        return instances(get_settings().THROTTLE_CLASSES)

    @property
    def resource_scope(self) -> str | None:
        """The scope of the resource type that the request is about; none if it is about no one type."""
        return None

    def allows(self, adapter: Adapter) -> bool:
        """Whether the token, which may do this to some resources, may do it to those of a type."""
        token = self.request.auth
        return not isinstance(token, AccessToken) or token.allows(self.required_scope, adapter.scope)

    @property
    def connection(self) -> Connection:
        """The connection that the request acts for.

        :raises PermissionDenied: If the authentication names none.
        """
        connection = connection_of(self.request)
        if connection is None:
            raise PermissionDenied("the authentication names no connection")
        return connection

    def query_parameters(self, *names: str) -> Json:
        """Return parameters of the query string: those of a query, unless others are named."""
        given = self.request.query_params
        return {name: given[name] for name in names or PARAMETERS if name in given}

    def new_attempt(self, operation: Operation, resource_type: str, resource_id: str) -> Attempt:
        """Return what a request tries, for the history."""
        request = self.request
        return Attempt(
            operation,
            connection=self.connection,
            token=request.auth if isinstance(request.auth, AccessToken) else None,
            request_id=self.request_id,
            resource_type=resource_type,
            resource_id=resource_id,
            method=str(request.method),
            path=target_excerpt(self.path_received, registry().secret_names),
        )

    def record_refusal(self, attempt: Attempt, error: SCIMException) -> None:
        """Write the event, outside of the transaction that was rolled back.

        A database that cannot take the event does not keep the client from its answer.
        """
        if isinstance(error, LimitExceeded):
            self.pause(error.reason)
        try:
            attempt.refused(error)
        except (DatabaseError, InterfaceError):
            logger.exception("the event of a refused request could not be written")

    @property
    def path_received(self) -> str:
        """The path of the request below the SCIM root, with its query, for the history."""
        query = self.request.META.get("QUERY_STRING", "")
        path = self.path_below_root or "/"
        return f"{path}?{query}" if query else path

    def pause(self, reason: str) -> None:
        """Pause the connection, and tell the project."""
        if self.connection.pause(reason):
            logger.error("the connection %s is paused: %s", self.connection, reason)
            connection_paused.send_robust(sender=Connection, connection=self.connection, reason=reason)

    @cached_property
    def request_id(self) -> str:
        """What logs know the request by: the client's own id for it, or a new one."""
        return self.request.headers.get("X-Request-ID") or str(uuid4())


def instances(paths: Sequence[str]) -> list[Any]:
    """Make an instance of each class that a setting names."""
    return [import_string(path)() for path in paths]
