"""Rows of the app's own tables, saved by statements that are compiled once.

``Model.save()`` compiles its statement each time, which takes longer than to run it, and each write of a
resource saves several of these rows. The values are still made by the fields, and the key of a new row is
read by Django's own compiler. Where the project listens to the signals of such a model, or a value is an
expression, ``Model.save()`` is called.

What several resources leave that are made in one transaction is written together: :func:`written_together`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.db import connections, transaction
from django.db.models import BooleanField, CharField, Field, ForeignKey, IntegerField, Model, TextField
from django.db.models.constants import OnConflict
from django.db.models.signals import post_save, pre_save
from django.db.models.sql import InsertQuery, UpdateQuery

from django_scim.sql.prepared import ARRAYS, Slot, shallow_copy
from django_scim.sql.values import column_of

BATCH = 500
"""How many rows are written by one statement."""

Waiting = dict[type[Model], list[Model]]
"""New rows that are to be written, by their tables, in the order in which they were met."""

waiting_rows: ContextVar[tuple[str, Waiting] | None] = ContextVar("waiting_rows", default=None)
"""The database and the rows of :func:`written_together`, within it."""


@contextmanager
def written_together(using: str) -> Iterator[None]:
    """Write the new rows of the app's own at the end, by one statement for each table.

    A row has its key afterwards. It may refer to one that was saved before it.

    :raises IntegrityError: If a constraint refuses one.
    """
    if not connections[using].features.can_return_rows_from_bulk_insert:
        yield
        return
    rows: Waiting = {}
    token = waiting_rows.set((using, rows))
    try:
        yield
    finally:
        waiting_rows.reset(token)
    for model, instances in rows.items():
        insert_instances(model, instances, using)


def waits(instance: Model, using: str) -> bool:
    """Whether a new row is to be written with others; if so, it waits for them from now on."""
    waiting = waiting_rows.get()
    if waiting is None or waiting[0] != using:
        return False
    waiting[1].setdefault(type(instance), []).append(instance)
    return True


def save_all_new(instances: list[Model], using: str) -> None:
    """Save new rows of one model by one statement, which may be that of others too.

    :raises IntegrityError: If a constraint refuses one.
    """
    now = [each for each in instances if not waits(each, using)]
    if now:
        insert_instances(type(now[0]), now, using)


def insert_instances(model: type[Model], instances: list[Model], using: str) -> None:
    """Make the rows of instances, which have their keys afterwards where the database tells them."""
    fields, connection = columns_of(model), connections[using]
    relations = [field for field in fields if isinstance(field, ForeignKey)]
    for instance in instances:
        for field in relations:
            if field.is_cached(instance) and (other := field.get_cached_value(instance)) is not None:
                # It may have got its key since.
                setattr(instance, field.attname, other.pk)
    rows = [tuple(saved_value(field, each, connection) for field in fields) for each in instances]
    returns = connection.features.can_return_rows_from_bulk_insert
    keys = insert_rows(model, fields, rows, using, returns=returns)
    for instance, key in zip(instances, keys, strict=returns):
        instance.pk, instance._state.adding, instance._state.db = key, False, using


def insert_rows(
    model: type[Model],
    fields: Sequence[Field[Any, Any]],
    rows: Sequence[tuple[Any, ...]],
    using: str,
    *,
    returns: bool = False,
) -> list[Any]:
    """Make many rows of an own table, given the values of some fields as the database takes them.

    :param returns: Whether the keys of the rows are returned, in their order.
    :raises IntegrityError: If a constraint refuses one.
    """
    connection = connections[using]
    quote = connection.ops.quote_name
    names = ", ".join(quote(column(field)) for field in fields)
    begin = f"INSERT INTO {quote(model._meta.db_table)} ({names})"
    end = f" RETURNING {quote(column(model._meta.pk))}" if returns else ""
    size = min(BATCH, connection.ops.bulk_batch_size(fields, rows))
    keys: list[Any] = []
    with transaction.mark_for_rollback_on_error(using=using), connection.cursor() as cursor:
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            if connection.vendor == "postgresql":
                rows_of_part, params = unnested(fields, part, connection)
                cursor.execute(f"{begin} {rows_of_part}{end}", params)
            else:
                row = f"({', '.join(['%s'] * len(fields))})"
                values = [value for each in part for value in each]
                cursor.execute(f"{begin} VALUES {', '.join([row] * len(part))}{end}", values)
            if returns:
                keys += [key for (key,) in cursor.fetchall()]
    return keys


def unnested(
    fields: Sequence[Field[Any, Any]], rows: Sequence[tuple[Any, ...]], connection: Any
) -> tuple[str, list[Any]]:
    """Return a query of rows on PostgreSQL, with one array for each column.

    psycopg takes apart a text with many places, and writes each value of an array: what all rows share is
    written once.
    """
    selected, arrays, shared, listed = [], [], [], []
    for number, (field, values) in enumerate(zip(fields, zip(*rows, strict=True), strict=True)):
        kind = str(field.db_type(connection)).partition("(")[0]
        if len(rows) > 1 and number and is_one(values):
            selected.append(f"(%s)::{kind}")
            shared.append(values[0])
        else:
            selected.append(f"scim_row.column_{number}")
            arrays.append((f"(%s)::{kind}[]", f"column_{number}"))
            listed.append(list(values))
    types, names = zip(*arrays, strict=True)
    return (
        f"SELECT {', '.join(selected)} FROM UNNEST({', '.join(types)}) AS scim_row({', '.join(names)})",  # noqa: S608 - names
        [*shared, *listed],
    )


def is_one(values: Sequence[Any]) -> bool:
    """Whether texts, numbers or nothing are all the same."""
    first = values[0]
    return type(first) in PLAIN_TYPES and all(type(each) is type(first) and each == first for each in values)


def column(field: Any) -> str:
    """Return the name of a field's column."""
    return str(field.column)


