"""What operators see of the requests: structured logs, and metrics and traces where the project has them."""

from __future__ import annotations

from django_scim.observability.logs import log
from django_scim.observability.metrics import measure
from django_scim.observability.observation import Observation
from django_scim.observability.tracing import trace

__all__ = ["Observation", "observe"]


def observe(observation: Observation) -> None:
    """Tell of a request that has been answered, whoever listens."""
    log(observation)
    measure(observation)
    trace(observation)
