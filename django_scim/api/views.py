"""What all SCIM views share: media types, authentication, errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from time import monotonic
from typing import Any, cast
from uuid import uuid4

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.encoding import escape_uri_path
from django.utils.log import log_response
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import NotAcceptable, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet
from scim2_models import InvalidSyntaxException, InvalidValueException, SCIMException

from django_scim.allowance import Allowance
from django_scim.api.addresses import OWN_KEYWORD, nothing_here, require_served, require_tenant
from django_scim.api.authentication import require_usable_connection
from django_scim.api.bodies import (
    JSONParser,
    JSONRenderer,
    ScimContentNegotiation,
    ScimJSONParser,
    ScimJSONRenderer,
    content_length,
)
from django_scim.api.errors import exception_handler
from django_scim.api.permissions import connection_of
from django_scim.api.refusals import note_when_sent
from django_scim.api.transport import client_address, require_https
from django_scim.conf import get_settings
from django_scim.history.counting import READS
from django_scim.history.events import Attempt
from django_scim.history.redaction import Redaction, redaction
from django_scim.models import AccessToken, Connection, Operation, Scope
from django_scim.observability import Observation, observe
from django_scim.operations.breaker import LimitExceeded, pause
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json

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

REQUEST_ID = re.compile(r"[\x21-\x7e]+")
"""A request id of the client that is accepted: visible ASCII."""

META_WITH_TARGET = {
    "QUERY_STRING",
    "REQUEST_URI",
    "RAW_URI",
    "HTTP_REFERER",
    "HTTP_X_ORIGINAL_URI",
    "HTTP_X_ORIGINAL_URL",
}
"""Where servers and proxies put the address of a request."""

TOO_MANY_REQUESTS = 429

SEARCH = "/.search"
"""The end of a path to which a query is posted (RFC 7644 section 3.4.3)."""


class ScimView(ViewSet):
    """A DRF viewset for SCIM, independent of the project's own DRF settings."""

    parser_classes = [ScimJSONParser, JSONParser]
    renderer_classes = [ScimJSONRenderer, JSONRenderer]
    content_negotiation_class = ScimContentNegotiation
    versioning_class = None
    lookup_value_regex = "[^/]+"
    endpoint = ""
    """The path of the view below the SCIM root, such as ``/Users``."""

    needs_https = True
    """Whether the view refuses requests without TLS."""

    has_fault = False
    """Whether something is broken that the answer comes from: see :func:`django_scim.api.errors.is_fault`."""

    not_acceptable: NotAcceptable | None = None
    """Why there is no format that the client accepts."""

    def get_exception_handler(self) -> Callable[..., Response]:
        """Return the handler of SCIM errors instead of ``EXCEPTION_HANDLER``."""
        return exception_handler

    @cached_property
    def request_id(self) -> str:
        """The id of the request in logs: the id that the client sent, or a new one.

        An id with a space, a line break or a character outside ASCII is ignored: it could forge a log line.
        """
        given = self.request.headers.get("X-Request-ID") or ""
        return given if REQUEST_ID.fullmatch(given) and not self.redaction.holds(given) else str(uuid4())

    @cached_property
    def redaction(self) -> Redaction:
        """What of the request may be kept and told: its credentials are a secret wherever else they are."""
        return redaction().beside(self.request.headers.get("Authorization", "").partition(" ")[2].strip())

    @method_decorator(sensitive_variables())
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Keep what the enclosing route captured from the handlers, which know their own keyword alone."""
        own = {OWN_KEYWORD: kwargs.pop(OWN_KEYWORD)} if self.detail and OWN_KEYWORD in kwargs else {}
        self.enclosing_args, self.enclosing_kwargs = args, kwargs
        return super().dispatch(request, **own)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse an address to which the settings give no meaning, before anything else."""
        require_served(request._request, self.enclosing_kwargs, self.enclosing_args)
        super().initial(request, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        self.started = monotonic()
        self.client_connection: Connection | None = None
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the id of the request to the response, and send both to logs, metrics and traces."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["X-Request-ID"] = self.request_id
        # Answers name people: no cache on the way may keep them (RFC 9111 section 5.2.2.5).
        response["Cache-Control"] = "no-store"
        if response.status_code >= 400:
            self.hide_secrets()
            if not self.has_fault:
                self.log_refusal(response)
            note_when_sent(self.request, response)
        observe(self.observation(response))
        return response

    def log_refusal(self, response: Any) -> None:
        """Log an answer that the app means before Django does, which would take a 503 for an error.

        ``AdminEmailHandler`` mails each error: a paused connection would fill the mailboxes of ``ADMINS``.
        """
        path = self.redaction.target(self.request.path)
        log_response(
            "%s: %s",
            response.reason_phrase,
            path,
            response=response,
            request=self.request._request,
            level="info",
        )

    def hide_secrets(self) -> None:
        """Take the secrets out of the request, which Django and others report with an error."""
        request, hidden = self.request._request, False
        for name in META_WITH_TARGET & request.META.keys():
            target = str(request.META[name])
            told = self.redaction.target(target if name != "QUERY_STRING" else f"?{target}")
            told = told.removeprefix("?") if name == "QUERY_STRING" else told
            if told != target:
                request.META[name], hidden = told, True
        if hidden:
            request.GET = QueryDict()

    def observation(self, response: Any) -> Observation:
        """Return the observation of the request and its response."""
        body = getattr(response, "data", None)
        meta = self.request.META
        is_personal = get_settings().LOG_PERSONAL_DATA
        return Observation(
            request_id=self.request_id,
            method=str(self.request.method),
            # Escaped: a decoded line break in it would begin another line of the log.
            path=escape_uri_path(self.redaction.target(self.request.path)),
            endpoint=self.endpoint,
            connection="" if self.client_connection is None else self.client_connection.name,
            status=response.status_code,
            scim_type=str(body.get("scimType", "")) if isinstance(body, dict) else "",
            duration=monotonic() - self.started,
            is_fault=self.has_fault,
            query=self.redaction.target(f"?{meta.get('QUERY_STRING', '')}")[1:] if is_personal else "",
            address=str(client_address(self.request) or "") if is_personal else "",
        )

    def perform_authentication(self, request: Request) -> None:
        """Require HTTPS before the token is looked up, and a usable connection afterwards.

        The request is counted as soon as it is known whose it is: whatever refuses it later, the history and
        the database are asked no more often than the rate allows.

        The encoding is set because Django decodes the query string in the charset of the body. That charset
        has nothing to do with it, and some charsets fail.
        """
        if self.needs_https:
            require_https(request)
        request._request.encoding = "utf-8"
        super().perform_authentication(request)
        require_usable_connection(request)
        self.client_connection = connection_of(request)
        self.require_within_rates(request)
        if self.client_connection is not None:
            require_tenant(self.client_connection, self.enclosing_kwargs)

    def require_within_rates(self, request: Request) -> None:
        """Count the request, and refuse it over a rate.

        :raises Throttled: In this case.
        """
        super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Refuse a format that there is not, which would come before anybody was known or counted.

        :raises NotAcceptable: If there is no such format.
        """
        if self.not_acceptable is not None:
            raise self.not_acceptable

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Choose a renderer; where none will do, any for the error that :meth:`check_throttles` raises."""
        try:
            return super().perform_content_negotiation(request, force)
        except NotAcceptable as error:
            self.not_acceptable = error
            return super().perform_content_negotiation(request, force=True)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Answer without a body. The headers name the methods."""
        return Response(status=204)

    @property
    def body(self) -> Json:
        """The JSON object in the body of the request.

        :raises InvalidSyntaxException: If there is no body.
        :raises SCIMException: If :mod:`django_scim.api.bodies` refuses it.
        """
        if not content_length(self.request.headers, get_settings().MAX_PAYLOAD_SIZE):
            raise InvalidSyntaxException(detail="the request has no body")
        return cast("Json", self.request.data)

    @property
    def path_below_root(self) -> str:
        """The path of the request below the SCIM root."""
        return f"{self.endpoint}/{self.kwargs['pk']}" if "pk" in self.kwargs else self.endpoint

    @property
    def path_received(self) -> str:
        """The path of the request below the SCIM root, with its query string, for the history."""
        query = self.request.META.get("QUERY_STRING", "")
        path = self.path_below_root or "/"
        return f"{path}?{query}" if query else path

    @cached_property
    def base_url(self) -> str:
        """The absolute URL of the SCIM root: the URL of the request without the view's path."""
        path = self.request.path.rstrip("/").removesuffix(self.path_below_root)
        return str(self.request.build_absolute_uri(escape_uri_path(path)))


class OpenView(ScimView):
    """A view without authentication, permissions and throttles."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []


class ProtectedView(ScimView):
    """A view for authenticated connections."""

    @property
    def required_scope(self) -> Scope:
        """The scope that a token needs."""
        return Scope.READ if self.request.method in SAFE_METHODS else Scope.WRITE

    def get_authenticators(self) -> list[Any]:
        return instances(get_settings().AUTHENTICATION_CLASSES)

    def get_permissions(self) -> list[Any]:
        return instances(get_settings().PERMISSION_CLASSES)

    def get_throttles(self) -> list[Any]:
        return instances(get_settings().THROTTLE_CLASSES)

    def check_permissions(self, request: Request) -> None:
        """Ask the permissions. Who has no connection has no tenant, and nothing to see at its address.

        :raises NotFoundException: If the address names a tenant, and the request is of no connection.
        """
        super().check_permissions(request)
        if self.enclosing_kwargs and self.client_connection is None:
            raise nothing_here()

    @cached_property
    def rehearsed(self) -> list[Attempt]:
        """What the request has tried, if the connection is in rehearsal."""
        return []

    @property
    def resource_scope(self) -> str | None:
        """The scope of the resource type of the request, or None if it has no single resource type."""
        return None

    def allows(self, resource_type: ResourceType) -> bool:
        """Whether the token is not limited to other resource types."""
        token = self.request.auth
        return not isinstance(token, AccessToken) or token.allows(self.required_scope, resource_type.scope)

    @property
    def limits(self) -> set[str]:
        """The scopes of the resource types that the token is limited to; none if it is not limited."""
        token = self.request.auth
        return token.resource_scopes if isinstance(token, AccessToken) else set()

    @cached_property
    def caller(self) -> Caller:
        """For whom, and under which address, the request reads and writes, and what its work may cost."""
        allowance = Allowance(get_settings().MAX_REQUEST_COST)
        caller = Caller(self.connection, self.base_url, self.limits, allowance)
        caller.is_rehearsal = self.connection.rehearsal_since is not None
        return caller

    @property
    def connection(self) -> Connection:
        """The connection that the request acts for.

        :raises PermissionDenied: If the authentication has no connection.
        """
        connection = connection_of(self.request)
        if connection is None:
            raise PermissionDenied("the authentication names no connection")
        return connection

    def query_parameters(self, *names: str) -> Json:
        """Return the named parameters of the URL, or by default :data:`PARAMETERS`.

        :raises InvalidValueException: If a parameter is there twice: programs disagree on which one counts.
        """
        parameters: Json = {}
        query = self.request.query_params
        for name in names or PARAMETERS:
            if len(values := query.getlist(name)) > 1:
                raise InvalidValueException(detail=f"the query has '{name}' more than once")
            if values:
                parameters[name] = values[0]
        return parameters

    def new_attempt(self, operation: Operation, resource_type: str, resource_id: str) -> Attempt:
        """Return the attempt of the request, for the history."""
        token = self.request.auth
        attempt = Attempt(
            operation,
            connection=self.connection,
            token=token if isinstance(token, AccessToken) else None,
            request_id=self.request_id,
            resource_type=resource_type,
            resource_id=resource_id,
            method=str(self.request.method),
            path=self.path_received,
        )
        attempt.redaction = self.redaction
        if operation not in READS and self.connection.rehearsal_since is not None:
            attempt.is_rehearsal = True
            self.rehearsed.append(attempt)
        return attempt

    def record_refusal(self, attempt: Attempt, error: SCIMException) -> None:
        """Write the event of a refusal, after its transaction was rolled back.

        If the event cannot be written, the client gets its answer nevertheless. A request over a rate limit
        has no event, since the limit protects the history too.
        """
        if error.status == TOO_MANY_REQUESTS:
            return
        if isinstance(error, LimitExceeded):
            pause(self.connection, error.reason)
        try:
            attempt.refused(error)
        except (DatabaseError, InterfaceError):
            logger.exception("the event of a refused request could not be written")


def instances(paths: Sequence[str]) -> list[Any]:
    """Return an instance of each class that a setting names."""
    return [import_string(path)() for path in paths]
