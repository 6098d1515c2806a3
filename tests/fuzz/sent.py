"""A request as the corpus keeps it: the same on any database, since rows have names in it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sent:
    """A request below the SCIM root. ``<user0>`` in its path or its body is the ``id`` of a row."""

    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    client: str = "writer"
    """Who asks: see :data:`fuzz.population.CLIENTS`."""

    def resolved(self, identifiers: dict[str, str]) -> Sent:
        """Return the request with the rows of a population."""
        path, body = self.path, self.body
        for name, identifier in identifiers.items():
            path = path.replace(name, identifier)
            body = None if body is None else body.replace(name.encode(), identifier.encode())
        return Sent(self.method, path, body, self.headers, self.client)

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON, its body as text where it is text."""
        document: dict[str, Any] = {"method": self.method, "path": self.path, "client": self.client}
        if self.headers:
            document["headers"] = self.headers
        if self.body is not None:
            try:
                document["body"] = self.body.decode()
            except UnicodeDecodeError:
                document["base64"] = base64.b64encode(self.body).decode()
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Sent:
        """Return the request of :meth:`to_json`. A body that is an object is written as JSON."""
        body = None
        if "base64" in document:
            body = base64.b64decode(document["base64"])
        elif "body" in document:
            text = document["body"]
            body = (text if isinstance(text, str) else json.dumps(text)).encode()
        headers, client = document.get("headers", {}), document.get("client", "writer")
        return cls(document["method"], document["path"], body, headers, client)
