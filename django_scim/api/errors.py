"""Turns any exception into a SCIM error body (RFC 7644 section 3.12)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.encoding import escape_uri_path
from django.utils.translation import override
from rest_framework.exceptions import (
    APIException,
    MethodNotAllowed,
    NotAcceptable,
    NotAuthenticated,
    NotFound,
    ParseError,
    Throttled,
    UnsupportedMediaType,
)
from rest_framework.exceptions import PermissionDenied as Forbidden
from rest_framework.response import Response
from scim2_models import SCIMException

from django_scim.history.redaction import Redaction
from django_scim.schema.paths import Json
from django_scim.sql.errors import is_away, is_transient, took_too_long

logger = logging.getLogger("django_scim.request")

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

UNAUTHENTICATED = "a valid token is required"
"""The same text for every reason, so that it helps no attacker."""


class HTTPError(SCIMException):
    """An error without a class in scim2-models, such as 405 or 429."""

    def __init__(self, status: int, detail: str, scim_type: str = "") -> None:
        super().__init__(detail=detail)
        self.status = status
        self.scim_type = scim_type


def scim_error(exception: Exception) -> SCIMException | None:
    """Return an exception as a SCIM error, or None if it is an unexpected one."""
    match exception:
        case SCIMException():
            return exception
        case ParseError():
            return HTTPError(400, text_of(exception), "invalidSyntax")
        case NotAuthenticated():
            return HTTPError(401, UNAUTHENTICATED)
        case APIException():
            return HTTPError(exception.status_code, text_of(exception))
        case Http404():
            return HTTPError(404, "there is nothing at this address")
        case PermissionDenied():
            return HTTPError(403, str(exception) or "this is not allowed")
        case SuspiciousOperation() | UnreadablePostError():
            return HTTPError(400, "the request cannot be read", "invalidSyntax")
        case OperationalError() if is_transient(exception):
            return HTTPError(503, "other requests change the same rows: try again")
        case DatabaseError() | InterfaceError() if is_away(exception):
            return HTTPError(503, "the database cannot answer for now: try again")
    return None


def is_fault(exception: Exception, error: SCIMException) -> bool:
    """Whether something is broken that a person has to mend, and not only a request refused.

    That is an unexpected exception, and a database that is away. A connection that is paused or a row that
    somebody else has locked are answers that the app means, 503 or not.
    """
    if isinstance(exception, DatabaseError) and is_away(exception):
        return not took_too_long(exception)
    return error.status == 500 or isinstance(exception, InterfaceError)


def text_of(exception: APIException) -> str:
    """Return the text of a DRF exception."""
    detail = exception.detail
    return str(detail) if isinstance(detail, str) else str(exception.get_codes())


def told(error: SCIMException, redaction: Redaction, *sources: Any) -> SCIMException:
    """Return an error as a client and the history may read it: without the secrets of what was sent.

    :param sources: What was sent: documents, and texts such as the path.
    """
    given = error.detail or ""
    detail = redaction.detail(given, *sources)
    return error if detail == given else HTTPError(error.status, detail, error.scim_type or "")


def body_of(error: SCIMException) -> Json:
    """Return the JSON of an error. Its ``status`` is a string (RFC 7644 section 3.12)."""
    body: Json = {"schemas": [ERROR], "status": str(error.status)}
    if error.scim_type:
        body["scimType"] = error.scim_type
    if error.detail:
        body["detail"] = error.detail.encode("utf-8", "replace").decode()
    return body


def error_of(exception: Exception, request: Any, view: Any) -> SCIMException:
    """Return an exception as a SCIM error: 500 if it is an unexpected one.

    An unexpected exception is logged and sent with Django's signal, as Django does it. The client does not
    see its text.
    """
    error = scim_error(in_english(exception, request))
    if error is None:
        path = escape_uri_path(request.path)
        logger.error("%s %s failed", request.method, path, exc_info=exception)
        got_request_exception.send(sender=type(view), request=request._request)
        error = HTTPError(500, "the server could not answer this request")
    return error


def in_english(exception: Exception, request: Any) -> Exception:
    """Return an exception of DRF with its own text in English, which an identity provider is answered in.

    DRF writes its texts in the active language as soon as it makes an exception. A text that somebody gave
    stays as it is.
    """
    make: Callable[[], APIException]
    match exception:
        case MethodNotAllowed():
            make = partial(MethodNotAllowed, request.method)
        case UnsupportedMediaType():
            make = partial(UnsupportedMediaType, request.content_type)
        case Throttled():
            make = partial(Throttled, getattr(exception, "wait", None))
        case NotAcceptable() | Forbidden() | NotFound():
            make = type(exception)
        case _:
            return exception
    if exception.detail != make().detail:
        return exception
    with override(None):
        return make()


def exception_handler(exception: Exception, context: dict[str, Any]) -> Response:
    """Answer any exception with a SCIM error: the exception handler of DRF."""
    request, view = context["request"], context["view"]
    # The body as it was parsed, if it was: to ask for it could fail again.
    body = getattr(request, "_full_data", None)
    error = told(error_of(exception, request, view), view.redaction, view.path_received, body)
    view.has_fault = is_fault(exception, error)
    headers = {}
    if challenge := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exception, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    elif error.status == 503:
        headers["Retry-After"] = "1"
    return Response(body_of(error), status=error.status, headers=headers)
