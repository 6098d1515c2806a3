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
"""The class for each kind of database, by the name of its vendor in Django."""


def indexes_of(alias: str) -> Indexes:
    """Return the indexes of a database; plain ones if the app is not tested on its kind."""
    return KINDS.get(connections[alias].vendor, Indexes)(connections[alias])


def databases() -> list[str]:
    """Return the databases that resources are written to."""
    return sorted({router.db_for_write(resource_type.model) for resource_type in registry()})


def wanted_columns(alias: str) -> Iterator[tuple[str, LookupColumn]]:
    """Yield the columns of a database by which resources are looked up, each once.

    :returns: For each column the name of the resource type that is looked up by it first.
    """
    seen = set()
    for resource_type in registry():
        for column in resource_type.looked_up_columns():
            place = (column.table, column.column, column.case_exact)
            if place not in seen and router.allow_migrate_model(alias, column.model):
                seen.add(place)
                yield resource_type.name, column
