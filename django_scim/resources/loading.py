"""Fetching resources: a constant number of queries for a page of any size."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from django.db import router
from django.db.models import F, FilteredRelation, Lookup, Model, Q, QuerySet
from django.db.models.lookups import Exact

from django_scim.mappings import Mapping
from django_scim.mappings.identifiers import reissued
from django_scim.models import Connection, Record
from django_scim.resources.joined import CONNECTION, SHOWN, rows_with_records, take_records
from django_scim.resources.projection import Projection
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.prepared import Slot
from django_scim.sql.transactions import also_locked
from django_scim.sql.values import column_of


def only_columns(queryset: QuerySet[Any], projection: Projection) -> QuerySet[Any]:
    """Fetch only the columns that a projection reads, with the rows beside them joined in."""
    resource_type = projection.resource_type
    if not projection.needs_record:
        queryset = resource_type.with_ids(queryset)
    columns = {resource_type.model._meta.pk.attname, resource_type.id_column, *projection.columns}
    if resource_type.adapter.created_field and "meta" in projection.selection:
        columns.add(resource_type.adapter.created_field)
    # Without an argument, select_related() would join every relation.
    if joins := {column.rpartition("__")[0] for column in columns} - {""}:
        queryset = queryset.select_related(*joins)
    return queryset.only(*columns)


def fetch(objects: Sequence[Resource], projection: Projection, *, is_shown: bool = True) -> None:
    """Fetch what the mappings of a projection need beside rows and records.

    :param is_shown: Whether an answer is made of it: a write compares only what clients may write.
    """
    if is_shown:
        for obj in objects:
            obj.selection = projection.selection
    for mapping in projection.mappings:
        if is_shown or not mapping.fetches_what_is_shown:
            mapping.fetch(objects)


def attach_records(objects: Sequence[Resource], *, is_locked: bool = False, is_shown: bool = False) -> None:
    """Fetch the records, with the ``externalId`` that the connection has set, in one query.

    :param is_locked: Whether the rows are locked, to be written.
    :param is_shown: Whether an answer is made of them, and nothing else.
    """
    resource_type, caller = objects[0].resource_type, objects[0].caller
    by_key = {obj.instance.pk: obj for obj in objects}
    connection = caller.connection
    database = objects[0].instance._state.db or router.db_for_read(Record)

    def rows(found: Lookup[Any]) -> QuerySet[Record]:
        records = records_of(resource_type, found, connection and CONNECTION)
        if is_shown:
            records = records.defer(None).only(*SHOWN)
        return also_locked(records.using(database)) if is_locked else records

    records = resource_type.statements.among(
        rows,
        column_of(Record, resource_type.record_key),
        list(by_key),
        database,
        *("records", connection is None, is_locked, is_shown),
        connection=connection and connection.pk,
    )
    for record in records:
        obj = by_key[record.key]
        obj.record = record
        obj.external_id = record.own_external_id


def records_of(resource_type: ResourceType, found: Lookup[Any], connection: Any) -> QuerySet[Record]:
    """Return the records that meet a condition, with the ``externalId`` that a connection has set."""
    own_link = FilteredRelation("links", condition=Q(links__connection=connection))
    return (
        resource_type.records()
        .filter(found)
        .defer("comparable")
        .annotate(own_link=own_link)
        .annotate(own_external_id=F("own_link__external_id"))
        .order_by()
    )


def load(
    resource_type: ResourceType, queryset: QuerySet[Any], projection: Projection, caller: Caller
) -> list[Resource]:
    """Fetch the resources of a queryset with all that a projection reads."""
    return load_rows(resource_type, only_columns(queryset, projection), projection, caller)


def load_rows(
    resource_type: ResourceType,
    rows: Iterable[Any],
    projection: Projection,
    caller: Caller,
    *,
    has_records: bool = False,
) -> list[Resource]:
    """Fetch the resources of rows that have the columns of a projection.

    :param has_records: Whether the rows are those of :func:`rows_to_keep`.
    """
    objects = [Resource(resource_type, row, caller) for row in rows]
    if objects:
        if projection.needs_record and has_records:
            take_records(objects)
        elif projection.needs_record:
            attach_records(objects, is_shown=True)
        fetch(objects, projection)
    return objects


def rows_to_keep(
    resource_type: ResourceType, connection: Connection | None, projection: Projection
) -> QuerySet[Any]:
    """Return the rows that a connection sees, for a statement that is kept: with what a projection reads of
    their records.
    """
    if projection.needs_record:
        return rows_with_records(resource_type, connection)
    return resource_type.queryset(connection)


def load_one(
    resource_type: ResourceType, identifier: str, projection: Projection, caller: Caller
) -> Resource | None:
    """Fetch the resource that has an ``id``, or return None if the connection sees none."""
    connection = caller.connection

    def visible() -> QuerySet[Any]:
        return only_columns(rows_to_keep(resource_type, connection, projection), projection)

    using = router.db_for_read(resource_type.model)
    rows = rows_of_id(resource_type, connection, identifier, visible, using, "row", projection)
    if rows is None:
        found = resource_type.identified(resource_type.queryset(connection), identifier)
        objects = load(resource_type, found, projection, caller)
    else:
        objects = load_rows(resource_type, rows, projection, caller, has_records=True)
    obj = next(iter(objects), None)
    # The row that the key is of may have a new id, since it was used before.
    return None if obj is None or obj.identifier != identifier else obj


def rows_of_id(
    resource_type: ResourceType,
    connection: Connection | None,
    identifier: str,
    visible: Callable[[], QuerySet[Any]],
    using: str,
    *key: Hashable,
) -> Iterable[Any] | None:
    """Return the row that an ``id`` is made from, by a statement that is kept; None if there is no such.

    An ``id`` that a record keeps is made from no key, though it could be one where keys are UUIDs.

    :param visible: Builds the query of the rows to look among, which the connection sees.
    :param key: What else that query depends on.
    """
    sight, value = resource_type.visibility(connection), resource_type.scheme.decode(identifier)
    if sight is None or value is None or isinstance(value, str) or reissued(identifier):
        return None

    def row() -> QuerySet[Any]:
        column = resource_type.id_column
        place = Exact(F(column), Slot("key", column_of(resource_type.model, column)))
        return visible().filter(place).order_by()

    statement = resource_type.statements.get(row, using, sight, *key)
    assert statement is not None
    return statement.run(key=value, connection=connection and connection.pk)


def has_many(mapping: Mapping, row: Model, caller: Caller, most: int) -> bool:
    """Whether an attribute has more than so many values. Not all of them are counted."""
    rows = [source.rows.filter(**{source.key: row.pk}).order_by() for source in mapping.sources(caller)]
    return sum(own[: most + 1].count() for own in rows) > most
