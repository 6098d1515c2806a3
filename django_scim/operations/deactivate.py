"""Deactivating a resource without its identity provider, as when somebody has to be locked out at once."""

from __future__ import annotations

from typing import Any

from scim2_models import ConflictException, ForbiddenException

from django_scim.adapters.base import Adapter
from django_scim.operations.by_hand import Author, is_deleted, lock_row, read
from django_scim.operations.consequences import conclude, was_active
from django_scim.operations.locking import database_of
from django_scim.operations.own_scope import scope_for
from django_scim.operations.saving import note_differences, save
from django_scim.operations.transactions import run
from django_scim.signals import resource_updated


def deactivate(adapter: Adapter, key: Any, author: Author) -> None:
    """Make a resource inactive as the adapter says, and end what it could do, as after a write over SCIM.

    One that is inactive already is deprovisioned again.

    :param key: The primary key of its row.
    :raises NotFoundException: If the row is gone, or no connection can see it.
    :raises ConflictException: If the resource is deleted.
    :raises ForbiddenException: If it is protected, is the last administrator, or can never be inactive, as a
        group.
    """
    scope = scope_for(adapter, key)
    attempt = author.attempt(adapter, "deactivated")

    def work() -> None:
        attempt.start()
        obj = lock_row(adapter, key, scope)
        if is_deleted(obj):
            raise ConflictException(detail=f"this {adapter.name} is deleted")
        document = read(obj, attempt)
        active_before = was_active(obj)
        adapter.deactivate(obj)
        if adapter.is_active(obj):
            raise ForbiddenException(detail=f"a {adapter.name} is never inactive")
        save(obj, [], attempt.changes)
        note_differences(obj, document, read(obj, attempt), attempt.changes)
        conclude(obj, attempt, resource_updated, active_before)
        attempt.version = adapter.version(obj)
        attempt.succeeded(200)

    run(database_of(adapter), work)
