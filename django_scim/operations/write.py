"""What all writes have in common."""

from __future__ import annotations

from django.db import router
from django.db.models import Model
from django.utils.http import parse_etags
from scim2_models import NotFoundException, PreconditionFailedException

from django_scim.adapters.adapter import Adapter
from django_scim.resources.loading import attach_records
from django_scim.resources.resource import Caller, Resource
from django_scim.sql.transactions import locked


def database_of(adapter: Adapter) -> str:
    """Return the database that the adapter's rows are written to."""
    return router.db_for_write(adapter.model)


def lock(adapter: Adapter, identifier: str, caller: Caller) -> Resource:
    """Return a resource, locked, with its record.

    :raises NotFoundException: If the connection can see no resource of that ``id``.
    """
    rows = adapter.rows(caller.connection).using(database_of(adapter))
    instance = adapter.identified(locked(rows), identifier).first()
    if instance is None:
        raise not_found(adapter, identifier)
    obj = locked_object(adapter, instance, caller)
    if obj.record is not None and obj.record.deleted_at is not None:
        raise not_found(adapter, identifier)
    return obj


def locked_object(adapter: Adapter, instance: Model, caller: Caller) -> Resource:
    """Return the resource of a row that is locked, with its record and the rows beside it.

    Those are read from the same database, which a host's router may not do for a relation that is followed
    later, and after the lock: no other request changes them any more.
    """
    if adapter.joins:
        rows = adapter.rows(caller.connection).using(instance._state.db)
        instance = rows.defer(None).select_related(*adapter.joins).get(pk=instance.pk)
    obj = Resource(adapter, instance, caller)
    obj.was_administrator = adapter.is_administrator(instance)
    attach_records([obj])
    return obj


def not_found(adapter: Adapter, identifier: str) -> NotFoundException:
    """Return the error of an ``id`` that is none."""
    return NotFoundException(detail=f"there is no {adapter.name} with the id '{identifier}'")


def is_match(header: str, version: str) -> bool:
    """Whether a header names a version, or any.

    The comparison is weak: SCIM's versions are weak, and RFC 7644 section 3.14 has clients send them in
    ``If-Match``.
    """
    tags = [tag.removeprefix("W/") for tag in parse_etags(header)]
    return "*" in tags or version.removeprefix("W/") in tags


def require_match(if_match: str | None, version: str) -> None:
    """Refuse a write to another version than the client has seen.

    :raises PreconditionFailedException: If the header is there and does not name the version.
    """
    if if_match is not None and not is_match(if_match, version):
        raise PreconditionFailedException(detail="the resource has changed since the version in If-Match")
