"""All that the tables hold, to tell whether anything has changed."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection as database


def all_rows() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all models that have a table: a test may define one that has none."""
    there = set(database.introspection.table_names())
    models = apps.get_models(include_auto_created=True)
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in models
        if model._meta.db_table in there
    }
