"""What there is to tell of one request."""

from __future__ import annotations

from dataclasses import dataclass


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
