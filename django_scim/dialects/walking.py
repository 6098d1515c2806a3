"""Applying the rules on values to all that a document gives to attributes."""

from __future__ import annotations

from typing import Any

from django_scim.adapters.paths import Json
from django_scim.dialects.attributes import Attribute, Attributes, Schema, member, without
from django_scim.dialects.registry import Dialect
from django_scim.dialects.rules import Stage


def canonical_document(data: Json, schema: Schema, dialect: Dialect) -> Json:
    """Return a resource in which each attribute, also those of extensions, has a canonical value."""
    document = {}
    for name, value in canonical_object(data, schema.attributes, dialect).items():
        extension = schema.extensions.get(name.lower())
        if extension is not None:
            value = canonical_extension(value, extension.attributes, dialect)
        document[name] = value
    return document


def canonical_extension(value: Any, attributes: Attributes, dialect: Dialect) -> Any:
    """Return the object of an extension, none for what means none."""
    if isinstance(value, dict):
        return canonical_object(value, attributes, dialect)
    return None if value in ("", []) else value


def canonical_object(data: Json, attributes: Attributes, dialect: Dialect) -> Json:
    """Return an object with canonical values, without what no client may write.

    RFC 7644 sections 3.3 and 3.5.1 have the server ignore that, whatever it is.
    """
    canonical = {}
    for name, value in data.items():
        attribute = attributes.get(name.lower())
        if attribute is None:
            canonical[name] = value
        elif not attribute.is_read_only:
            canonical[name] = canonical_value(value, attribute, dialect)
    return canonical


def canonical_value(value: Any, attribute: Attribute, dialect: Dialect) -> Any:
    """Return the canonical form of all that an attribute is given."""
    for rule in dialect.rules(Stage.VALUE):
        value = rule(value, attribute)
    if not attribute.is_multivalued:
        return canonical_entry(value, attribute, dialect)
    if not isinstance(value, list):
        return value
    return [canonical_entry(entry, attribute, dialect) for entry in value]


def canonical_entry(entry: Any, attribute: Attribute, dialect: Dialect) -> Any:
    """Return the canonical form of one value; a member that names nobody is left to be refused."""
    for rule in dialect.rules(Stage.ENTRY):
        entry = rule(entry, attribute)
    if not isinstance(entry, dict) or not attribute.subs:
        return entry
    canonical = canonical_object(entry, attribute.subs, dialect)
    if attribute.is_list_of_members and not (member(canonical, "value") or member(canonical, "$ref")):
        # Without anything in it scim2-models would leave the member out, and a PUT would empty the group.
        canonical = {**without(canonical, "value"), "value": ""}
    return canonical
