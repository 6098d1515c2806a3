"""What operators see of the requests: structured logs, and metrics and traces where the project has them."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

__all__ = ["Observation", "observe"]


def observe(observation: Observation) -> None:
    """Tell of a request that has been answered, whoever listens."""
    log(observation)
    measure(observation)
    trace(observation)


@dataclass(frozen=True)
class Observation:
    """A request and its answer, without anything that was sent: no secret and no personal data is in it."""

    request_id: str
    method: str
    path: str
    """The path below the SCIM root, without its query, such as ``/Users/2819c223``."""

    endpoint: str
    """The same without the ``id``: one of a few, such as ``/Users``."""

    connection: str
    """The name of the connection; empty where nobody was authenticated."""

    status: int
    scim_type: str
    duration: float
    """In seconds."""

    query: str = ""
    """The query of the path, which may name people: empty unless ``LOG_PERSONAL_DATA`` is on."""

    address: str = ""
    """Where the request came from: empty unless ``LOG_PERSONAL_DATA`` is on."""


logger = logging.getLogger("django_scim.access")
"""Has a record for each request; its level is that of the answer, so that one can see the failures alone."""


def log(observation: Observation) -> None:
    """Write one line: each field of the observation is an attribute of the record, prefixed ``scim_``."""
    failure = logging.ERROR if observation.status >= 500 else logging.WARNING
    logger.log(
        failure if observation.status >= 400 else logging.INFO,
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
"""Others are counted as one: a client must not make a series of its own for each word that it thinks of."""


@cache
def collectors() -> tuple[Any, Any] | None:
    """Return the counter and the histogram, made once in a process, or None without the library.

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
    """Count a request."""
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
