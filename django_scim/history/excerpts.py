"""What the history keeps of a request's body: without its secrets, and bounded."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import takewhile
from typing import Any
from urllib.parse import unquote_plus

REDACTED = "(redacted)"
"""What the history has instead of a value that is never returned."""

SHORTENED = "…"
"""What stands where a body was cut."""

COST = 8
"""How many characters a value counts that is no string, and a member beside its name."""

NAME = re.compile(r"[\w$-]+")
"""What may be the name of an attribute in a path, a URN or a filter."""


def excerpt(document: Any, secrets: Collection[str], size: int) -> Any:
    """Return a JSON document as it is kept.

    :param secrets: The names of the attributes whose values are hidden, in lower case.
    :param size: How many characters are kept, about.
    """
    return Excerpt(secrets, size).copy(document)


def query_excerpt(document: Any, secrets: Collection[str], size: int) -> Any:
    """Return the body of a query as it is kept: without a filter that names a secret.

    The parameters are those of :func:`excerpt`.
    """
    return QueryExcerpt(secrets, size).copy(document)


def target_excerpt(target: str, secrets: Collection[str]) -> str:
    """Return the path of a request with its query as it is kept: without a query that names a secret."""
    path, _, query = target.partition("?")
    return f"{path}?{REDACTED}" if names_secret(unquote_plus(query), secrets) else target


def names_secret(text: str, secrets: Collection[str]) -> bool:
    """Whether a secret is among the names in a path or a filter; a word too much does no harm."""
    return any(name.lower() in secrets for name in NAME.findall(text))


class Excerpt:
    """Copies a document until there is enough of it."""

    def __init__(self, secrets: Collection[str], size: int) -> None:
        self.secrets = secrets
        self.remaining = size
        """How many characters still fit. What was copied in part ends with ``SHORTENED``."""

    def copy(self, value: Any) -> Any:
        """Return a copy of a value, as far as it fits."""
        self.remaining -= COST
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.members(value)
        if isinstance(value, list):
            items = [self.copy(item) for item in self.fitting(value)]
            return items if len(items) == len(value) else [*items, SHORTENED]
        return value

    def text(self, value: str) -> str:
        kept = value[: max(self.remaining, 0)]
        self.remaining -= len(value)
        return kept if len(kept) == len(value) else kept + SHORTENED

    def members(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return an object; of an operation on a secret, without what is set."""
        path = next((item for name, item in value.items() if name.lower() == "path"), None)
        is_about_secret = isinstance(path, str) and self.is_secret(path)
        members: dict[str, Any] = {}
        for name in self.fitting(value):
            kept_name = self.text(name)
            if self.is_secret(name) or (is_about_secret and name.lower() == "value"):
                members[kept_name] = REDACTED
            elif is_about_secret and value[name] == path:
                # A value filter may hold the secret.
                members[kept_name] = self.text(path.partition("[")[0])
            else:
                members[kept_name] = self.copy(value[name])
        return members if len(members) == len(value) else {**members, SHORTENED: SHORTENED}

    def fitting(self, values: Collection[Any]) -> Iterator[Any]:
        """Yield items until nothing more fits: each one that is copied takes some of the size."""
        return takewhile(lambda _: self.remaining > 0, values)

    def is_secret(self, path: str) -> bool:
        """Whether a path, or the name of a member, leads to or into a secret."""
        return names_secret(path, self.secrets)


class QueryExcerpt(Excerpt):
    """Copies a query, whose secrets are within its texts."""

    def text(self, value: str) -> str:
        """Return a string, as far as it fits; of one that names a secret, nothing."""
        return super().text(REDACTED if names_secret(value, self.secrets) else value)
