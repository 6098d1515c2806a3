"""Values that only one resource may have, without regard to case where the schema says so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from scim2_models import UniquenessException
from scim2_models.path import CompareOperator

from django_scim.mappings.mapping import Mapping
from django_scim.models import UniqueValue
from django_scim.resources.resource import Resource
from django_scim.sql.transactions import locked


def holders(obj: Resource, mapping: Mapping, value: Any) -> QuerySet[Any]:
    """Return the other rows that have a value, also those of deleted resources."""
    condition = mapping.lookup(mapping.path, CompareOperator.eq, value, obj.caller)
    rows = obj.resource_type.rows(obj.caller.connection).using(obj.database).filter(condition)
    return rows if obj.instance.pk is None else rows.exclude(pk=obj.instance.pk)


def require_unique(obj: Resource, written: Iterable[tuple[Mapping, Any]]) -> None:
    """Refuse values that other rows have.

    :raises UniquenessException: If there is one.
    """
    for mapping, value in written:
        if mapping.is_unique and value is not None and holders(obj, mapping, value).exists():
            raise conflict(mapping)


def conflict(mapping: Mapping) -> UniquenessException:
    """Return the error of a value that is taken."""
    key = mapping.path.key
    return UniquenessException(attribute=key, detail=f"another resource has the same {key}")


def claim(obj: Resource, written: Iterable[tuple[Mapping, Any]]) -> None:
    """Let the database refuse the same values to every other resource.

    A row that was left by a resource that has another value by now, since the host changed it, is
    taken over.

    :raises UniquenessException: If another request was first.
    """
    for mapping, value in written:
        if not mapping.is_unique:
            continue
        own = {"record": obj.record, "attribute": mapping.path.key}
        if value is None:
            UniqueValue.objects.using(obj.database).filter(**own).delete()
            continue
        digest = digest_of(obj, mapping, value)
        try:
            _claim(obj, own, digest)
        except IntegrityError as error:
            # A locking read: one of a snapshot would not find the row of the request that was first.
            if locked(holders(obj, mapping, value)).first() is not None:
                raise conflict(mapping) from error
            rows = UniqueValue.objects.using(obj.database)
            rows.filter(
                resource_type=obj.resource_type.name, attribute=mapping.path.key, digest=digest
            ).delete()
            _claim(obj, own, digest)


def _claim(obj: Resource, own: dict[str, Any], digest: str) -> None:
    with transaction.atomic(using=obj.database):
        rows = UniqueValue.objects.using(obj.database)
        if obj.is_new or not rows.filter(**own).update(digest=digest):
            rows.create(resource_type=obj.resource_type.name, digest=digest, **own)


def digest_of(obj: Resource, mapping: Mapping, value: Any) -> str:
    """Return the digest of a value in the form that comparisons use, apart for each tenant."""
    connection = obj.caller.connection
    tenant = f"{connection.tenant_type_id or ''}:{connection.tenant_id}" if connection else ":"
    comparable = mapping.path.binding.comparable(str(value))
    text = f"{tenant}\0{comparable}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
