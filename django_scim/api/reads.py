"""Records reads and queries in the history, if ``RECORD_READS`` is on."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, InterfaceError
from rest_framework.request import Request
from rest_framework.response import Response

from django_scim.api.bodies import is_strict
from django_scim.api.errors import HTTPError, scim_error
from django_scim.api.permissions import connection_of
from django_scim.api.views import ProtectedView
from django_scim.conf import get_settings
from django_scim.dialects.letter import require_schema
from django_scim.history.events import Attempt
from django_scim.models import Operation
from django_scim.resources.registry import registry
from django_scim.schema.paths import Json

logger = logging.getLogger("django_scim.request")

SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

OPERATIONS = {"retrieve": Operation.READ, "list": Operation.SEARCH, "search": Operation.SEARCH}
"""The actions of views that read, with their operations in the history."""


class RecordedReads(ProtectedView):
    """A view that writes an event for each read after it is answered or refused.

    If the event cannot be written, the client gets its answer nevertheless.
    """

    resource_name = ""
    """The name of the resource type, or empty if there are several, or if it is not known yet."""

    read: Attempt | None = None
    """The read that is to be recorded, or None."""

    def perform_authentication(self, request: Request) -> None:
        """Begin the attempt once the connection is known."""
        super().perform_authentication(request)
        operation = OPERATIONS.get(self.action or "")
        if operation is None or not get_settings().RECORD_READS:
            return
        if connection_of(request) is not None:
            self.read = self.new_attempt(operation, "", "")

    def search_request(self) -> Json:
        """Return the query in the body of the request."""
        document = self.body
        if is_strict(self.request):
            require_schema(document, SEARCH_REQUEST)
        if self.read is not None:
            self.read.receive_query(document)
        return document

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Record a read that was answered."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.read is not None and not answer.exception:
            self.record_read(self.read, answer)
        return answer

    def handle_exception(self, exc: Exception) -> Response:
        """Answer with the error, and record a read that was refused."""
        response = super().handle_exception(exc)
        if self.read is not None:
            self.locate(self.read)
            self.record_refusal(self.read, scim_error(exc) or HTTPError(500, "unexpected error"))
        return response

    def record_read(self, read: Attempt, answer: Response) -> None:
        """Write the event of a read whose answer is a resource, a page or 304."""
        self.locate(read)
        read.version = answer.get("ETag", "")
        resource_type = registry().get(self.resource_name)
        if read.operation is Operation.READ and resource_type is not None and answer.data is not None:
            read.identify(*resource_type.names(answer.data))
        try:
            read.succeeded(answer.status_code)
        except (DatabaseError, InterfaceError):
            logger.exception("the event of a read could not be written")

    def locate(self, read: Attempt) -> None:
        """Set what was read. For ``/Me``, that is known only at the end."""
        read.resource_type = self.resource_name
        read.resource_id = self.kwargs.get("pk", "")
