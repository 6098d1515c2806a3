"""What RFC 7643 says of values, and no type of scim2-models does: those that are identical, and base64."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

from scim2_models import InvalidValueException

PRIMARY = "primary"

BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2,3}={0,2})?")
"""The alphabet of RFC 4648 section 4. How many ``=`` there are is not looked at here."""


def distinct(entries: list[Any]) -> list[Any]:
    """Return the values of an attribute without those that are there before (RFC 7643 section 2.4).

    Values that differ in ``primary`` alone are one, which is the primary one if one of them is.
    """
    found: dict[Hashable, Any] = {}
    for entry in entries:
        first = found.setdefault(identity_of(entry), entry)
        if first is not entry and is_primary(entry) and not is_primary(first):
            rest = {name: value for name, value in first.items() if name.lower() != PRIMARY}
            found[identity_of(entry)] = {**rest, PRIMARY: True}
    return entries if len(found) == len(entries) else list(found.values())


def identity_of(value: Any) -> Hashable:
    """Return what two identical values have in common: not the case of names, and nothing unassigned."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(text := value.get("value"), str):
            # As below, for the members of large groups.
            return frozenset((("value", ("str", text)),))
        members = {name.lower(): item for name, item in value.items() if item not in (None, [])}
        members.pop(PRIMARY, None)
        return frozenset((name, identity_of(item)) for name, item in members.items())
    if isinstance(value, list):
        return tuple(identity_of(item) for item in value)
    return type(value).__name__, value


def is_primary(entry: Any) -> bool:
    """Whether a value is marked as the primary one."""
    if not isinstance(entry, dict):
        return False
    return any(name.lower() == PRIMARY and value is True for name, value in entry.items())


def padded_base64(text: str, name: str) -> str:
    """Return base64 with the ``=`` at its end, which a client may leave out (RFC 7643 section 2.3.6).

    Python, and so pydantic, would skip what is not of the alphabet.

    :param name: The attribute that the text is a value of.
    :raises InvalidValueException: If it is not base64.
    """
    digits = text.rstrip("=")
    padded = digits + "=" * (-len(digits) % 4)
    if not BASE64.fullmatch(text) or text not in (digits, padded):
        raise InvalidValueException(attribute=name, detail=f"the value of '{name}' is not base64")
    return padded
