"""Restoring a resource that an identity provider has deleted by mistake."""

from __future__ import annotations

from typing import Any

from scim2_models import ConflictException

from django_scim.adapters.base import Adapter
from django_scim.operations.by_hand import Author, is_deleted, lock_row, read
from django_scim.operations.consequences import conclude, was_active
from django_scim.operations.locking import database_of
from django_scim.operations.own_scope import scope_for
from django_scim.operations.saving import Written, note_differences, save
from django_scim.operations.transactions import run
from django_scim.signals import resource_updated


def restore(adapter: Adapter, key: Any, author: Author) -> None:
    """Serve a deleted resource again, and make it active as the adapter says.

    It has its attributes again. What its deletion ended stays so: memberships, sessions, tokens, and what
    connections called it.

    :param key: The primary key of its row.
    :raises NotFoundException: If the row is gone, or no connection can see it.
    :raises ConflictException: If the resource is not deleted, or no longer.
    :raises UniquenessException: If another resource has a unique value of it by now.
    :raises ForbiddenException: If it is protected.
    """
    scope = scope_for(adapter, key)
    attempt = author.attempt(adapter, "restored")

    def work() -> None:
        attempt.start()
        obj = lock_row(adapter, key, scope)
        if obj.record is None or not is_deleted(obj):
            raise ConflictException(detail=f"this {adapter.name} is not deleted")
        document = read(obj, attempt)
        active_before = was_active(obj)
        obj.record.deleted_at = None
        obj.changed_outside = True
        adapter.activate(obj)
        unique: Written = [
            (mapping, mapping.value_in(document)) for mapping in adapter.written_mappings if mapping.is_unique
        ]
        save(obj, unique, attempt.changes)
        note_differences(obj, document, read(obj, attempt), attempt.changes)
        conclude(obj, attempt, resource_updated, active_before)
        attempt.version = adapter.version(obj)
        attempt.succeeded(200)

    run(database_of(adapter), work)
