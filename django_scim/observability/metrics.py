"""Metrics for Prometheus, where its client is installed, as it is with ``django-prometheus``."""

from __future__ import annotations

from functools import cache
from typing import Any

from django_scim.observability.observation import Observation

prometheus_client: Any
try:
    import prometheus_client
except ImportError:
    prometheus_client = None

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
"""Others are counted as one: a client must not make a series of its own for each word that it thinks of."""


@cache
def collectors() -> tuple[Any, Any] | None:
    """Return the counter and the histogram, made once in a process; none without the library.

    They are in its default registry, which ``django-prometheus`` exports.

    ``django_scim_requests_total`` has the labels ``method``, ``endpoint``, ``connection`` and ``status``;
    ``django_scim_request_duration_seconds`` has ``method`` and ``endpoint``.
    """
    if prometheus_client is None:
        return None
    requests = prometheus_client.Counter(
        "django_scim_requests_total", "SCIM requests.", ["method", "endpoint", "connection", "status"]
    )
    durations = prometheus_client.Histogram(
        "django_scim_request_duration_seconds", "How long SCIM requests took.", ["method", "endpoint"]
    )
    return requests, durations


def measure(observation: Observation) -> None:
    """Count a request."""
    found = collectors()
    if found is None:
        return
    requests, durations = found
    method = observation.method if observation.method in METHODS else "other"
    requests.labels(method, observation.endpoint, observation.connection, str(observation.status)).inc()
    durations.labels(method, observation.endpoint).observe(observation.duration)
