"""Whether a request has left the database as it was."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

WATCHED_APPS = ("auth", "small", "django_scim")

UNWATCHED = ("provisioningevent", "eventcount", "accesstoken", "connection", "loginsession", "permission")
"""What a request that changes nothing may write: the history, and when a token was used."""

Counts = tuple[int, ...]


def watched() -> list[type[Model]]:
    """Return the models whose tables only a write that succeeds changes, with those of relations."""
    return [
        model
        for label in WATCHED_APPS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
        if model._meta.model_name not in UNWATCHED and not model._meta.proxy
    ]


class Tables:
    """The watched tables."""

    def __init__(self) -> None:
        self.models = watched()
        quote = connection.ops.quote_name
        names = [quote(model._meta.db_table) for model in self.models]
        counted = ", ".join(f"(SELECT COUNT(*) FROM {name})" for name in names)  # noqa: S608 - of models
        self.statement = f"SELECT {counted}"

    def counts(self) -> Counts:
        """Return how many rows each table has, in one query."""
        with connection.cursor() as cursor:
            cursor.execute(self.statement)
            row: Any = cursor.fetchone()
        return tuple(row)

    def digest(self) -> str:
        """Return a digest of all that the tables hold."""
        digest = sha256()
        for model in self.models:
            # By the columns, since a model may have none that is in the order.
            for row in model._default_manager.order_by("pk").values_list():
                digest.update(repr(row).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()

    def difference(self, before: Counts, after: Counts) -> str:
        """Say which tables have more or fewer rows than before."""
        return ", ".join(
            f"{model._meta.db_table}: {was} → {now}"
            for model, was, now in zip(self.models, before, after, strict=True)
            if was != now
        )
