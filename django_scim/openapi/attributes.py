"""The attributes of SCIM schemas (RFC 7643 section 7) as JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django_scim.adapters.paths import Json

TYPES: dict[str, Json] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer"},
    "dateTime": {"type": "string", "format": "date-time"},
    "reference": {"type": "string"},
    "binary": {"type": "string", "format": "byte"},
}
"""The types of RFC 7643 section 2.3; a reference may be relative, or the URN of a schema."""

Attributes = Iterable[Json]
"""Attributes as a schema of ``/Schemas`` has them."""


def request_schema(attributes: Attributes) -> Json:
    """Return the schema of an object that a client sends: without what the server alone writes."""
    written = [attribute for attribute in attributes if attribute.get("mutability") != "readOnly"]
    schema = object_schema({item["name"]: value_schema(item, request_schema) for item in written})
    required = [item["name"] for item in written if item.get("required")]
    return {**schema, "required": required} if required else schema


def answer_schema(attributes: Attributes) -> Json:
    """Return the schema of an object that the server sends: nothing else is in it.

    All of it may be left out: also what is always returned is not there where it has no value.
    """
    read = [attribute for attribute in attributes if attribute.get("returned") != "never"]
    schema = object_schema({item["name"]: value_schema(item, answer_schema) for item in read})
    return {**schema, "additionalProperties": False}


def object_schema(properties: Json) -> Json:
    """Return the schema of an object."""
    return {"type": "object", "properties": properties}


def value_schema(attribute: Json, of_object: Callable[[Attributes], Json]) -> Json:
    """Return the schema of what an attribute holds.

    :param of_object: Makes the schema of a complex value from its sub-attributes.
    """
    if attribute["type"] == "complex":
        schema: Json = of_object(attribute.get("subAttributes") or ())
    else:
        schema = dict(TYPES[attribute["type"]])
        if suggested := attribute.get("canonicalValues"):
            # Others are allowed (RFC 7643 section 7).
            schema["examples"] = list(suggested)
    if attribute.get("multiValued"):
        schema = {"type": "array", "items": schema}
    if description := attribute.get("description"):
        schema["description"] = " ".join(description.split())
    if attribute.get("mutability") == "readOnly":
        schema["readOnly"] = True
    if attribute.get("mutability") == "writeOnly":
        schema["writeOnly"] = True
    return schema
