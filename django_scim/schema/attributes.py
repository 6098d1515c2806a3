"""The schemas of a resource type as the rules see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from scim2_models import InvalidPathException, Path

from django_scim.schema.paths import (
    AttributePath,
    Json,
    ResourceModel,
    parametrized,
    resolve,
    resolve_parsed,
    walk,
)


@dataclass(frozen=True)
class Attribute:
    """What the schema says of an attribute or a sub-attribute."""

    name: str
    """The name in the spelling of the schema."""

    kind: Any
    """The Python type of one value."""

    is_multivalued: bool

    is_read_only: bool

    subs: Mapping[str, Attribute]
    """The sub-attributes by their name in lower case; empty for a simple attribute."""

    is_member: bool = False
    """Whether it is the ``value`` that identifies one of several references, such as ``members``."""

    @property
    def is_list_of_members(self) -> bool:
        """Whether the values are references to resources, such as ``members``."""
        return self.is_multivalued and self.has_value and self.subs["value"].is_member

    @property
    def is_text(self) -> bool:
        """Whether the values are strings."""
        return isinstance(self.kind, type) and issubclass(self.kind, str)

    @property
    def is_binary(self) -> bool:
        """Whether the values are base64."""
        return isinstance(self.kind, type) and issubclass(self.kind, bytes)

    @property
    def has_value(self) -> bool:
        """Whether it is complex, with the significant value in ``value`` (RFC 7643 section 2.4)."""
        return "value" in self.subs

    @property
    def is_reference(self) -> bool:
        """Whether it is complex, and refers to a resource by ``value`` and ``$ref``."""
        return self.has_value and "$ref" in self.subs

    @property
    def is_link(self) -> bool:
        """Whether it is a URI of resources (RFC 7643 section 2.3.7), and not of pages or photos."""
        types = getattr(self.kind, "__reference_types__", ())
        return any(name not in ("external", "uri") for name in types)

    @property
    def entry(self) -> Attribute:
        """One value of it, as if that were all."""
        return replace(self, is_multivalued=False)


Attributes = Mapping[str, Attribute]
"""Attributes by their name in lower case."""


@dataclass(frozen=True)
class Extension:
    """A schema extension of a resource type."""

    urn: str
    attributes: Attributes


@dataclass(frozen=True)
class Schema:
    """The core schema of a resource type with its extensions."""

    resource: ResourceModel
    urn: str
    attributes: Attributes
    extensions: Mapping[str, Extension]
    """The extensions by their URN in lower case."""

    def target(self, path: str) -> Target:
        """Return what a path leads to; nothing if there is no such attribute, or the path is none."""
        try:
            parsed = parametrized(Path, self.resource)(path)
        except InvalidPathException:
            return Target()
        if parsed.model is not None:
            extension = self.extensions.get(path.lower())
            return Target(object=self.attributes if extension is None else extension.attributes)
        found = resolve_parsed(self.resource, parsed)
        if found is None:
            return Target()
        attribute = self.find(found)
        if found.sub is None and parsed.value_filter is not None:
            return Target(attribute=attribute.entry, is_selected=True)
        return Target(attribute=attribute, is_selected=parsed.value_filter is not None)

    def find(self, path: AttributePath) -> Attribute:
        """Return the attribute of a path that is in the schemas."""
        found = self.attributes
        if path.extension is not None:
            found = self.extensions[path.extension.lower()].attributes
        attribute = found[path.name.lower()]
        return attribute if path.sub is None else attribute.subs[path.sub.lower()]


@dataclass(frozen=True)
class Target:
    """What the path of an operation leads to."""

    attribute: Attribute | None = None
    """The attribute, or its sub-attribute."""

    object: Attributes | None = None
    """The attributes that a value may have, where the path is the URN of a schema."""

    is_selected: bool = False
    """Whether the path selects some of an attribute's values."""


@cache
def schema_of(resource: ResourceModel) -> Schema:
    """Return the schemas of a resource type."""
    core: dict[str, Attribute] = {}
    extensions: dict[str, dict[str, Attribute]] = {urn: {} for urn in resource.get_extension_models()}
    for path in walk(resource):
        attributes = core if path.extension is None else extensions[path.extension]
        attributes[path.name.lower()] = describe(resource, path)
    return Schema(
        resource,
        str(resource.__schema__),
        core,
        {urn.lower(): Extension(urn, attributes) for urn, attributes in extensions.items()},
    )


def describe(resource: ResourceModel, path: AttributePath) -> Attribute:
    """Return what the schema says of an attribute, with its sub-attributes."""
    subs = {}
    has_members = path.is_multivalued and {"value", "$ref"}.issubset(path.sub_attributes)
    for name in path.sub_attributes:
        sub = resolve(resource, f"{path.key}.{name}")
        if sub is not None:
            subs[name.lower()] = Attribute(
                name,
                sub.binding.target_type,
                bool(sub.binding.target_is_multivalued),
                sub.is_read_only,
                {},
                is_member=has_members and name == "value",
            )
    return Attribute(path.name, path.binding.target_type, path.is_multivalued, path.is_read_only, subs)


def member(data: Json, name: str) -> Any:
    """Return a member of an object by its name in any case, or None (RFC 7643 section 2.1)."""
    return next((value for key, value in data.items() if key.lower() == name), None)


def only_object(value: Any) -> Any:
    """Return the only object in a list, or the value as it is."""
    is_wrapped = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
    return value[0] if is_wrapped else value


def without(data: Json, *names: str) -> Json:
    """Return an object without the members of some names, in any case."""
    return {key: value for key, value in data.items() if key.lower() not in names}
