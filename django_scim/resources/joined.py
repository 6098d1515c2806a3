"""Rows with their records and the ``externalId`` of the caller, read by one statement.

This is for the statements that are kept: they are of the app's own making from the first table to the last.
Where code of the host chooses the rows, the records are fetched after them, see
:func:`~django_scim.resources.loading.attach_records`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.base import ModelState
from django.db.models.lookups import IsNull
from django.db.models.signals import post_init, pre_init

from django_scim.models import Connection, Link, Record
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.joins import JoinedTable
from django_scim.sql.prepared import Slot
from django_scim.sql.values import column_of

CONNECTION = Slot("connection", column_of(Connection, "id"))
"""The place of the connection whose ``externalId`` is asked for."""

SHOWN = (
    *("integer_key", "uuid_key", "text_key"),
    *("attributes", "created", "last_modified", "revision", "reissued_id", "deleted_at"),
)
"""The columns of a record that an answer is made of. Of the others, three are documents to be read."""

NAMES = [field.attname for field in Record._meta.concrete_fields if field.primary_key or field.name in SHOWN]
COLUMNS = {f"django_scim_record_{name}": name for name in NAMES}
"""The columns of records in a query of rows, by the names that they have there.

A model that django-scim2 has left has columns such as ``scim_external_id``.
"""

EXTERNAL_ID = "django_scim_external_id"


def rows_with_records(resource_type: ResourceType, connection: Connection | None) -> QuerySet[Any]:
    """Return the rows that are resources for a connection, each with its record and its ``externalId``.

    They are those of :meth:`ResourceType.queryset`.

    :param connection: If there is one, a statement takes its key as ``connection``.
    """
    rows = resource_type.identifiable(connection)
    record = resource_type.beside(rows, resource_type.model._meta.pk)
    rows = rows.filter(IsNull(record.column("deleted_at"), True))
    columns = {name: record.column(column) for name, column in COLUMNS.items()}
    if connection is not None:
        link = JoinedTable(rows, Link, column_of(Record, "id"), "record", after=record, connection=CONNECTION)
        columns[EXTERNAL_ID] = link.column("external_id")
    annotated: QuerySet[Any] = rows.annotate(**columns)
    return annotated


def take_records(objects: Sequence[Resource]) -> None:
    """Take the records from rows of :func:`rows_with_records`."""
    made = Record.from_db if is_watched() else new_record
    for obj in objects:
        values = obj.instance.__dict__
        columns = [values.pop(name) for name in COLUMNS]
        obj.external_id = values.pop(EXTERNAL_ID, None)
        if columns[0] is not None:
            obj.record = made(obj.instance._state.db, NAMES, columns)


def is_watched() -> bool:
    """Whether the project listens to the making of records."""
    return pre_init.has_listeners(Record) or post_init.has_listeners(Record)


def new_record(database: str | None, names: Sequence[str], columns: Sequence[Any]) -> Record:
    """Return what ``Record.from_db`` does, in a tenth of the time: a page has a hundred of them."""
    record = Record.__new__(Record)
    record._state = ModelState()
    record._state.adding, record._state.db = False, database
    record.__dict__.update(zip(names, columns, strict=True))
    return record
