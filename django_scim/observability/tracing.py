"""Attributes of the span that an instrumentation by OpenTelemetry has begun for the request."""

from __future__ import annotations

from typing import Any

from django_scim.observability.observation import Observation

opentelemetry: Any
try:
    from opentelemetry import trace as opentelemetry
except ImportError:
    opentelemetry = None


def trace(observation: Observation) -> None:
    """Say of the current span what it was in SCIM; without OpenTelemetry, or a span, do nothing.

    ``opentelemetry-instrumentation-django`` makes the span, with its method, its route and its status.
    """
    if opentelemetry is None:
        return
    span = opentelemetry.get_current_span()
    if span.is_recording():
        span.set_attributes(
            {
                "scim.request_id": observation.request_id,
                "scim.endpoint": observation.endpoint,
                "scim.connection": observation.connection,
                "scim.scim_type": observation.scim_type,
            }
        )
