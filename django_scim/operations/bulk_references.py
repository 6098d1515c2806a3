"""``bulkId`` references between the operations of a bulk job (RFC 7644 section 3.7.2).

``"bulkId:qwerty"`` stands for the ``id`` of the resource that the operation with that ``bulkId`` makes,
as a value or at the end of a URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from typing import Any

from django_scim.adapters.paths import Json

REFERENCE = re.compile(r"(?P<before>(?:.*/)?)bulkId:(?P<bulk_id>[^/]+)", re.IGNORECASE | re.DOTALL)


def bulk_id_in(text: Any) -> str | None:
    """Return the ``bulkId`` that a value refers to, none if it is no reference."""
    match = REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return match["bulk_id"] if match else None


def references(data: Any, known: Container[str]) -> set[str]:
    """Return the known ``bulkId`` values that a document refers to."""
    found = set()
    pending = [data]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item
        elif (bulk_id := bulk_id_in(item)) is not None and bulk_id in known:
            found.add(bulk_id)
    return found


def resolved(data: Any, identifiers: Mapping[str, str]) -> Any:
    """Return a document with each reference replaced by the ``id`` that it stands for."""

    def replaced(text: str) -> str:
        match = REFERENCE.fullmatch(text)
        if match is None or match["bulk_id"] not in identifiers:
            return text
        return f"{match['before']}{identifiers[match['bulk_id']]}"

    return transform(data, replaced)


def transform(data: Any, change: Callable[[str], str]) -> Any:
    """Return a copy of a document, which the parser has kept from being deep, with changed strings."""
    if isinstance(data, dict):
        return {name: transform(item, change) for name, item in data.items()}
    if isinstance(data, list):
        return [transform(item, change) for item in data]
    return change(data) if isinstance(data, str) else data


def deferred(data: Json, unresolved: Container[str]) -> tuple[Json, list[Json]]:
    """Take out of a resource what refers to resources that are not there yet.

    :returns: The resource without it, and the PATCH operations that put it in later.
    """
    kept: Json = {}
    later: list[Json] = []
    for name, value in data.items():
        if isinstance(value, dict) and name.lower().startswith("urn:"):
            rest, operations = deferred(value, unresolved)
            later += [{**operation, "path": f"{name}:{operation['path']}"} for operation in operations]
            if rest or not value:
                kept[name] = rest
        elif isinstance(value, list):
            waiting = [item for item in value if references(item, unresolved)]
            kept[name] = [item for item in value if item not in waiting] if waiting else value
            if waiting:
                later.append({"op": "add", "path": name, "value": waiting})
        elif references(value, unresolved):
            later.append({"op": "add", "path": name, "value": value})
        else:
            kept[name] = value
    return kept, later