def save_own(instance: Model, using: str) -> None:
    """Save a row with all its columns: a new one, or one that is there.

    :raises IntegrityError: If a constraint refuses it.
    """
    model = type(instance)
    if not is_plain(model, instance):
        instance.save(using=using)
        return
    if instance.pk is None and waits(instance, using):
        return
    with transaction.mark_for_rollback_on_error(using=using):
        if instance.pk is None:
            instance.pk = insertion(model, using).run(instance)
            instance._state.adding, instance._state.db = False, using
            return
        is_there = not instance._state.adding and update_of(model, using).run(instance)
    if not is_there:
        instance.save(using=using)


def is_plain(model: type[Model], instance: Model) -> bool:
    """Whether nobody listens, and all values of a row are there, and no expressions."""
    if any(signal.has_listeners(model) for signal in (pre_save, post_save)):
        return False
    values = instance.__dict__
    return not any(
        field.attname not in values or hasattr(values[field.attname], "resolve_expression")
        for field in model._meta.concrete_fields
    )


def columns_of(model: type[Model]) -> list[Field[Any, Any]]:
    """Return the fields of a model but for its key, which the database makes."""
    return [field for field in model._meta.concrete_fields if not field.primary_key]


PLAIN_FIELDS = {CharField, TextField, BooleanField, IntegerField, ForeignKey}
"""The fields that save a text, a number or nothing just as it is."""

PLAIN_TYPES = {str, int, bool, type(None)}


def saved_value(field: Field[Any, Any], instance: Model, connection: Any) -> Any:
    """Return the value of a new row's field as the database takes it; nearly all are what they are."""
    value = instance.__dict__[field.attname]
    if type(field) in PLAIN_FIELDS and type(value) in PLAIN_TYPES:
        return value
    return field.get_db_prep_save(field.pre_save(instance, add=True), connection)


