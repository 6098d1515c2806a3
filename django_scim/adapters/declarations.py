"""Definitions of attributes as ``/Schemas`` has them (RFC 7643 section 7), made what holds in a project."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Field

from django_scim.adapters.paths import Json


def keep_parts(attribute: Json, names: Collection[str]) -> dict[str, Json]:
    """Leave out the sub-attributes that have no place; return those that stay, by name."""
    parts = {part["name"]: part for part in attribute.get("subAttributes", ()) if part["name"] in names}
    if parts:
        attribute["subAttributes"] = list(parts.values())
    return parts


def declare_read_only(attribute: Json) -> None:
    """Say that the attribute is the server's to write."""
    attribute["mutability"] = "readOnly"


def declare_choices(attribute: Json, field: Field[Any, Any]) -> None:
    """Say which values there are, where the field takes no others."""
    declare_values(attribute, [value for value, _ in field.flatchoices if value not in (None, "")])


def declare_values(attribute: Json, values: Collection[Any]) -> None:
    """Say which values there are, of text if it is known: schemas have no place for others."""
    if values and attribute["type"] == "string":
        attribute["canonicalValues"] = [str(value) for value in values]
