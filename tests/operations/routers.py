"""A host with a replica: what a write needs, it has to read from the database that it writes to."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

read: list[str] = []
"""The models of which rows were read from wherever the router says."""


class ReplicaRouter:
    """Would send reads to a replica, without a look at where an instance is from; it notes them instead."""

    def db_for_read(self, model: type[Model], **hints: Any) -> None:
        """Note a read whose database the caller left open."""
        read.append(model._meta.label)
