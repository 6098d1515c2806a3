"""The excerpt of a request's body that the history stores: without secrets, and of limited size."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import takewhile
from typing import Any

from django_scim.history.redaction import REDACTED, Redaction, is_operation

SHORTENED = "…"
"""Marks the place where a body was cut."""

NOT_KEPT = "(not kept)"
"""Replaces the value of an attribute that no schema has: nobody knows whether it is a secret."""

COST = 8
"""How many characters any value counts, in addition to its text and its name."""


def excerpt(document: Any, redaction: Redaction, size: int) -> Any:
    """Return the excerpt of a JSON document.

    :param size: About how many characters are copied.
    """
    return Excerpt(redaction, size).copy(document)


def query_excerpt(document: Any, redaction: Redaction, size: int) -> Any:
    """Return the excerpt of a query's body. A filter that names a secret is redacted.

    The parameters are those of :func:`excerpt`.
    """
    return QueryExcerpt(redaction, size).copy(document)


class Excerpt:
    """Copies a document until its size is reached."""

    def __init__(self, redaction: Redaction, size: int) -> None:
        self.redaction = redaction
        self.remaining = size
        """How many characters still fit. What was copied in part ends with ``SHORTENED``."""

    def copy(self, value: Any) -> Any:
        """Return a copy of a value, as far as it fits."""
        self.remaining -= COST
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.bare(value) if self.redaction.is_bare(value) else self.members(value)
        if isinstance(value, list):
            return self.items(value)
        return value

    def text(self, value: str) -> str:
        """Return a text, as far as it fits; of one that holds a secret, nothing."""
        end = max(self.remaining, 0)
        # A little more than is kept: what follows may tell that it is a secret.
        text = value if self.redaction.text(value[: end + 1000]) is not REDACTED else REDACTED
        self.remaining -= len(text)
        return text if len(text) <= end else text[:end] + SHORTENED

    def items(self, values: list[Any]) -> Any:
        """Return the copy of a list; of one that has a secret in a shape that no message has, nothing."""
        if self.redaction.is_odd(values[: max(self.remaining, 0) // COST + 1]):
            return self.redacted()
        items = [self.copy(item) for item in self.fitting(values)]
        return items if len(items) == len(values) else [*items, f"{len(values) - len(items)} more{SHORTENED}"]

    def members(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return the copy of an object, with the names alone of what is secret or unknown."""
        is_about_secret = self.redaction.is_about(value)
        if is_about_secret and is_operation(value):
            return self.operation(value)
        members: dict[str, Any] = {}
        for name in self.fitting(value):
            if not is_about_secret and self.redaction.is_harmless(name) and len(name) <= self.remaining:
                self.remaining -= len(name)
                members[name] = self.copy(value[name])
                continue
            if self.redaction.names_in(name):
                members[self.redaction.up_to_name(name)] = self.redacted()
                continue
            kept = self.text(name)
            if is_about_secret:
                members[kept] = self.redacted()
            elif not self.redaction.is_known(name):
                members[kept] = NOT_KEPT
                self.remaining -= COST
            else:
                members[kept] = self.copy(value[name])
        return members if len(members) == len(value) else {**members, SHORTENED: SHORTENED}

    def bare(self, value: dict[str, str]) -> dict[str, str]:
        """Return the copy of a value that is but an ``id``, as a group may have thousands of."""
        (text,) = value.values()
        if len(text) + COST > self.remaining:
            return self.members(value)
        self.remaining -= len("value") + COST + len(text)
        return {"value": text}

    def operation(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return what is kept of an operation of a PATCH on a secret: ``op`` and ``path``."""
        kept: dict[str, Any] = {}
        for name, given in value.items():
            lower = name.lower()
            if lower == "op":
                kept[name] = given
            elif lower == "path" and isinstance(given, str):
                kept[name] = self.redaction.up_to_name(given)
            elif lower == "value":
                kept[name] = self.redacted()
        return kept

    def redacted(self) -> str:
        self.remaining -= COST
        return REDACTED

    def fitting(self, values: Collection[Any]) -> Iterator[Any]:
        """Yield items until nothing more fits: each one that is copied takes some of the size."""
        return takewhile(lambda _: self.remaining > 0, values)


class QueryExcerpt(Excerpt):
    """Copies a query. Its secrets are inside its texts, such as a filter."""

    def text(self, value: str) -> str:
        """Return a string, as far as it fits; of one that names a secret, nothing."""
        return super().text(REDACTED if self.redaction.names_in(value) else value)
