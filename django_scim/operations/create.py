"""POST (RFC 7644 section 3.3)."""

from __future__ import annotations

from typing import Any

from scim2_models import Context

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.adapters.paths import Json
from django_scim.history.attempt import Attempt
from django_scim.operations.consequences import conclude, was_active
from django_scim.operations.documents import bounded_projection
from django_scim.operations.locking import database_of, locked, locked_object
from django_scim.operations.payloads import dump, validate
from django_scim.operations.saving import apply, save
from django_scim.operations.transactions import run
from django_scim.operations.uniqueness import conflict, holders
from django_scim.query.loading import fetch
from django_scim.signals import resource_created


def create(adapter: Adapter, payload: Any, scope: Scope, attempt: Attempt) -> ResourceObject:
    """Make a resource of a request's body.

    The row of a deleted resource with the same unique value is used again, as a new resource: the
    host's own constraint has no place for a second one.

    :raises UniquenessException: If there is a resource with the same unique value.
    :raises SCIMException: If the body is not a valid resource.
    """
    creation = Creation(adapter, scope, attempt)
    document = creation.read(payload)

    def work() -> ResourceObject:
        creation.start(document)
        return creation.finish()

    return run(database_of(adapter), work)


class Creation:
    """A resource in the making.

    One that refers to resources that are not there yet is made in two steps, in a transaction of theirs.
    """

    def __init__(self, adapter: Adapter, scope: Scope, attempt: Attempt) -> None:
        self.adapter = adapter
        self.scope = scope
        self.attempt = attempt

    def read(self, payload: Any) -> Json:
        """Return the document of the resource that a request's body describes.

        :raises SCIMException: If the body is not a valid resource.
        """
        context = Context.RESOURCE_CREATION_REQUEST
        document = dump(validate(self.adapter, payload, context, self.scope))
        self.attempt.identify(self.adapter, document)
        return document

    def start(self, document: Json) -> None:
        """Make the resource; to be called at the start of each try of a transaction."""
        self.attempt.start()
        new = ResourceObject(self.adapter, self.adapter.new_instance(self.scope.connection), self.scope)
        self.obj = find_deleted(self.adapter, document, self.scope) or new
        self.active_before = was_active(self.obj)
        before = renew(self.obj)
        for mapping in self.adapter.mappings.values():
            mapping.initialize(self.obj)
        self._write(before, document)
        self.attempt.resource_id = self.obj.identifier

    def complete(self, before: Json, document: Json) -> None:
        """Add what could not be there at the start.

        :param before: The document that it was started with.
        """
        if document != before:
            self.obj.changes_saved()
            self._write(before, document)

    def _write(self, before: Json, document: Json) -> None:
        written = apply(self.obj, before, document, self.attempt.changes, resets=True)
        for mapping in self.adapter.written_mappings:
            value = mapping.value_in(document)
            if mapping.unbounded and value and value != mapping.value_in(before):
                mapping.write(self.obj, value)
        save(self.obj, written, self.attempt.changes)

    def finish(self) -> ResourceObject:
        """Tell the history and the host of the resource; in the same transaction."""
        conclude(self.obj, self.attempt, resource_created, self.active_before)
        self.attempt.version = self.adapter.version(self.obj)
        self.attempt.succeeded(201)
        return self.obj


def find_deleted(adapter: Adapter, document: Json, scope: Scope) -> ResourceObject | None:
    """Return the deleted resource that has a unique value of a new one, locked.

    :raises UniquenessException: If a resource that is not deleted has the value.
    """
    new = ResourceObject(adapter, adapter.new_instance(scope.connection), scope)
    for mapping in adapter.written_mappings:
        value = mapping.value_in(document)
        if not mapping.is_unique or value is None:
            continue
        for instance in locked(holders(new, mapping, value))[:2]:
            obj = locked_object(adapter, instance, scope)
            if obj.record is None or obj.record.deleted_at is None:
                raise conflict(mapping)
            adapter.refuse_protected(instance)
            return obj
    return None


def renew(obj: ResourceObject) -> Json:
    """Make a deleted resource a blank one; return the document that is left in the columns of its row.

    What its deletion ended is ended again: a group may have been changed while the user was deleted.

    :returns: An empty document for a row that is new.
    """
    if obj.is_new or obj.record is None:
        return {}
    obj.is_new = True
    obj.record.attributes = {}
    obj.record.deleted_at = None
    obj.changed_outside = True
    obj.adapter.renew(obj)
    for mapping in obj.adapter.mappings.values():
        mapping.on_delete(obj)
    projection = bounded_projection(obj.adapter)
    fetch([obj], projection)
    document = projection.read(obj)
    for mapping in obj.adapter.written_mappings:
        if mapping.is_unique:
            # Its deletion gave the value up: it has to be claimed anew, even if it is the same.
            mapping.path.set(document, None)
    return document
