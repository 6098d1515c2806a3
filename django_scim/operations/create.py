"""POST (RFC 7644 section 3.3)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from scim2_models import Context

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.adapters.paths import Json
from django_scim.history.attempt import Attempt
from django_scim.operations.documents import bounded_projection
from django_scim.operations.locking import database_of, locked
from django_scim.operations.payloads import dump, validate
from django_scim.operations.saving import apply, save
from django_scim.operations.transactions import run
from django_scim.operations.uniqueness import conflict, holders
from django_scim.query.loading import attach_records, fetch


def create(adapter: Adapter, payload: Any, scope: Scope, attempt: Attempt) -> ResourceObject:
    """Make a resource of a request's body.

    The row of a deleted resource with the same unique value is used again, as a new resource: the
    host's own constraint has no place for a second one.

    :raises UniquenessException: If there is a resource with the same unique value.
    :raises SCIMException: If the body is not a valid resource.
    """
    document = dump(validate(adapter, payload, Context.RESOURCE_CREATION_REQUEST))
    attempt.display = adapter.display(document)

    def work() -> ResourceObject:
        attempt.changes.clear()
        obj = find_deleted(adapter, document, scope) or ResourceObject(adapter, adapter.model(), scope)
        before = renew(obj)
        for mapping in adapter.mappings.values():
            mapping.initialize(obj)
        written = apply(obj, before, document, attempt.changes, resets=True)
        for mapping in adapter.written_mappings:
            if mapping.unbounded and mapping.value_in(document):
                mapping.write(obj, mapping.value_in(document))
        save(obj, written, attempt.changes)
        attempt.resource_id = obj.identifier
        attempt.succeeded(201)
        return obj

    return run(database_of(adapter), work)


def find_deleted(adapter: Adapter, document: Json, scope: Scope) -> ResourceObject | None:
    """Return the deleted resource that has a unique value of a new one, locked.

    :raises UniquenessException: If a resource that is not deleted has the value.
    """
    new = ResourceObject(adapter, adapter.model(), scope)
    for mapping in adapter.written_mappings:
        value = mapping.value_in(document)
        if not mapping.is_unique or value is None:
            continue
        for instance in locked(holders(new, mapping, value))[:2]:
            obj = ResourceObject(adapter, instance, scope)
            attach_records([obj])
            if obj.record is None or obj.record.deleted_at is None:
                raise conflict(mapping)
            adapter.refuse_protected(instance)
            return obj
    return None


def renew(obj: ResourceObject) -> Json:
    """Make a deleted resource a blank one; return the document that its row still has.

    :returns: An empty document for a row that is new.
    """
    if obj.is_new or obj.record is None:
        return {}
    projection = bounded_projection(obj.adapter)
    fetch([obj], projection)
    document = projection.read(obj)
    obj.record.attributes = {}
    obj.record.deleted_at = None
    obj.record.created = timezone.now()
    obj.changed_outside = True
    return document