class Insertion:
    """The statement that makes a row of a model."""

    def __init__(self, model: type[Model], using: str) -> None:
        self.using = using
        self.fields = columns_of(model)
        query = InsertQuery(model)
        query.insert_values(self.fields, [model()], raw=True)
        self.compiler: Any = query.get_compiler(using)
        self.returned = [model._meta.pk]
        self.compiler.returning_fields = self.returned
        ((self.sql, params),) = self.compiler.as_sql()
        self.rest = tuple(params)[len(self.fields) :]
        """What some databases are told of the values to return."""
        # It belongs to a thread, which would be kept from closing it.
        self.compiler.connection = None

    def run(self, instance: Model) -> Any:
        """Make the row of an instance, and return its key."""
        connection = connections[self.using]
        params = tuple(saved_value(field, instance, connection) for field in self.fields)
        compiler = shallow_copy(self.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda: [(self.sql, params + self.rest)]
        ((key,),) = compiler.execute_sql(self.returned)
        return key


class SavedSlot(Slot):
    """The place of a value that is saved, which may be another one than a condition compares."""

    def bound(self, values: dict[str, Any], connection: Any) -> Any:
        """Return the value of a run as the database takes it."""
        return self.output_field.get_db_prep_save(values[self.name], connection)


class Update:
    """The statement that saves all columns of a row of a model."""

    def __init__(self, model: type[Model], using: str) -> None:
        self.using = using
        self.fields = columns_of(model)
        query: Any = UpdateQuery(model)
        query.add_filter("pk", Slot("pk", model._meta.pk))
        query.add_update_fields([(field, None, SavedSlot(field.attname, field)) for field in self.fields])
        self.sql, self.params = query.get_compiler(using).as_sql()

    def run(self, instance: Model) -> bool:
        """Save a row; return whether there is one."""
        connection = connections[self.using]
        values: dict[str, Any] = {field.attname: field.pre_save(instance, add=False) for field in self.fields}
        values["pk"] = instance.pk
        params = [
            param.bound(values, connection) if isinstance(param, Slot) else param for param in self.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            return bool(cursor.rowcount)


def insert_pairs(
    through: type[Model], columns: tuple[str, str], key: Any, others: list[Any], using: str
) -> None:
    """Make the rows of a many-to-many relation that pair one row with others; those that are there stay.

    :param through: The model that Django has made for the relation. Nobody's code sees its rows saved.
    :param columns: The fields of the one row, and of the others.
    """
    connection = connections[using]
    own, other = (column_of(through, name) for name in columns)
    quote, operations = connection.ops.quote_name, connection.ops
    ignore: Any = OnConflict.IGNORE
    begin = operations.insert_statement(on_conflict=ignore)
    begin += f" {quote(through._meta.db_table)} ({quote(str(own.column))}, {quote(str(other.column))})"
    end = operations.on_conflict_suffix_sql([own, other], ignore, [], [])
    one = own.get_db_prep_save(key, connection)
    kind = other.rel_db_type(connection)
    with connection.cursor() as cursor:
        size = operations.bulk_batch_size([own, other], others)
        for start in range(0, len(others), size):
            many = [other.get_db_prep_save(each, connection) for each in others[start : start + size]]
            if connection.vendor == "postgresql" and kind in ARRAYS:
                # psycopg takes apart a text with many places.
                cursor.execute(f"{begin} SELECT %s, UNNEST(%s::{kind}[]) {end}", [one, many])
            else:
                places = ", ".join(["(%s, %s)"] * len(many))
                cursor.execute(
                    f"{begin} VALUES {places} {end}", [part for each in many for part in (one, each)]
                )


@cache
def insertion(model: type[Model], using: str) -> Insertion:
    """Return the statement that makes a row."""
    return Insertion(model, using)


@cache
def update_of(model: type[Model], using: str) -> Update:
    """Return the statement that saves a row."""
    return Update(model, using)
