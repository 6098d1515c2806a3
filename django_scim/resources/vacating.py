"""Keys of rows that are gone: whatever row has one next gets another ``id`` (RFC 7643 section 3.1).

An ``id`` is made from the primary key of a row, and a key can be given again: a code or a name by the
project, a number by whoever inserts a row with it, or by a table that does not count its deletions. So a row
that is deleted leaves a record behind that is empty but for the ``id`` of the next row of its key. Its
``externalId`` values, the names that it had taken and what it has waited for are deleted.

Of a row that goes without Django's signals, by SQL, the record stays as it was, and is emptied once somebody
makes the next row of its key by ``save()`` or by a POST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import Q

from django_scim.mappings.identifiers import reissue
from django_scim.models import (
    AwaitedReference,
    Link,
    MembershipChange,
    Record,
    StoredValue,
    UniqueValue,
)

if TYPE_CHECKING:
    from django_scim.resources.resource_type import ResourceType

VACANT = Q(reissued_id__isnull=False, revision=0, managed_by__isnull=True)
"""The condition on records that SCIM knows nothing of but the ``id``."""


def vacate(resource_type: ResourceType, key: Any, record: Record | None, *, using: str, **times: Any) -> None:
    """Keep nothing of a row that is gone but another ``id`` for the next row of its key.

    A random UUID is given to nobody else, so that nothing is kept of it.

    :param record: The record of the row, or None.
    :param times: ``created`` and ``last_modified``, where the next row is there already.
    """
    if not resource_type.keys_recur:
        if record is not None:
            record.delete(using=using)
        return
    vacant = Record(resource_type=resource_type.name, reissued_id=reissue(), **times)
    setattr(vacant, resource_type.record_key, key)
    release(resource_type, key, record, using=using)
    if record is not None:
        vacant.pk = record.pk
        vacant.save(using=using, force_update=True)
        return
    columns = ["resource_type", resource_type.record_key]
    is_named = connections[using].features.supports_update_conflicts_with_target
    # Another session may create the record at the same time, for a change that it has seen.
    Record.objects.using(using).bulk_create(
        [vacant],
        update_conflicts=True,
        update_fields=["reissued_id"],
        unique_fields=columns if is_named else None,
    )


def release(resource_type: ResourceType, key: Any, record: Record | None, *, using: str) -> None:
    """Delete what belongs to the resource of a record alone, and let the history know its members by ``id``.

    Else the next row of the key would have joined the groups that the former had joined.
    """
    for model in (Link, UniqueValue, StoredValue, AwaitedReference) if record is not None else ():
        model._default_manager.using(using).filter(record=record).delete()
    changes = MembershipChange.objects.using(using)
    changes = changes.filter(member_type=resource_type.name, member_key=str(key))
    changes.update(member_type="", member_key=former_id(resource_type, key, record)[:255])


def former_id(resource_type: ResourceType, key: Any, record: Record | None) -> str:
    """Return the ``id`` of a row that is gone, or its key where a column that is gone too had its ``id``."""
    if record is not None and record.reissued_id is not None:
        return str(record.reissued_id)
    return resource_type.scheme.encode(key) if resource_type.adapter.id_field is None else str(key)


def left_at(resource_type: ResourceType, key: Any, *, using: str) -> Record | None:
    """Return the record that is there already for the key of a row that is new, or None."""
    return resource_type.records().using(using).filter(**{resource_type.record_key: key}).first()
