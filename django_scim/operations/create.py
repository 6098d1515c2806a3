"""POST (RFC 7644 section 3.3)."""

from __future__ import annotations

from scim2_models import Context

from django_scim.operations.conclusion import was_active
from django_scim.operations.protection import require_unprotected
from django_scim.operations.saving import Written, apply, conflict, holders
from django_scim.operations.write import DocumentWrite, locked_object
from django_scim.resources.resource import Resource
from django_scim.schema.paths import Json
from django_scim.signals import resource_created
from django_scim.sql.transactions import locked


class Create(DocumentWrite):
    """Creates a resource from the body of a request. Call :meth:`read_body` first.

    The row of a deleted resource with the same unique value is used again for the new resource, because the
    host's own constraint does not allow a second row.

    In a bulk job, a resource that refers to resources that do not exist yet is created in steps, in one
    transaction: :meth:`start`, :meth:`complete` and :meth:`~django_scim.operations.write.Write.conclude`.
    """

    signal = resource_created
    status = 201
    context = Context.RESOURCE_CREATION_REQUEST

    def perform(self) -> Resource:
        """Create the resource in one step."""
        self.start(self.body)
        self.conclude()
        return self.obj

    def start(self, document: Json) -> None:
        """Create the resource. Call it at the start of each try of the transaction."""
        self.body = document
        self.begin()
        self.save(self.change())
        self.attempt.resource_id = self.obj.identifier

    def complete(self, document: Json) -> None:
        """Add the references that could not be resolved at the start."""
        if document != self.body:
            self.obj.changes_saved()
            self.document, self.body = self.body, document
            self.save(self.change())

    def begin(self) -> None:
        """Find the row to use, or a new one, and read what a deleted resource has left in it."""
        self.attempt.start()
        self.obj = self.lock()
        self.active_before = was_active(self.obj)
        self.document = self.reuse_row()
        for mapping in self.resource_type.mappings.values():
            mapping.initialize(self.obj)

    def lock(self) -> Resource:
        """Return a deleted resource with a unique value of the new one, locked, or else a new resource.

        :raises UniquenessException: If a resource that is not deleted has the value.
        :raises ForbiddenException: If the row is protected.
        """
        instance = self.resource_type.adapter.new_instance(self.caller.acting)
        new = Resource(self.resource_type, instance, self.caller)
        for mapping in self.resource_type.written_mappings:
            value = mapping.value_in(self.body)
            if not mapping.is_unique or value is None:
                continue
            for row in locked(holders(new, mapping, value))[:2]:
                obj = locked_object(self.resource_type, row, self.caller)
                if obj.record is None or obj.record.deleted_at is None:
                    raise conflict(mapping)
                require_unprotected(self.resource_type, row)
                return obj
        return new

    def reuse_row(self) -> Json:
        """Clear a deleted resource. Return the document of what is left in the columns of its row.

        What the deletion ended is ended again: the host may have added the deleted user to a group since.

        :returns: An empty document if the row is new.
        """
        obj = self.obj
        if obj.is_new or obj.record is None:
            return {}
        obj.is_new = True
        obj.record.attributes = {}
        obj.record.deleted_at = None
        obj.changed_outside = True
        self.resource_type.adapter.reset(obj)
        for mapping in self.resource_type.mappings.values():
            mapping.on_delete(obj)
        document = self.current()
        for mapping in self.resource_type.written_mappings:
            if mapping.is_unique:
                # Its deletion has released the value: it has to be claimed again, even if it is the same.
                mapping.path.set(document, None)
        return document

    def change(self) -> Written:
        """Write the body, with its relations."""
        written = apply(self.obj, self.document, self.body, self.attempt.changes, resets=True)
        for mapping in self.resource_type.written_mappings:
            value = mapping.value_in(self.body)
            if mapping.unbounded and value and value != mapping.value_in(self.document):
                mapping.write(self.obj, value)
        return written
