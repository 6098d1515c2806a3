"""Validates resources with scim2-models, and returns their canonical JSON."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from scim2_models import Context, Error, Resource, SCIMException

from django_scim.dialects.canonical import canonical_resource
from django_scim.dialects.registry import STORED, request_policy
from django_scim.history.events import Attempt
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.attributes import schema_of
from django_scim.schema.paths import Json
from django_scim.schema.unknown import unknown_in_document


def validated(
    resource_type: ResourceType, payload: Any, context: Context, caller: Caller, attempt: Attempt
) -> Json:
    """Return the canonical JSON of a resource in a request, in the dialect of the connection.

    The attempt is told the names that no schema has.

    :raises SCIMException: If it is not valid.
    """
    payload = canonical_resource(resource_type.resource, payload, caller.dialect)
    attempt.ignore(unknown_in_document(payload, schema_of(resource_type.resource)))
    plain = plain_members(resource_type, payload)
    for name, entries in plain.items():
        payload[name] = entries[:1]
    try:
        resource: Resource[Any] = resource_type.resource.model_validate(
            payload, scim_ctx=context, scim_policy=request_policy(caller.dialect)
        )
    except ValidationError as error:
        raise scim_error(error) from error
    document = dump(resource)
    return {**document, **{name: entries for name, entries in plain.items() if name in document}}


def plain_members(resource_type: ResourceType, payload: Any) -> dict[str, list[Any]]:
    """Return the collections of which all entries are valid if the first one is.

    scim2-models takes most of the time that a group of thousands costs. Of entries that have a text as their
    ``value``, and may have one as ``display``, it finds no two different.
    """
    if not isinstance(payload, dict):
        return {}
    found = {}
    for mapping in resource_type.written_mappings:
        name = mapping.path.key
        entries = payload.get(name)
        if mapping.unbounded and isinstance(entries, list) and len(entries) > 1:
            is_named_once = sum(key.lower() == name.lower() for key in payload) == 1
            if is_named_once and all(map(is_plain_member, entries)):
                found[name] = entries
    return found


PLAIN = ({"value"}, {"value", "display"})
"""What a member has that is a plain one, all of it text."""


def is_plain_member(entry: Any) -> bool:
    """Whether an entry of a collection is as nearly all clients send it."""
    return (
        isinstance(entry, dict)
        and entry.keys() in PLAIN
        and all(isinstance(text, str) and text for text in entry.values())
    )


def scim_error(error: ValidationError) -> SCIMException:
    """Return the first error of a validation as a SCIM error."""
    return SCIMException.from_error(Error.from_validation_errors(error)[0])


def readable(error: SCIMException) -> SCIMException:
    """Return an error of a PATCH with a readable detail.

    If pydantic raised it, its detail has the names of Python classes and a URL of pydantic's documentation.
    It also names the Python attribute, and not the attribute of the schema.
    """
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return error
    first = cause.errors()[0]
    place = tuple(to_camel(part) if isinstance(part, str) else part for part in first["loc"])
    return SCIMException.from_error(Error.from_validation_error({**first, "loc": place}))


def dump(resource: Resource[Any]) -> Json:
    """Return the canonical JSON of a resource, without attributes that have no value."""
    document: Json = resource.model_dump(scim_ctx=Context.DEFAULT, scim_policy=STORED)
    return without_cleared(document)


ABOUT_A_VALUE = frozenset({"type", "primary"})
"""Sub-attributes that say something of a value, and are none (RFC 7643 section 2.4)."""


def without_cleared(document: Json) -> Json:
    """Return a document without the entries of lists that have no value left.

    Clients clear an address by an empty string for its ``value``, which is read as none.
    """
    found: Json = {}
    for name, value in document.items():
        if isinstance(value, dict):
            value = without_cleared(value)
        elif isinstance(value, list):
            value = [entry for entry in value if not isinstance(entry, dict) or entry.keys() - ABOUT_A_VALUE]
            if not value:
                continue
        found[name] = value
    return found


def stored_resource(resource_type: ResourceType, document: Json) -> Resource[Any]:
    """Return the stored resource, without the values that the schema forbids.

    A host may have such values, for example a broken URL. They stay as they are until a client changes them.
    """
    document = dict(document)
    while True:
        try:
            resource: Resource[Any] = resource_type.resource.model_validate(document, scim_policy=STORED)
            return resource
        except ValidationError as error:
            wrong = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
            names = [name for name in document if matches(name, wrong)]
            if not names:
                raise scim_error(error) from error
            for name in names:
                del document[name]


def matches(name: str, wrong: set[str]) -> bool:
    """Whether a validation error is about a member of the document."""
    folded = {item.lower().replace("_", "") for item in wrong}
    return name.lower() in folded or name.rpartition(":")[2].lower() in folded
