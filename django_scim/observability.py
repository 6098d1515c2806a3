"""Structured logs of the requests, and metrics and traces if the project has their libraries."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

__all__ = ["Observation", "observe"]


def observe(observation: Observation) -> None:
    """Write a request and its response to logs, metrics and traces."""
    log(observation)
    measure(observation)
    trace(observation)


@dataclass(frozen=True)
class Observation:
    """A request and its response, without their bodies: without secrets and personal data."""

    request_id: str
    method: str
    path: str
    """The path without the query string, such as ``/scim/v2/Users/2819c223``."""

    endpoint: str
    """The path below the SCIM root without the ``id``, such as ``/Users``. There are only a few."""

    connection: str
    """The name of the connection, or empty if the request was not authenticated."""

    status: int
    scim_type: str
    duration: float
    """In seconds."""

    is_fault: bool = False
    """Whether something is broken that a person has to mend: a 503 of a paused connection is meant."""

    query: str = ""
    """The query string, which may name people. Empty unless ``LOG_PERSONAL_DATA`` is on."""

    address: str = ""
    """The address of the client. Empty unless ``LOG_PERSONAL_DATA`` is on."""


logger = logging.getLogger("django_scim.access")
"""Logs each request: a refusal as a warning, a fault of the server as an error."""


def log(observation: Observation) -> None:
    """Write one log record, with each field of the observation as an attribute prefixed ``scim_``."""
    failure = logging.ERROR if observation.is_fault else logging.WARNING
    level = failure if observation.status >= 400 else logging.INFO
    if not logger.isEnabledFor(level):
        return
    logger.log(
        level,
        "%s %s %s",
        observation.method,
        observation.path,
        observation.status,
        extra={f"scim_{name}": value for name, value in asdict(observation).items()},
    )


prometheus_client: Any


try:
    import prometheus_client
except ImportError:
    prometheus_client = None


METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
"""All other methods have one label, so that a client cannot create any number of time series."""


@cache
def collectors() -> tuple[Any, Any] | None:
    """Return the counter and the histogram of this process, or None without prometheus_client.

    They are in its default registry, which ``django-prometheus`` exports.

    ``django_scim_requests_total`` has the labels ``method``, ``endpoint``, ``connection`` and ``status``;
    ``django_scim_request_duration_seconds`` has ``method`` and ``endpoint``.
    """
    if prometheus_client is None:
        return None
    return (
        prometheus_client.Counter(
            "django_scim_requests_total", "SCIM requests.", ["method", "endpoint", "connection", "status"]
        ),
        prometheus_client.Histogram(
            "django_scim_request_duration_seconds", "How long SCIM requests took.", ["method", "endpoint"]
        ),
    )


def measure(observation: Observation) -> None:
    """Count a request, and add its duration."""
    if (metrics := collectors()) is None:
        return
    requests, durations = metrics
    method = observation.method if observation.method in METHODS else "other"
    requests.labels(method, observation.endpoint, observation.connection, str(observation.status)).inc()
    durations.labels(method, observation.endpoint).observe(observation.duration)


opentelemetry: Any


try:
    from opentelemetry import trace as opentelemetry
except ImportError:
    opentelemetry = None


def trace(observation: Observation) -> None:
    """Add the SCIM attributes to the current span of OpenTelemetry, if there is one.

    ``opentelemetry-instrumentation-django`` creates the span, with its method, its route and its status.
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
