"""The OpenAPI document of the service, and what it says of an answer."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from django.core.management import call_command
from jsonschema import Draft202012Validator, FormatChecker

from tests.conftest import ROOT, SCIM


class Document:
    """The document that ``manage.py spectacular`` writes; one with a warning is a failure."""

    def __init__(self) -> None:
        out, err = StringIO(), StringIO()
        call_command(
            "spectacular",
            format="openapi-json",
            fail_on_warn=True,
            validate=True,
            stdout=out,
            stderr=err,
        )
        self.content: dict[str, Any] = json.loads(out.getvalue())

    @property
    def paths(self) -> dict[str, Any]:
        """The paths below the SCIM root."""
        return {path.removeprefix(ROOT): item for path, item in self.content["paths"].items()}

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """Return what the document says of a method at a path below the SCIM root."""
        found: dict[str, Any] = self.paths[path][method.lower()]
        return found

    def resolved(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return what a reference leads to."""
        while reference := item.get("$ref"):
            found: Any = self.content
            for part in reference.removeprefix("#/").split("/"):
                found = found[part]
            item = found
        return item

    def errors(self, schema: dict[str, Any], value: Any) -> list[str]:
        """Return how a value differs from a schema."""
        whole = {**schema, "components": self.content["components"]}
        validator = Draft202012Validator(whole, format_checker=FormatChecker())
        return [error.message for error in validator.iter_errors(value)]

    def check(self, response: Any, method: str, path: str) -> None:
        """Check that an answer is one that the document has: its status, headers, media type and body."""
        answers = self.operation(method, path)["responses"]
        status = str(response.status_code)
        assert status in answers, f"{method} {path} is not said to answer {status}"
        answer = self.resolved(answers[status])
        for name in answer.get("headers", ()):
            assert name in response.headers
        if "content" not in answer:
            assert not response.content
            return
        assert response.headers["Content-Type"] == SCIM
        assert self.errors(answer["content"][SCIM]["schema"], response.json()) == []

    def request_errors(self, method: str, path: str, body: Any) -> list[str]:
        """Return how the body of a request differs from what the document has."""
        return self.errors(self.operation(method, path)["requestBody"]["content"][SCIM]["schema"], body)
