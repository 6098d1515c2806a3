"""The excerpt of a request's body that the history stores: without secrets, and of limited size."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import takewhile
from typing import Any
from urllib.parse import unquote_plus

REDACTED = "(redacted)"
"""Replaces a value that is never returned."""

SHORTENED = "…"
"""Marks the place where a body was cut."""

COST = 8
"""How many characters any value counts, in addition to its text and its name."""

NAME = re.compile(r"[\w$-]+")
"""The name of an attribute in a path, a URN or a filter."""


def excerpt(document: Any, secrets: Collection[str], size: int) -> Any:
    """Return the excerpt of a JSON document.

    :param secrets: The names of the attributes whose values are redacted, in lower case.
    :param size: About how many characters are copied.
    """
    return Excerpt(secrets, size).copy(document)


def query_excerpt(document: Any, secrets: Collection[str], size: int) -> Any:
    """Return the excerpt of a query's body. A filter that names a secret is redacted.

    The parameters are those of :func:`excerpt`.
    """
    return QueryExcerpt(secrets, size).copy(document)


def target_excerpt(target: str, secrets: Collection[str]) -> str:
    """Return the path of a request with its query string, which is redacted if it names a secret."""
    path, _, query = target.partition("?")
    return f"{path}?{REDACTED}" if names_secret(unquote_plus(query), secrets) else target


def names_secret(text: str, secrets: Collection[str]) -> bool:
    """Whether a path or a filter names a secret. A word that only looks like a name counts too."""
    return any(name.lower() in secrets for name in NAME.findall(text))


class Excerpt:
    """Copies a document until its size is reached."""

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
        """Return the copy of an object. In an operation of a PATCH on a secret, the value is redacted."""
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
        """Whether a path or the name of a member is that of a secret, or leads into one."""
        return names_secret(path, self.secrets)


class QueryExcerpt(Excerpt):
    """Copies a query. Its secrets are inside its texts, such as a filter."""

    def text(self, value: str) -> str:
        """Return a string, as far as it fits; of one that names a secret, nothing."""
        return super().text(REDACTED if names_secret(value, self.secrets) else value)
