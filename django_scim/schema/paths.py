"""Attribute paths in one canonical spelling, and what they name in a resource's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Any

from scim2_models import AttributeBinding, BaseModel, Extension, Mutability, Path, Resource, Returned

ResourceModel = type[Resource[Any]]

Json = dict[str, Any]

RESOLVED = 4096
"""How many resolved paths are remembered: requests name the same few, and hostile ones any number."""


@dataclass(frozen=True)
class AttributePath:
    """One attribute of a resource type, such as ``name.familyName``, in the spelling of its schema."""

    extension: str | None
    """The URN of the extension that declares the attribute; None for the core schema."""

    name: str
    """The attribute, such as ``name``."""

    sub: str | None
    """Its sub-attribute, such as ``familyName``, or None."""

    binding: AttributeBinding
    """The same as scim2-models resolves it: types, multiplicity and characteristics."""

    @property
    def head(self) -> str:
        """The key of the attribute without its sub-attribute."""
        return f"{self.extension}:{self.name}" if self.extension else self.name

    @property
    def key(self) -> str:
        """The canonical spelling: ``name.familyName``, or with the URN of an extension before it."""
        return f"{self.head}.{self.sub}" if self.sub else self.head

    @property
    def is_multivalued(self) -> bool:
        """Whether the attribute (not the sub-attribute) holds a list."""
        return self.binding.is_multivalued

    @property
    def is_complex(self) -> bool:
        """Whether the path ends at an attribute that has sub-attributes."""
        return self.sub is None and bool(self.sub_attributes)

    @property
    def sub_attributes(self) -> tuple[str, ...]:
        """The names of the sub-attributes that the attribute has."""
        kind = self.binding.field_type
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return tuple(field.serialization_alias or name for name, field in kind.model_fields.items())
        return ()

    @property
    def is_read_only(self) -> bool:
        """Whether the schema lets no client write the attribute."""
        return self.binding.get_annotation(Mutability) is Mutability.read_only

    @property
    def is_secret(self) -> bool:
        """Whether the schema has it that no answer ever holds the attribute."""
        return self.binding.get_annotation(Returned) is Returned.never

    def get(self, document: Json) -> Any:
        """Return the value at the path of a single-valued or whole attribute, or None."""
        if self.extension is None and self.sub is None:
            return document.get(self.name)
        value: Any = document
        for name in (self.extension, self.name, self.sub):
            if name is not None:
                value = value.get(name) if isinstance(value, dict) else None
        return value

    def set(self, document: Json, value: Any) -> None:
        """Put a value at the path; None and empty values remove what is there (RFC 7643 section 2.5)."""
        if self.extension is None and self.sub is None:
            if is_assigned(value):
                document[self.name] = value
            else:
                document.pop(self.name, None)
            return
        # The objects from the document down to the one that holds the value: those left empty are removed.
        hosts = [document]
        names = [name for name in (self.extension, self.name, self.sub) if name]
        for name in names[:-1]:
            child = hosts[-1].get(name)
            if not isinstance(child, dict):
                child = {}
                if is_assigned(value):
                    hosts[-1][name] = child
            hosts.append(child)
        if is_assigned(value):
            hosts[-1][names[-1]] = value
        else:
            hosts[-1].pop(names[-1], None)
            for host, name in zip(reversed(hosts[:-1]), reversed(names[:-1]), strict=True):
                if host.get(name) == {}:
                    del host[name]


def is_assigned(value: Any) -> bool:
    """Whether a value counts as one: RFC 7643 section 2.5 has null and ``[]`` as unassigned."""
    return value is not None and value != [] and value != {}


@cache
def parametrized(generic: Any, *resources: ResourceModel) -> Any:
    """Return a generic class of scim2-models for resource types, such as ``PatchOp[User]``, made once.

    pydantic holds such a class weakly: after a garbage collection it would be built anew, which takes
    milliseconds, and for each request that needs it.
    """
    return generic.__class_getitem__(reduce(or_, resources))


@lru_cache(maxsize=RESOLVED)
def resolve(resource: ResourceModel, path: str) -> AttributePath | None:
    """Return what a path names in a resource type; None if its schemas have no such attribute.

    :raises InvalidPathException: If the path cannot be parsed.
    """
    binding = parametrized(Path, resource)(path).resolve()
    return None if binding is None else from_binding(resource, binding)


def resolve_parsed(resource: ResourceModel, path: Path[Any]) -> AttributePath | None:
    """Return the same for a path that has been parsed.

    scim2-models looks through the schemas each time; paths without a filter are the same few.
    """
    if path.value_filter is None:
        return resolve(resource, str(path))
    binding = path.resolve()
    return None if binding is None else from_binding(resource, binding)


def from_binding(resource: ResourceModel, binding: AttributeBinding) -> AttributePath:
    """Return the path of an attribute that scim2-models has resolved on a resource type."""
    schema = str(binding.model.__schema__) if hasattr(binding.model, "__schema__") else ""
    name, _, sub = binding.urn[len(schema) + 1 :].partition(".")
    extension = schema if issubclass(binding.model, Extension) else None
    return AttributePath(extension, name, sub or None, binding)


@cache
def secrets_of(resource: ResourceModel) -> frozenset[str]:
    """Return the names of the attributes and sub-attributes that no answer ever holds."""
    found = set()
    for path in walk(resource):
        below = (resolve(resource, f"{path.key}.{sub}") for sub in path.sub_attributes)
        found |= {each.sub or each.name for each in (path, *below) if each is not None and each.is_secret}
    return frozenset(found)


@cache
def walk(resource: ResourceModel) -> tuple[AttributePath, ...]:
    """Return each attribute of a resource type and of its extensions, without the sub-attributes."""
    extensions = resource.get_extension_models()
    found = []
    for model in (resource, *extensions.values()):
        prefix = f"{model.__schema__}:" if model in extensions.values() else ""
        for name, field in model.model_fields.items():
            kind = model.get_field_root_type(name)
            if isinstance(kind, type) and issubclass(kind, Extension):
                continue
            if prefix and name == "schemas":
                continue
            path = resolve(resource, f"{prefix}{field.serialization_alias or name}")
            if path is not None:
                found.append(path)
    return tuple(found)
