"""Values of deleted resources that stand in the way of another resource.

A deleted resource does not count (RFC 7644 section 3.6), but its row is still there, and so are its unique
columns. Only when the database refuses another row for them, they are parked: the row gets a value that
nobody asks for, and the record keeps the old one for *Restore*.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import (
    CharField,
    EmailField,
    F,
    Field,
    Model,
    Q,
    QuerySet,
    TextField,
    UniqueConstraint,
    Value,
)
from django.db.models.lookups import Exact

from django_scim.history.events import Attempt
from django_scim.models import Operation, Record
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.resources.tracking import dependencies_of, dependent_rows
from django_scim.sql.transactions import locked
from django_scim.sql.values import column_of


def make_room(attempt: Attempt, database: str, row: Model) -> None:
    """Park the values of deleted resources that are in the way of a row which is to be saved.

    :param attempt: That of the write that needs the room, for the history.
    """
    others = type(row)._base_manager.using(database).exclude(pk=row.pk)
    for names, condition in uniqueness_of(row, database):
        for other in locked(others.filter(condition)):
            for resource_type, record in deleted_owners(other, database):
                if type(row) is resource_type.model and resource_type.id_column in names:
                    continue  # What an id is made from names the deleted resource for good.
                park(attempt, resource_type, record, other, names)


def uniqueness_of(row: Model, database: str) -> Iterator[tuple[tuple[str, ...], Q]]:
    """Yield the columns by which a row has to be unique, with the condition that another one is the same."""
    for names in unique_columns(type(row)):
        values = {name: getattr(row, name) for name in names}
        if None not in values.values():
            yield names, Q(**values)
    own: dict[Any, Any] = {
        F(field.name): Value(getattr(row, field.attname), field)
        for field in row._meta.concrete_fields
        if not field.generated
    }
    for constraint in partly_unique(type(row)):
        condition = constraint.condition or Q()
        against = {column.name: value for column, value in own.items()}
        if condition and not condition.check(against, using=database):
            continue
        expressions: list[Any] = [*map(F, constraint.fields), *constraint.expressions]
        same = [Exact(each, own.get(each) or each.replace_expressions(own)) for each in expressions]
        names = tuple(column_of(type(row), name).attname for name in columns_in(constraint))
        yield names, Q(*same) & condition


def partly_unique(model: type[Model]) -> Iterator[UniqueConstraint]:
    """Yield the constraints of a model that hold for some rows alone, or for what is made of columns."""
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and (constraint.condition or constraint.expressions):
            yield constraint


def columns_in(constraint: UniqueConstraint) -> list[str]:
    """Return the names of the fields in a constraint."""
    expressions: list[Any] = [*map(F, constraint.fields), *constraint.expressions]
    parts: list[Any] = []
    for each in expressions:
        parts += [part for part in ([each] if isinstance(each, F) else each.flatten()) if isinstance(part, F)]
    return [*dict.fromkeys(str(part.name) for part in parts)]


def unique_columns(model: type[Model]) -> Iterator[tuple[str, ...]]:
    """Yield the columns that together no two rows may share, but for the primary key."""
    meta = model._meta
    for field in meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield (field.attname,)
    constraints = (constraint.fields for constraint in meta.total_unique_constraints)
    for names in (*meta.unique_together, *constraints):
        yield tuple(column_of(model, name).attname for name in names)


def deleted_owners(row: Model, database: str) -> Iterator[tuple[ResourceType, Record]]:
    """Yield the records of the deleted resources that a row belongs to, locked; none if others use it."""
    for resource_type, dependency in dependencies_of(type(row), row):
        if dependency.path and is_in_use(resource_type, dependency.path, row, database):
            return
        keys: Any = [row.pk]
        if dependency.path:
            keys = dependent_rows(resource_type, dependency, row).values("pk")
        records = resource_type.records().using(database).filter(deleted_at__isnull=False)
        for record in locked(records.filter(**{f"{resource_type.record_key}__in": keys})):
            yield resource_type, record


def is_in_use(resource_type: ResourceType, path: str, row: Model, database: str) -> bool:
    """Whether a resource that is not deleted has a row beside its own, or the adapter still needs it."""
    own = resource_type.queryset(None).using(database).filter(**{path: row.pk})
    return own.exists() or resource_type.adapter.needs(row)


def park(
    attempt: Attempt, resource_type: ResourceType, record: Record, row: Model, names: tuple[str, ...]
) -> None:
    """Give a column of a deleted resource's row a value that nobody asks for, as far as there is one."""
    changes: dict[str, Any] = {}
    for field in (column_of(type(row), name) for name in names):
        value = getattr(row, field.attname)
        if isinstance(field, CharField | TextField):
            setattr(row, field.attname, parked_text(field, str(value)))
        elif field.null and isinstance(value, int) and not field.is_relation:
            setattr(row, field.attname, None)
        else:
            continue
        record.parked.append(
            {"model": row._meta.label, "key": str(row.pk), "column": field.attname, "value": value}
        )
        changes[f"{row._meta.model_name}.{field.name}"] = {"before": value}
        break
    if not changes:
        return
    rows = type(row)._base_manager.using(record._state.db)
    rows.filter(pk=row.pk).update(**{field: getattr(row, field) for field in names})
    record.save(using=record._state.db, update_fields=["parked"])
    note_parking(attempt, resource_type, record, row, changes)


