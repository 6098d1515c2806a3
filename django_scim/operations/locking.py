"""Finding a resource to write to, and keeping everyone else from it until the transaction ends."""

from __future__ import annotations

from typing import Any

from django.db import connections, router
from django.db.models import QuerySet
from scim2_models import NotFoundException

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.query.loading import attach_records


def database_of(adapter: Adapter) -> str:
    """Return the database that the adapter's rows are written to."""
    return router.db_for_write(adapter.model)


def locked(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Lock the rows of a queryset, without those that it joins where the database can tell them apart."""
    if connections[queryset.db].features.has_select_for_update_of:
        return queryset.select_for_update(of=("self",))
    return queryset.select_for_update()


def lock(adapter: Adapter, identifier: str, scope: Scope) -> ResourceObject:
    """Return a resource, locked, with its record.

    :raises NotFoundException: If the connection can see no resource of that ``id``.
    """
    rows = adapter.rows(scope.connection).using(database_of(adapter))
    instance = adapter.identified(locked(rows), identifier).first()
    if instance is None:
        raise not_found(adapter, identifier)
    obj = ResourceObject(adapter, instance, scope)
    attach_records([obj])
    if obj.record is not None and obj.record.deleted_at is not None:
        raise not_found(adapter, identifier)
    return obj


def not_found(adapter: Adapter, identifier: str) -> NotFoundException:
    """Return the error of an ``id`` that is none."""
    return NotFoundException(detail=f"there is no {adapter.name} with the id '{identifier}'")
