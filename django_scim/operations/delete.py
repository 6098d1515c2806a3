"""DELETE (RFC 7644 section 3.6)."""

from __future__ import annotations

from django.utils import timezone

from django_scim.adapters.adapter import Adapter
from django_scim.history.events import Attempt
from django_scim.mappings.dependencies import writing
from django_scim.models import UniqueValue
from django_scim.operations.conclusion import conclude, was_active
from django_scim.operations.saving import note_differences, note_members, save_record, save_rows
from django_scim.operations.write import database_of, lock, require_match
from django_scim.resources.loading import fetch
from django_scim.resources.projection import bounded_projection
from django_scim.resources.resource import Caller, Resource
from django_scim.signals import resource_deleted
from django_scim.sql.transactions import run


def delete(
    adapter: Adapter, identifier: str, caller: Caller, attempt: Attempt, *, if_match: str | None
) -> None:
    """Delete a resource: hide and deactivate it, or delete its row, as the adapter says.

    :raises NotFoundException: If there is no such resource.
    :raises PreconditionFailedException: If it has changed since the version in ``If-Match``.
    :raises ForbiddenException: If it is protected.
    :raises ConflictException: If rows of the host keep its row from being deleted.
    """

    def work() -> None:
        attempt.start()
        obj = lock(adapter, identifier, caller)
        adapter.refuse_protected(obj.instance)
        require_match(if_match, adapter.version(obj))
        projection = bounded_projection(adapter)
        fetch([obj], projection)
        document = projection.read(obj)
        active_before = was_active(obj)
        attempt.identify(adapter, document)
        is_hard = adapter.delete == "hard"
        if not is_hard:
            hide(obj)
            note_differences(obj, document, projection.read(obj), attempt.changes)
        note_members(obj, attempt.changes)
        conclude(obj, attempt, resource_deleted, active_before)
        if is_hard:
            delete_row(obj)
        attempt.succeeded(204)

    run(database_of(adapter), work)


def delete_row(obj: Resource) -> None:
    """Delete the host's row and all that is kept of it."""
    with writing(obj.instance):
        obj.instance.delete(using=obj.database)
    if obj.record is not None and obj.record.pk is not None:
        obj.record.delete(using=obj.database)


def hide(obj: Resource) -> None:
    """Keep the row, and take from it what it allowed."""
    for mapping in obj.adapter.mappings.values():
        mapping.on_delete(obj)
    obj.adapter.deactivate(obj)
    save_rows(obj)
    if obj.record is None:
        obj.record = obj.adapter.new_record(obj.instance)
    obj.record.deleted_at = timezone.now()
    save_record(obj)
    UniqueValue.objects.using(obj.database).filter(record=obj.record).delete()
