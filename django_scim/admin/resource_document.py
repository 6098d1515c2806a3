"""A resource as a GET answers it, for people to compare with what their identity provider shows."""

from __future__ import annotations

from django.db.models import Model

from django_scim.adapters.base import Adapter
from django_scim.adapters.mappings import Mapping
from django_scim.adapters.objects import Scope
from django_scim.adapters.paths import Json
from django_scim.query.loading import load
from django_scim.query.projection import compiled

MOST_VALUES = 100
"""How many members, or other values without a bound, are shown."""


def document_of(adapter: Adapter, row: Model, scope: Scope) -> tuple[Json | None, list[str]]:
    """Return what a connection gets of a row, and the attributes that are left out for their size.

    The document is none if there is no such resource for the connection: it answers 404.
    """
    left_out = [
        mapping.path.key
        for mapping in adapter.mappings.values()
        if mapping.unbounded and has_many(mapping, row, scope)
    ]
    rows = adapter.queryset(scope.connection).filter(pk=row.pk)
    objects = load(adapter, rows, compiled(adapter, excluded=tuple(left_out)), scope)
    document = compiled(adapter, excluded=tuple(left_out)).read(objects[0]) if objects else None
    return document, left_out


def has_many(mapping: Mapping, row: Model, scope: Scope) -> bool:
    """Whether an attribute has more values than are shown; no more of them are counted."""
    rows = [source.rows.filter(**{source.key: row.pk}).order_by() for source in mapping.sources(scope)]
    return sum(own[: MOST_VALUES + 1].count() for own in rows) > MOST_VALUES
