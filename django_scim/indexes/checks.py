"""A system check of the database: whether look-ups have their indexes.

Django runs it for ``manage.py check --database default`` and at the end of ``migrate``, and not otherwise: it
asks the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register

from django_scim.indexes.base import State


@register(Tags.database)
def check_indexes(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of columns by which resources are looked up and that have no index for it."""
    return [message for alias in databases or () for message in check_database(alias)]


def check_database(alias: str) -> list[CheckMessage]:
    """Warn of the columns of one database. A table that is not there yet has none."""
    from django_scim.indexes.wanted import indexes_of, wanted_columns

    indexes = indexes_of(alias)
    messages: list[CheckMessage] = []
    for resource_type, column in wanted_columns(alias):
        if not indexes.has_table(column):
            continue
        state = indexes.state(column)
        if state is State.READY:
            continue
        hint = f"Run manage.py scim_createindexes --database {alias}."
        if state is State.IMPOSSIBLE:
            hint = f"No index can be made: {indexes.obstacle(column)}."
        messages.append(
            Warning(
                f"Identity providers look up each {resource_type} by the column '{column}' of the database "
                f"'{alias}', which has no index that serves it: every look-up reads the whole table.",
                hint=hint,
                obj=column.model,
                id="django_scim.W030",
            )
        )
    return messages
