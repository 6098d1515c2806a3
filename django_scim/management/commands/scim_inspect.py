"""Shows the mappings that result from defaults, adapters and settings together."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import DatabaseError, router

from django_scim.conf import get_settings
from django_scim.imports import nearest
from django_scim.indexes import indexes_of
from django_scim.indexes.base import State
from django_scim.mappings import Mapping
from django_scim.mappings.dependencies import LookupColumn
from django_scim.models import Connection
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import AttributePath, walk

HEADINGS = ("SCIM attribute", "Mapping", "Field", "Writable", "Filterable", "Sortable", "Indexed")

MOST_CONNECTIONS = 100
"""How many connections are named."""

TRUTH = {True: "yes", False: "no", None: "?"}


class Command(BaseCommand):
    """Prints a table for each resource type, or JSON for all."""

    help = "Prints which column or relation holds each SCIM attribute, and what can be done with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "resource_type",
            nargs="?",
            metavar="RESOURCE_TYPE",
            help="Such as User; all of them if not given.",
        )
        parser.add_argument(
            "--format", choices=("table", "json"), default="table", help="How to print it: %(default)s."
        )

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        inspected = [
            (resource_type, list(inspect(resource_type))) for resource_type in self.resource_types(options)
        ]
        if options["format"] == "json":
            self.stdout.write(json.dumps([as_json(*item) for item in inspected], indent=2))
            return
        for position, (resource_type, attributes) in enumerate(inspected):
            if position:
                self.stdout.write("")
            title = f"{resource_type.name}: {resource_type.endpoint}, {resource_type.model._meta.label}"
            self.stdout.write(self.style.MIGRATE_HEADING(title))
            self.stdout.write(rules_of(resource_type))
            for line in table(attributes):
                self.stdout.write(line)
        self.stdout.write("")
        for line in policies():
            self.stdout.write(line)

    def resource_types(self, options: dict[str, Any]) -> list[ResourceType]:
        """Return the named resource type, or all.

        :raises CommandError: If there is no resource type with that name.
        """
        name = options["resource_type"]
        known = {resource_type.name.lower(): resource_type for resource_type in registry()}
        if name is None:
            return list(known.values())
        if name.lower() not in known:
            hint = nearest(name, [resource_type.name for resource_type in known.values()]) or ""
            raise CommandError(f"There is no resource type {name}. {hint}".rstrip())
        return [known[name.lower()]]


def as_json(resource_type: ResourceType, attributes: Iterable[InspectedAttribute]) -> dict[str, Any]:
    """Return the JSON of a resource type."""
    return {
        "resourceType": resource_type.name,
        "endpoint": resource_type.endpoint,
        "model": resource_type.model._meta.label,
        "attributes": [asdict(attribute) for attribute in attributes],
    }


def rules_of(resource_type: ResourceType) -> str:
    """Return what becomes of deleted resources, and which resources are protected."""
    adapter = resource_type.adapter
    rules = [
        f"a DELETE is {adapter.delete}",
        f"known again by {get_settings().REHIRED_BY}",
        f"adopted by {adapter.matched_by or 'an externalId'}",
        f"protected: {adapter.protect}" if adapter.protect else "",
    ]
    return "; ".join(filter(None, rules))


def policies() -> Iterator[str]:
    """Yield which resources that were made by hand each connection adopts, and in which domains it writes."""
    try:
        connections = list(Connection.objects.all()[:MOST_CONNECTIONS])
    except DatabaseError:
        return
    for connection in connections:
        domains = f"; domains: {', '.join(connection.domains)}" if connection.domains else ""
        yield f"{connection}: {connection.adoption} ({connection.get_adoption_display()}){domains}"


def table(attributes: Sequence[InspectedAttribute]) -> list[str]:
    """Return the lines of a table. The attributes of an extension are below its URN."""
    rows: list[Sequence[str]] = [HEADINGS]
    headings: dict[int, str] = {}
    schema = None
    for attribute in attributes:
        if attribute.schema != schema:
            schema = attribute.schema
            headings[len(rows)] = str(schema)
        rows.append(cells(attribute))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for position, row in enumerate(rows):
        if position in headings:
            lines.append(headings[position])
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return lines


def cells(attribute: InspectedAttribute) -> list[str]:
    """Return the cells of an attribute's row."""
    indent = "  " if attribute.schema else ""
    truths = (attribute.writable, attribute.filterable, attribute.sortable, attribute.indexed)
    return [
        indent + attribute.attribute,
        attribute.mapping or "-",
        ", ".join(attribute.fields) or "-",
        *(TRUTH[truth] for truth in truths),
    ]


@dataclass(frozen=True)
class InspectedAttribute:
    """One SCIM attribute and its mapping.

    :param schema: The URN of the extension that declares it, or None for the core schema.
    :param attribute: Its name, with the sub-attribute if that has its own mapping.
    :param mapping: The class of the mapping, or None if the attribute never has a value.
    :param fields: The fields and relations of the host that hold it. Empty if the record holds it.
    :param indexed: Whether an equality filter finds it by index, or None if that is unknown.
    """

    schema: str | None
    attribute: str
    mapping: str | None
    fields: tuple[str, ...] = ()
    writable: bool = False
    filterable: bool = False
    sortable: bool = False
    indexed: bool | None = False


def inspect(resource_type: ResourceType) -> Iterator[InspectedAttribute]:
    """Yield each attribute of a resource type in the order of its schemas."""
    mapped: dict[str, list[Mapping]] = {}
    for mapping in resource_type.mappings.values():
        mapped.setdefault(mapping.path.head, []).append(mapping)
    for path in walk(resource_type.resource):
        if path.head not in mapped:
            yield InspectedAttribute(path.extension, path.name, None)
        for mapping in mapped.get(path.head, ()):
            yield inspect_mapping(mapping)


def inspect_mapping(mapping: Mapping) -> InspectedAttribute:
    """Return the attribute of a mapping."""
    served = [is_served(column) for column in mapping.lookup_columns()]
    indexed = all(served) if None not in served else None
    return InspectedAttribute(
        mapping.path.extension,
        name_of(mapping.path),
        type(mapping).__name__,
        tuple(mapping.places),
        mapping.writable,
        mapping.filterable,
        mapping.sortable,
        mapping.filterable and (indexed if served else mapping.has_own_index),
    )


def is_served(column: LookupColumn) -> bool | None:
    """Whether the database has an index for a column, or None if the table or the database is missing."""
    try:
        indexes = indexes_of(router.db_for_write(column.model))
        return indexes.state(column) is State.READY if indexes.has_table(column) else None
    except DatabaseError:
        return None


def name_of(path: AttributePath) -> str:
    """Return the name of an attribute without its schema."""
    return f"{path.name}.{path.sub}" if path.sub else path.name
