"""POST (RFC 7644 section 3.3)."""

from __future__ import annotations

from typing import Any

from scim2_models import Context

from django_scim.adapters.adapter import Adapter
from django_scim.history.events import Attempt
from django_scim.operations.conclusion import conclude, was_active
from django_scim.operations.payloads import dump, validate
from django_scim.operations.saving import apply, save
from django_scim.operations.uniqueness import conflict, holders
from django_scim.operations.write import database_of, locked_object
from django_scim.resources.loading import fetch
from django_scim.resources.projection import bounded_projection
from django_scim.resources.resource import Caller, Resource
from django_scim.schema.paths import Json
from django_scim.signals import resource_created
from django_scim.sql.transactions import locked, run


def create(adapter: Adapter, payload: Any, caller: Caller, attempt: Attempt) -> Resource:
    """Make a resource of a request's body.

    The row of a deleted resource with the same unique value is used again, as a new resource: the
    host's own constraint has no place for a second one.

    :raises UniquenessException: If there is a resource with the same unique value.
    :raises SCIMException: If the body is not a valid resource.
    """
    creation = Creation(adapter, caller, attempt)
    document = creation.read(payload)

    def work() -> Resource:
        creation.start(document)
        return creation.finish()

    return run(database_of(adapter), work)


class Creation:
    """A resource in the making.

    One that refers to resources that are not there yet is made in two steps, in a transaction of theirs.
    """

    def __init__(self, adapter: Adapter, caller: Caller, attempt: Attempt) -> None:
        self.adapter = adapter
        self.caller = caller
        self.attempt = attempt

    def read(self, payload: Any) -> Json:
        """Return the document of the resource that a request's body describes.

        :raises SCIMException: If the body is not a valid resource.
        """
        context = Context.RESOURCE_CREATION_REQUEST
        document = dump(validate(self.adapter, payload, context, self.caller))
        self.attempt.identify(self.adapter, document)
        return document

    def start(self, document: Json) -> None:
        """Make the resource; to be called at the start of each try of a transaction."""
        self.attempt.start()
        new = Resource(self.adapter, self.adapter.new_instance(self.caller.connection), self.caller)
        self.obj = find_deleted(self.adapter, document, self.caller) or new
        self.active_before = was_active(self.obj)
        before = reuse_row(self.obj)
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

    def finish(self) -> Resource:
        """Tell the history and the host of the resource; in the same transaction."""
        conclude(self.obj, self.attempt, resource_created, self.active_before)
        self.attempt.version = self.adapter.version(self.obj)
        self.attempt.succeeded(201)
        return self.obj


def find_deleted(adapter: Adapter, document: Json, caller: Caller) -> Resource | None:
    """Return the deleted resource that has a unique value of a new one, locked.

    :raises UniquenessException: If a resource that is not deleted has the value.
    """
    new = Resource(adapter, adapter.new_instance(caller.connection), caller)
    for mapping in adapter.written_mappings:
        value = mapping.value_in(document)
        if not mapping.is_unique or value is None:
            continue
        for instance in locked(holders(new, mapping, value))[:2]:
            obj = locked_object(adapter, instance, caller)
            if obj.record is None or obj.record.deleted_at is None:
                raise conflict(mapping)
            adapter.refuse_protected(instance)
            return obj
    return None


def reuse_row(obj: Resource) -> Json:
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
    obj.adapter.reset(obj)
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
