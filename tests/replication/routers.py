"""Where the project reads and writes."""

from __future__ import annotations

from typing import Any

from django.db.models import Model


class ReplicaRouter:
    """Sends all reads to the replica that do not say where they want to go, and writes to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Read from the replica."""
        return "replica"

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Write to the primary."""
        return "default"

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool:
        """Relate what was read here to what was read there: both have the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Migrate the primary alone."""
        return db == "default"
