"""Finding a resource to write to, and keeping everyone else from it until the transaction ends."""

from __future__ import annotations

from typing import Any

from django.db import connections, router
from django.db.models import Model, QuerySet
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
    obj = locked_object(adapter, instance, scope)
    if obj.record is not None and obj.record.deleted_at is not None:
        raise not_found(adapter, identifier)
    return obj


def locked_object(adapter: Adapter, instance: Model, scope: Scope) -> ResourceObject:
    """Return the resource of a row that is locked, with its record and the rows beside it.

    Those are read from the same database, which a host's router may not do for a relation that is followed
    later, and after the lock: no other request changes them any more.
    """
    if adapter.joins:
        rows = adapter.rows(scope.connection).using(instance._state.db)
        instance = rows.defer(None).select_related(*adapter.joins).get(pk=instance.pk)
    obj = ResourceObject(adapter, instance, scope)
    obj.was_administrator = adapter.is_administrator(instance)
    attach_records([obj])
    return obj


def not_found(adapter: Adapter, identifier: str) -> NotFoundException:
    """Return the error of an ``id`` that is none."""
    return NotFoundException(detail=f"there is no {adapter.name} with the id '{identifier}'")
