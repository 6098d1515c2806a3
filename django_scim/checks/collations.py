"""Checks of unique columns whose collation takes values for the same that SCIM tells apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from django_scim.mappings.dependencies import LookupColumn
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.index_candidates import collation_of
from django_scim.sql.values import is_in_constraint

PAIRS = (("a", "\u00e1"), ("\U0001f680", "\U0001f6f8"), ("a", "a "))
"""Texts that no comparison of SCIM takes for the same: an accent, two emoji, a space at the end."""

CASES = ("a", "A")
"""Texts that are the same where the attribute does not look at case."""


@register(Tags.database)
def check_collations(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Warn of unique columns with a coarser collation, where somebody asks for checks of the database."""
    return [
        message
        for resource_type in registry()
        if router.db_for_write(resource_type.model) in (databases or ())
        for message in coarse_columns(resource_type, connections[router.db_for_write(resource_type.model)])
    ]


def coarse_columns(resource_type: ResourceType, connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    """Report the unique columns of a resource type by which the database confuses two resources."""
    for mapping in resource_type.mappings.values():
        for column in mapping.lookup_columns():
            if not column.is_text or not is_in_constraint(column.field):
                continue
            collation = collation_in(connection, column)
            pairs = [*PAIRS, CASES] if column.case_exact else PAIRS
            same = next(
                (pair for pair in pairs if collation and are_same(connection, collation, *pair)), None
            )
            if same is not None:
                yield Warning(
                    f"{resource_type.setting}: the collation {collation} of the column '{column}' takes "
                    f"'{same[0]}' and '{same[1]}' for the same, which '{mapping.path.key}' does not: a "
                    f"resource that differs in that alone is 400.",
                    hint="Give the field a db_collation that compares by code point or by accent.",
                    obj=type(resource_type.adapter),
                    id="django_scim.W031",
                )


def collation_in(connection: BaseDatabaseWrapper, column: LookupColumn) -> str | None:
    """Return the collation of a column, or None where it is the database's own and compares as SCIM does."""
    if connection.vendor != "mysql":
        return getattr(column.field, "db_collation", None)
    found = collation_of(connection, column.table, column.column)
    return found if found and found.startswith("utf8mb4") else None


def are_same(connection: BaseDatabaseWrapper, collation: str, one: str, other: str) -> bool:
    """Whether a collation takes two texts for the same."""
    name = collation if connection.vendor == "mysql" else connection.ops.quote_name(collation)
    place = {"mysql": "CONVERT(%s USING utf8mb4)", "postgresql": "%s::text"}.get(connection.vendor, "%s")
    sql = f"SELECT {place} COLLATE {name} = {place} COLLATE {name}"
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, [one, other])
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        # A migration that has not run yet makes the collation.
        return False
