"""``bulkId`` references between the operations of a bulk job (RFC 7644 section 3.7.2).

``"bulkId:qwerty"`` stands for the ``id`` of the resource that the operation with that ``bulkId`` makes:
as a value, at the end of a URL, or as a value in the path of a PATCH.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from typing import Any

from django_scim.adapters.paths import Json

REFERENCE = re.compile(r'(?:\A|(?<=[/"]))bulkId:([^"]+)(?="|\Z)')
"""A reference in a string: all of it, the end of a URL, or between the quotes of a filter."""


def references(data: Any) -> set[str]:
    """Return the ``bulkId`` values that a document refers to."""
    found: set[str] = set()
    pending = [data]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str) and "bulkId:" in item:
            found.update(REFERENCE.findall(item))
    return found


def resolved(data: Any, identifiers: Mapping[str, str]) -> Any:
    """Return a document with the ``id`` in the place of each reference that can be resolved."""

    def replaced(text: str) -> str:
        if "bulkId:" not in text:
            return text
        return REFERENCE.sub(lambda match: identifiers.get(match[1], match[0]), text)

    return transformed(data, replaced)


def transformed(data: Any, change: Callable[[str], str]) -> Any:
    """Return a copy of a document, which the parser has kept from being deep, with changed strings."""
    if isinstance(data, dict):
        return {name: transformed(item, change) for name, item in data.items()}
    if isinstance(data, list):
        return [transformed(item, change) for item in data]
    return change(data) if isinstance(data, str) else data


def without_references(document: Json, unresolved: Set[str]) -> Json:
    """Return a resource without the attributes that refer to what is not there yet.

    An attribute goes with all its values, and one of an extension without the rest of the extension.
    """
    kept: Json = {}
    for name, value in document.items():
        if name.startswith("urn:") and isinstance(value, dict):
            kept[name] = without_references(value, unresolved)
        elif references(value).isdisjoint(unresolved):
            kept[name] = value
    return kept
