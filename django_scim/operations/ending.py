"""The end of a resource whose row stays: it is hidden, or it is no longer one of the caller's tenant."""

from __future__ import annotations

from django.utils import timezone

from django_scim.models import UniqueValue
from django_scim.operations.saving import save_record, save_rows
from django_scim.resources.gifts import forget_what_is_gone
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import certified_name
from django_scim.sql.clusters import certify_names


def hide(obj: Resource) -> None:
    """Deactivate the resource and set its tombstone. The row stays."""
    # What refers to it at another node, such as a group, has to see that it is gone, or to be seen here.
    certify_names(obj.database, [certified_name(obj.resource_type, obj.identifier)])
    forget_what_is_gone(obj)
    for mapping in obj.resource_type.mappings.values():
        mapping.on_delete(obj)
    obj.resource_type.adapter.end_relations(obj)
    obj.resource_type.adapter.deactivate(obj)
    save_rows(obj)
    if obj.record is None:
        obj.record = obj.resource_type.new_record(obj.instance)
    obj.record.deleted_at = timezone.now()
    known_as = obj.external_id
    obj.record.former_digest = "" if known_as is None else obj.resource_type.external_id_digest(known_as)
    save_record(obj)
    UniqueValue.objects.using(obj.database).filter(record=obj.record).delete()
    obj.resource_type.adapter.leave(obj)


def part(obj: Resource) -> None:
    """Take a resource that other tenants keep out of the caller's tenant. Nothing else of it changes."""
    for mapping in obj.resource_type.mappings.values():
        mapping.on_leave(obj)
    if obj.record is not None and obj.record.pk is not None:
        save_record(obj)
    obj.notes.append("no longer of this tenant; the account stays active: it is of others")
    obj.resource_type.adapter.leave(obj)


def end(obj: Resource) -> None:
    """End what a write has made inactive, where that ends the caller's part of a shared row."""
    if obj.resource_type.adapter.is_elsewhere(obj):
        part(obj)
    else:
        hide(obj)
