"""/Bulk (RFC 7644 section 3.7)."""

from __future__ import annotations

from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import SCIMException

from django_scim.api.errors import body_of, error_of, told
from django_scim.api.rehearsal import rehearsable
from django_scim.api.throttling import RateThrottle
from django_scim.api.views import ProtectedView
from django_scim.history.events import Attempt
from django_scim.history.redaction import Redaction
from django_scim.models import AccessToken
from django_scim.operations.bulk.job import BulkJob
from django_scim.operations.bulk.request import BulkOperation
from django_scim.operations.protection import ConnectionPaused, require_running
from django_scim.resources.registry import registry
from django_scim.schema.paths import Json

BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

MOST_NOTED = 100
"""How many operations the history has of a job that a pause refuses."""


class BulkViewSet(ProtectedView):
    """Many operations in one request."""

    endpoint = "/Bulk"

    @rehearsable
    def create(self, request: Request) -> Response:
        """Run the operations, and answer with what came of each."""
        job = BulkJob(
            self.body,
            registry(),
            self.caller,
            attempt_for=self.new_attempt,
            refuse=self.refuse,
            allows=self.allows,
            token=request.auth if isinstance(request.auth, AccessToken) else None,
        )
        if self.connection.paused_at is not None:
            self.note_what_is_refused(job)
            require_running(self.connection)
        self.require_within_rate(len(job.operations))
        answers = [answer(operation, self.redaction) for operation in job.run()]
        return Response({"schemas": [BULK_RESPONSE], "Operations": answers})

    def note_what_is_refused(self, job: BulkJob) -> None:
        """Let the history have the first operations of a job that a pause refuses."""
        for operation in job.operations[:MOST_NOTED]:
            attempt = job.new_attempt(operation)
            if attempt is not None:
                self.record_refusal(attempt, ConnectionPaused(self.connection.pause_reason))

    def require_within_rate(self, operations: int) -> None:
        """Refuse the whole job before it begins, if it has more operations than a rate allows.

        The client can send the same job again later. It could not tell which half of a job was done.

        :raises Throttled: In this case.
        """
        for throttle in self.get_throttles():
            if isinstance(throttle, RateThrottle) and not throttle.allow(self.request, "bulk", operations):
                raise Throttled(wait=throttle.seconds)

    def refuse(self, attempt: Attempt | None, exception: Exception) -> SCIMException:
        """Record an operation that failed, and return its exception as a SCIM error."""
        error = error_of(exception, self.request, self)
        if attempt is not None:
            self.record_refusal(attempt, error)
        return error


def answer(operation: BulkOperation, redaction: Redaction) -> Json:
    """Return the JSON of an operation in the response."""
    error = operation.error and told(operation.error, redaction, operation.path, operation.data)
    members = {
        "method": operation.method,
        "bulkId": operation.bulk_id,
        "version": operation.version,
        "location": operation.location and redaction.target(operation.location),
        "status": str(operation.status),
        "response": body_of(error) if error else None,
    }
    return {name: value for name, value in members.items() if value is not None}
