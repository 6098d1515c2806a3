"""/Bulk (RFC 7644 section 3.7)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import SCIMException

from django_scim.adapters.objects import Scope
from django_scim.api.errors import body_of, error_of
from django_scim.api.views import ProtectedView
from django_scim.history.attempt import Attempt
from django_scim.models import Operation
from django_scim.operations.bulk import BULK_RESPONSE, BulkJob
from django_scim.registry import registry


class BulkViewSet(ProtectedView):
    """Many operations in one request."""

    endpoint = "/Bulk"

    def create(self, request: Request) -> Response:
        """Run the operations, and answer with what came of each."""

        def attempt_for(operation: Operation, resource_type: str, resource_id: str) -> Attempt:
            return self.new_attempt(operation, resource_type, resource_id)

        def unforeseen(exception: Exception) -> SCIMException:
            return error_of(exception, request, self)

        job = BulkJob(
            self.body,
            registry(),
            Scope(self.connection, self.base_url),
            attempt_for=attempt_for,
            error_of=unforeseen,
        )
        answers = [item.answer(body_of) for item in job.run()]
        return Response({"schemas": [BULK_RESPONSE], "Operations": answers})
