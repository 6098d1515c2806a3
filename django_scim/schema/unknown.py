"""What no schema has: a name of the client's own, or a mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from scim2_models import InvalidPathException, Path

from django_scim.schema.attributes import Attributes, Schema, Target
from django_scim.schema.paths import Json

LIKENESS = 0.8
"""How like another a name has to be to be taken for a mistyped one: ``userNmae``, ``vlaue``."""

DIGITS = re.compile(r"\d+")


def is_path(path: str) -> bool:
    """Whether a text is a path at all; one that is none is left to be refused."""
    try:
        Path(path)
    except InvalidPathException:
        return False
    return True


def require_no_mistake(path: str, schema: Schema) -> None:
    """Refuse a path that no schema has if nobody can have meant an attribute of their own.

    :raises InvalidPathException: If it leads into an attribute that has no sub-attributes, or is nearly one
        that there is (RFC 7644 section 3.12).
    """
    parsed: Path[Any] = Path(path)
    parts = parsed.parts
    urn = (parsed.schema or schema.urn).lower()
    if urn != schema.urn.lower() and urn not in schema.extensions:
        return
    attributes = schema.attributes if urn == schema.urn.lower() else schema.extensions[urn].attributes
    attribute = attributes.get(parts[0].lower())
    if attribute is None:
        known = attributes if parsed.schema else {**schema.attributes, **all_extended(schema)}
        require_unlike(path, parts[0], known)
    elif len(parts) > 1 and not attribute.subs:
        raise InvalidPathException(path=path, detail=f"'{attribute.name}' has no sub-attributes")
    elif len(parts) > 1:
        require_unlike(path, parts[1], attribute.subs)


def all_extended(schema: Schema) -> Attributes:
    """Return the attributes of all extensions: some clients leave the URN out."""
    found: dict[str, Any] = {}
    for extension in schema.extensions.values():
        found |= extension.attributes
    return found


def require_unlike(path: str, name: str, known: Attributes) -> None:
    """Refuse a name that is nearly one that there is.

    A name with further letters or another number at its end is one of the client's own: ``givenNameKana``.

    :raises InvalidPathException: If there is such a name.
    """
    for match in get_close_matches(name.lower(), known, cutoff=LIKENESS):
        if abs(len(match) - len(name)) <= 1 and DIGITS.findall(match) == DIGITS.findall(name):
            detail = f"there is no attribute '{name}': is '{known[match].name}' meant?"
            raise InvalidPathException(path=path, detail=detail)


def unknown_in_document(document: Any, schema: Schema) -> Iterator[str]:
    """Yield the names in a resource that no schema has, as paths."""
    if not isinstance(document, dict):
        return
    for name, value in document.items():
        extension = schema.extensions.get(name.lower())
        if extension is not None:
            yield from unknown_in(value, extension.attributes, f"{extension.urn}:")
        else:
            yield from unknown_in({name: value}, schema.attributes, "")


def unknown_in(value: Any, attributes: Attributes, prefix: str) -> Iterator[str]:
    """Yield the names in a value, or in several, that are none of some attributes.

    :param prefix: What stands before the names in a path.
    """
    for entry in value if isinstance(value, list) else [value]:
        for name, item in entry.items() if isinstance(entry, dict) else ():
            attribute = attributes.get(name.lower())
            if attribute is None:
                yield f"{prefix}{name}"
            elif attribute.subs:
                yield from unknown_in(item, attribute.subs, f"{prefix}{attribute.name}.")


def unknown_in_operations(
    operations: Iterable[Json], named: Callable[[], Collection[str]], schema: Schema
) -> Iterator[str]:
    """Yield the paths and names in the operations of a PATCH that no schema has.

    :param operations: The operations in canonical form.
    :param named: Returns the paths that the client has sent as such; others were keys of a value, where the
        names of the whole resource stand.
    :raises InvalidPathException: If a path is a mistake: see :func:`require_no_mistake`.
    """
    targets: dict[str, Target] = {}
    for operation in operations:
        path, value = operation.get("path", ""), operation.get("value")
        if not isinstance(path, str):
            continue
        target = targets.get(path) or targets.setdefault(path, schema.target(path))
        if target.object is not None:
            yield from unknown_in(value, target.object, f"{path}:" if path else "")
        elif target.attribute is not None:
            if target.attribute.subs:
                yield from unknown_in(value, target.attribute.subs, f"{path}.")
        elif is_path(path):
            if path in named() or "." in path.rpartition(":")[2]:
                require_no_mistake(path, schema)
            yield path.partition("[")[0]
