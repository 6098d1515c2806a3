"""Binding the mappings that an adapter declares to the attributes of its schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.checks import CheckMessage
from scim2_models import Mutability

from django_scim.mappings import BUILT_IN, Column, Mapping, Stored
from django_scim.mappings.check_messages import (
    built_in_attribute,
    no_mapping,
    part_of_list,
    unknown_attribute,
)
from django_scim.schema.paths import AttributePath, walk

if TYPE_CHECKING:
    from django_scim.resources.resource_type import ResourceType

UNTOUCHABLE = ("schemas", "id", "meta")
"""The attributes that the server alone knows; ``id_field`` and ``created_field`` say what it takes."""


def bind_mappings(resource_type: ResourceType) -> tuple[dict[str, Mapping], list[CheckMessage]]:
    """Bind a mapping to each attribute of the schemas, ``Stored`` where nothing else is given.

    Of two mappings of one attribute, which may be spelled in two ways, the later one counts; that of
    a whole attribute counts for its sub-attributes too.

    :returns: The mappings by the key of their attribute, and what is wrong with the others.
    """
    adapter = resource_type.adapter
    bound: dict[str, Mapping] = {}
    errors: list[CheckMessage] = []
    for path in map(resource_type.resolve, BUILT_IN):
        if path is not None:
            bound[path.key] = BUILT_IN[path.key].bind(resource_type, path)
    for key, mapping in [*adapter.get_attributes().items(), *adapter.added_attributes.items()]:
        path = resource_type.resolve(key) if isinstance(key, str) and "[" not in key else None
        if path is None:
            errors.append(unknown_attribute(resource_type, str(key)))
            continue
        if path.key in UNTOUCHABLE:
            errors.append(built_in_attribute(resource_type, path.key))
            continue
        if path.sub is not None and path.is_multivalued:
            errors.append(part_of_list(resource_type, path))
            continue
        for other in [*bound]:
            if other == path.key or (path.sub is None and bound[other].path.head == path.head):
                del bound[other]
        if isinstance(mapping, str):
            mapping = Column(mapping)
        if isinstance(mapping, Mapping):
            bound[path.key] = mapping.bind(resource_type, path)
        elif mapping is not None:
            errors.append(no_mapping(resource_type, path.key, mapping))
    store_the_rest(resource_type, bound)
    for key, spelling in adapter.spellings().items():
        if key in bound:
            bound[key].spelling = spelling
    order = {path.head: position for position, path in enumerate(walk(resource_type.resource))}
    # What is kept of a complex attribute is read before its mapped sub-attributes are put in.
    in_order = sorted(bound.items(), key=lambda item: (order[item[1].path.head], item[1].path.sub or ""))
    return dict(in_order), errors


def store_the_rest(resource_type: ResourceType, bound: dict[str, Mapping]) -> None:
    """Bind ``Stored`` to each attribute that nothing maps as a whole."""
    for path in walk(resource_type.resource):
        if path.head not in bound and is_kept(path):
            mapped = {other.path.sub for other in bound.values() if other.path.head == path.head}
            bound[path.head] = Stored(without=[sub for sub in mapped if sub]).bind(resource_type, path)


def is_kept(path: AttributePath) -> bool:
    """Whether an attribute that nothing maps is stored.

    What only the server writes is not, nor what nobody could read again, such as the password.
    """
    mutability = path.binding.get_annotation(Mutability)
    return mutability is not Mutability.read_only and not (
        mutability is Mutability.write_only and path.is_secret
    )
