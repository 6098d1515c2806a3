"""Which columns should have an index, and on which database.

Private: it may change without notice.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connections, router

from django_scim.indexes.base import Indexes
from django_scim.indexes.databases import MySQLIndexes, PostgreSQLIndexes, SQLiteIndexes
from django_scim.mappings.dependencies import LookupColumn
from django_scim.resources.registry import registry

KINDS: dict[str, type[Indexes]] = {
    "mysql": MySQLIndexes,
    "postgresql": PostgreSQLIndexes,
    "sqlite": SQLiteIndexes,
}
"""The class for the indexes of a database, by Django's name of its vendor."""


def indexes_of(alias: str) -> Indexes:
    """Return the indexes of a database. For a vendor that the app is not tested on: plain indexes."""
    return KINDS.get(connections[alias].vendor, Indexes)(connections[alias])


def databases() -> list[str]:
    """Return the databases that resources are written to."""
    return sorted({router.db_for_write(resource_type.model) for resource_type in registry()})


def wanted_columns(alias: str) -> Iterator[tuple[str, LookupColumn]]:
    """Yield each column of a database by which resources are looked up.

    :returns: The name of the first resource type that is looked up by the column, and the column.
    """
    seen = set()
    for resource_type in registry():
        for column in resource_type.looked_up_columns():
            place = (column.table, column.column, column.case_exact)
            if place not in seen and router.allow_migrate_model(alias, column.model):
                seen.add(place)
                yield resource_type.name, column
