"""What has to be true of every answer, whatever was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.messages import ERROR

MEDIA_TYPES = ("application/scim+json", "application/json")


DELIBERATE = (501, 503)
"""Errors of the server that say what they mean: not supported, and try again."""

BODILESS = (204, 304)


@dataclass(frozen=True)
class Answer:
    """An answer of the service."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_server_error(self) -> bool:
        """Whether the server failed."""
        return self.status >= 500 and self.status not in DELIBERATE

    def faults(self, method: str) -> Iterator[str]:
        """Yield what is wrong with the answer to a method."""
        if self.is_server_error:
            yield f"the status is {self.status}"
        if any(character in value for value in self.headers.values() for character in "\r\n"):
            yield "a header has a line break"
        if self.status == 503 and "Retry-After" not in self.headers:
            yield "a 503 does not say when to come back"
        if self.status in BODILESS or method.upper() == "HEAD":
            if self.body:
                yield f"a {self.status} to {method} has a body"
            return
        if self.status == 405 and not self.headers.get("Allow"):
            yield "a 405 does not say which methods there are"
        yield from self.faults_of_body()

    def faults_of_body(self) -> Iterator[str]:
        """Yield what is wrong with the body."""
        media_type = self.headers.get("Content-Type", "")
        if media_type not in MEDIA_TYPES:
            yield f"the media type is '{media_type}'"
        try:
            document: Any = json.loads(self.body.decode(), parse_constant=refuse)
        except ValueError as error:
            yield f"the body is not JSON: {error}"
            return
        if not isinstance(document, dict) or not isinstance(document.get("schemas"), list):
            yield "the body is no SCIM message"
        elif self.status >= 400:
            if document["schemas"] != [ERROR] or document.get("status") != str(self.status):
                yield "the body is no SCIM error of this status"
        elif ERROR in document["schemas"]:
            yield f"a {self.status} is an error"
        for item in document.get("Operations", ()) if isinstance(document, dict) else ():
            status = int(item["status"])
            if status >= 500 and status not in DELIBERATE:
                yield f"the status of an operation is {status}"


def refuse(name: str) -> Any:
    """Refuse a number that JSON does not have."""
    raise ValueError(f"{name} is no JSON")
