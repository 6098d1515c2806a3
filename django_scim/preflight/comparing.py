"""Where an answer is not what a provider expects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

MISSING = object()
"""What is at a path at which there is nothing."""

Steps = tuple[str | int, ...]


class Difference(NamedTuple):
    """One place where JSON is not as expected."""

    path: Steps
    expected: Any
    found: Any


def differences(expected: Any, found: Any, path: Steps = ()) -> Iterator[Difference]:
    """Yield where JSON is not as expected: objects may have more, lists may not."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name, value in expected.items():
            yield from differences(value, found.get(name, MISSING), (*path, name))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for position, pair in enumerate(zip(expected, found, strict=True)):
            yield from differences(*pair, (*path, position))
    elif type(expected) is not type(found) or expected != found:
        yield Difference(path, expected, found)


def at(document: Any, path: str) -> Any:
    """Return the value at a path such as ``Resources/0/id``, or :data:`MISSING`."""
    for name in path.split("/"):
        if isinstance(document, list):
            document = document[int(name)] if int(name) < len(document) else MISSING
        elif isinstance(document, dict):
            document = document.get(name, MISSING)
        else:
            return MISSING
    return document
