"""References to what is not there yet, which fill a foreign key once it is: who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from django_scim.conf import get_settings
from django_scim.mappings import Reference
from django_scim.mappings.builtin import link_digest
from django_scim.models import AwaitedReference
from django_scim.sql.names import lock_names

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource
    from django_scim.resources.resource_type import ResourceType


def references_to(resource_type: ResourceType) -> list[Reference]:
    """Return the mappings that can keep a reference to a resource of a type until that comes."""
    mappings = (mapping for each in resource_type.registry for mapping in each.mappings.values())
    found = (mapping for mapping in mappings if isinstance(mapping, Reference))
    return [mapping for mapping in found if mapping.to == resource_type.name and mapping.can_wait]


def are_kept() -> bool:
    """Whether references to what is not there yet are kept."""
    return get_settings().UNKNOWN_REFERENCES == "keep"


def awaited_by(resource_type: ResourceType, database: str) -> QuerySet[AwaitedReference]:
    """Return what is waiting for resources of a type."""
    return AwaitedReference.objects.using(database).filter(to=resource_type.name)


def wait(obj: Resource, mapping: Reference, value: str) -> Any:
    """Note that a saved resource waits for another one; return the row of that if it has come by now.

    What comes at the same moment sees this row, or is seen here: see :mod:`django_scim.sql.names`.
    """
    assert mapping.other is not None
    digest = link_digest(value)
    lock_names(obj.database, [digest], is_shared=True)
    rows = AwaitedReference.objects.using(obj.database)
    found = {"connection": obj.caller.connection, "to": mapping.to, "digest": digest}
    rows.update_or_create(record=obj.record, attribute=mapping.path.key, defaults=found)
    return mapping.target_of(obj, value, is_final=True)


def wait_no_longer(obj: Resource, mapping: Reference) -> None:
    """Forget that a resource waits."""
    if obj.record is not None and obj.record.pk is not None:
        rows = AwaitedReference.objects.using(obj.database)
        rows.filter(record=obj.record, attribute=mapping.path.key).delete()
