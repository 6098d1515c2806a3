"""Fetching resources: a constant number of queries for a page of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet

from django_scim.resources.projection import Projection
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType


def only_columns(queryset: QuerySet[Any], projection: Projection) -> QuerySet[Any]:
    """Fetch only the columns that a projection reads, with the rows beside them joined in."""
    resource_type = projection.resource_type
    columns = {resource_type.model._meta.pk.attname, resource_type.id_column, *projection.columns}
    if resource_type.adapter.created_field and "meta" in projection.selection:
        columns.add(resource_type.adapter.created_field)
    # Without an argument, select_related() would join every relation.
    if joins := {column.rpartition("__")[0] for column in columns} - {""}:
        queryset = queryset.select_related(*joins)
    return queryset.only(*columns)


def fetch(objects: Sequence[Resource], projection: Projection) -> None:
    """Fetch what the mappings of a projection need beside rows and records."""
    for mapping in projection.mappings:
        mapping.fetch(objects)


def attach_records(objects: Sequence[Resource]) -> None:
    """Fetch the records, with the ``externalId`` that the connection has set, in one query."""
    resource_type, caller = objects[0].resource_type, objects[0].caller
    by_key = {obj.instance.pk: obj for obj in objects}
    own_link = FilteredRelation("links", condition=Q(links__connection=caller.connection))
    records = (
        resource_type.records()
        .using(objects[0].instance._state.db)
        .filter(**{f"{resource_type.record_key}__in": list(by_key)})
        .defer("comparable")
        .annotate(own_link=own_link)
        .annotate(own_external_id=F("own_link__external_id"))
    )
    for record in records:
        obj = by_key[record.key]
        obj.record = record
        obj.external_id = record.own_external_id


def load(
    resource_type: ResourceType, queryset: QuerySet[Any], projection: Projection, caller: Caller
) -> list[Resource]:
    """Fetch the resources of a queryset with all that a projection reads."""
    if not projection.needs_record:
        queryset = resource_type.with_ids(queryset)
    objects = [Resource(resource_type, row, caller) for row in only_columns(queryset, projection)]
    if objects:
        if projection.needs_record:
            attach_records(objects)
        fetch(objects, projection)
    return objects
