"""Unlinking a resource from a connection, so that the identity provider matches it anew."""

from __future__ import annotations

from typing import Any

from scim2_models import ConflictException

from django_scim.adapters.base import Adapter
from django_scim.models import Connection, Link
from django_scim.operations.by_hand import Author, lock_row, read
from django_scim.operations.consequences import conclude
from django_scim.operations.locking import database_of
from django_scim.operations.own_scope import scope_for
from django_scim.operations.saving import save_record
from django_scim.operations.transactions import run
from django_scim.signals import resource_updated


def unlink(adapter: Adapter, key: Any, connection: Connection, author: Author) -> None:
    """Forget the ``externalId`` that a connection gave to a resource; nothing else of it changes.

    :param key: The primary key of its row.
    :raises NotFoundException: If the row is gone, or no connection can see it.
    :raises ConflictException: If the connection gave it none, or it is gone already.
    :raises ForbiddenException: If it is protected.
    """
    scope = scope_for(adapter, key)
    attempt = author.attempt(adapter, f"unlinked from {connection}")

    def work() -> None:
        attempt.start()
        obj = lock_row(adapter, key, scope)
        read(obj, attempt)
        links = Link.objects.using(obj.database).filter(record=obj.record, connection=connection)
        link = None if obj.record is None else links.first()
        if link is None:
            raise ConflictException(detail=f"{connection} gave this {adapter.name} no externalId")
        link.delete()
        save_record(obj)
        if scope.connection == connection:
            obj.external_id = None
        attempt.external_id = link.external_id
        attempt.changes["externalId"] = {"before": link.external_id}
        conclude(obj, attempt, resource_updated, None)
        attempt.version = adapter.version(obj)
        attempt.succeeded(200)

    run(database_of(adapter), work)
