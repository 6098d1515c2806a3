"""The effective mappings of an adapter, for people: what the defaults, the class and the settings come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django_scim.adapters.base import Adapter
from django_scim.adapters.compared import ComparedColumn
from django_scim.adapters.mappings import Mapping
from django_scim.adapters.paths import AttributePath, walk


@dataclass(frozen=True)
class InspectedAttribute:
    """One SCIM attribute, and what its mapping says of itself.

    :param schema: The URN of the extension that declares it, none for the core schema.
    :param attribute: Its name, with that of a sub-attribute that is mapped by itself.
    :param mapping: The class of the mapping, none where the attribute never has a value.
    :param fields: The fields and relations of the host that hold it; none for what is kept in the record.
    :param indexed: Whether an equality filter finds it by index; none where nobody could tell.
    """

    schema: str | None
    attribute: str
    mapping: str | None
    fields: tuple[str, ...] = ()
    writable: bool = False
    filterable: bool = False
    sortable: bool = False
    indexed: bool | None = False


def inspect(
    adapter: Adapter, is_served: Callable[[ComparedColumn], bool | None]
) -> Iterator[InspectedAttribute]:
    """Yield each attribute of an adapter in the order of its schemas.

    :param is_served: Tells whether there is an index for comparisons with a column, none if it cannot.
    """
    mapped: dict[str, list[Mapping]] = {}
    for mapping in adapter.mappings.values():
        mapped.setdefault(mapping.path.head, []).append(mapping)
    for path in walk(adapter.resource):
        if path.head not in mapped:
            yield InspectedAttribute(path.extension, path.name, None)
        for mapping in mapped.get(path.head, ()):
            yield inspect_mapping(mapping, is_served)


def inspect_mapping(
    mapping: Mapping, is_served: Callable[[ComparedColumn], bool | None]
) -> InspectedAttribute:
    """Return what a mapping says of itself."""
    served = [is_served(column) for column in mapping.compared()]
    indexed = all(served) if None not in served else None
    return InspectedAttribute(
        mapping.path.extension,
        name_of(mapping.path),
        type(mapping).__name__,
        tuple(mapping.places),
        mapping.writable,
        mapping.filterable,
        mapping.sortable,
        mapping.filterable and (mapping.has_own_index or (indexed if served else False)),
    )


def name_of(path: AttributePath) -> str:
    """Return the name of an attribute without its schema."""
    return f"{path.name}.{path.sub}" if path.sub else path.name
