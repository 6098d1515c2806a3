"""Whether the service can work, for load balancers and monitors."""

from __future__ import annotations

from typing import Any

from django.db import connections, router
from django.db.models import Model
from rest_framework.request import Request
from rest_framework.response import Response

from django_scim.api.views import ScimView
from django_scim.models import ProvisioningEvent
from django_scim.registry import registry


class HealthView(ScimView):
    """Answers 200 if the databases do, else 503. It says nothing more, and asks nobody who they are."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []
    endpoint = "/health"
    needs_https = False
    """Load balancers ask from beside the project, without TLS and without a token."""

    def retrieve(self, request: Request) -> Response:
        """Ask each database that writes go to."""
        models: list[type[Model]] = [ProvisioningEvent, *(adapter.model for adapter in registry())]
        for alias in sorted({router.db_for_write(model) for model in models}):
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
        return Response({"status": "ok"})
