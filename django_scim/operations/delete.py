"""DELETE (RFC 7644 section 3.6)."""

from __future__ import annotations

from django_scim.mappings.dependencies import writing
from django_scim.operations.conclusion import conclude
from django_scim.operations.ending import hide, part
from django_scim.operations.saving import Written, note_differences, note_members
from django_scim.operations.write import WriteById
from django_scim.resources.authority import Act
from django_scim.resources.resource import Resource
from django_scim.resources.vacating import vacate
from django_scim.signals import resource_deleted


class Delete(WriteById):
    """Deletes a resource: deactivates it and sets its tombstone, or deletes its row, as the adapter says."""

    signal = resource_deleted
    status = 204

    act = Act.DELETE

    @property
    def is_hard(self) -> bool:
        return self.resource_type.adapter.delete == "hard"

    def lock(self) -> Resource:
        """Return the resource, and look whether another tenant has it too."""
        obj = super().lock()
        adapter = self.resource_type.adapter
        self.is_elsewhere = adapter.is_shared and adapter.is_elsewhere(obj)
        return obj

    def change(self) -> Written:
        """Deactivate the resource and set its tombstone, unless its row is deleted."""
        if self.is_elsewhere:
            part(self.obj)
        elif not self.is_hard:
            hide(self.obj)
            note_differences(self.obj, self.document, self.current(), self.attempt.changes)
        note_members(self.obj, self.attempt.changes)
        return []

    def save_change(self) -> None:
        """Ask the policies first: what a deletion changes is saved at once, and its row at the very end."""
        self.consult([])
        self.change()

    def conclude(self) -> None:
        """Deprovision, delete the row if the adapter says so, and write the event.

        :raises ConflictException: If other rows of the host prevent the deletion.
        """
        conclude(self.obj, self.attempt, self.signal, self.active_before)
        if self.is_hard and not self.is_elsewhere:
            delete_row(self.obj)
        self.attempt.succeeded(self.status)


def delete_row(obj: Resource) -> None:
    """Delete the host's row, and all of its record but another ``id`` for the next row of its key."""
    key, record = obj.instance.pk, obj.record
    with writing(obj.instance, of=obj.instance):
        obj.instance.delete(using=obj.database)
    is_stored = record is not None and record.pk is not None
    vacate(obj.resource_type, key, record if is_stored else None, using=obj.database)