def parked_text(field: Field[Any, Any], value: str) -> str:
    """Return a text in place of another one, which no other row has."""
    token = secrets.token_hex(6)
    text = f"{token}@parked.invalid" if isinstance(field, EmailField) else f"-parked-{token}"
    room = (field.max_length or len(value) + len(text)) - len(text)
    if isinstance(field, EmailField):
        return text
    return value[: max(room, 0)] + text if room >= 0 else token[: field.max_length]


def note_parking(
    attempt: Attempt, resource_type: ResourceType, record: Record, row: Model, changes: dict[str, Any]
) -> None:
    """Tell the history of the deleted resource who has what it had."""
    owner = resource_type.model._base_manager.using(record._state.db).get(pk=record.key)
    own = Attempt(
        Operation.MODIFY,
        connection=attempt.connection,
        token=attempt.token,
        request_id=attempt.request_id,
        resource_type=resource_type.name,
        resource_id=resource_type.identifier(owner, record),
    )
    own.display = str(next(iter(changes.values()))["before"])
    own.detail = f"parked for {attempt.resource_type} {attempt.display}: the resource was deleted"
    own.changes = changes
    own.succeeded(200)


def take_back(obj: Resource, *, is_required: bool) -> None:
    """Give a resource that is not deleted any more the values that were parked.

    What somebody else has by now is found when the row is saved.

    :param is_required: Whether the write fails if somebody else has the value of a row beside. Who is hired
        again may have another address by now.
    """
    assert obj.record is not None
    own = obj.resource_type.loaded_rows(obj.instance)
    for entry in obj.record.parked:
        model, column, value = apps.get_model(entry["model"]), entry["column"], entry["value"]
        row = next((row for row in own if isinstance(row, model) and str(row.pk) == entry["key"]), None)
        if row is not None:
            setattr(row, column, value)
            obj.touch(row, column)
        else:
            rows = model._base_manager.using(obj.database).filter(pk=entry["key"])
            obj.after_save.append(partial(give_back, rows, {column: value}, is_required=is_required))
    obj.record.parked = []


def give_back(rows: QuerySet[Any], values: dict[str, Any], *, is_required: bool) -> None:
    """Set a value of a row, or leave it as it is if another row has the value and the write can do without.

    :raises IntegrityError: If another row has the value, and the write cannot.
    """
    try:
        with transaction.atomic(using=rows.db):
            rows.update(**values)
    except IntegrityError:
        if is_required:
            raise
