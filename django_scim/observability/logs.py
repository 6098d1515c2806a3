"""A line in the log for each request, whose fields a formatter can take one by one."""

from __future__ import annotations

import logging
from dataclasses import asdict

from django_scim.observability.observation import Observation

logger = logging.getLogger("django_scim.access")
"""Has a record for each request; its level is that of the answer, so that one can see the failures alone."""


def log(observation: Observation) -> None:
    """Write one line: each field of the observation is an attribute of the record, prefixed ``scim_``."""
    level = logging.INFO
    if observation.status >= 500:
        level = logging.ERROR
    elif observation.status >= 400:
        level = logging.WARNING
    logger.log(
        level,
        "%s %s %s",
        observation.method,
        observation.path,
        observation.status,
        extra={f"scim_{name}": value for name, value in asdict(observation).items()},
    )
