"""What the project's own code and its database say of a write that they refuse, as SCIM errors.

A ``ValidationError`` or ``PermissionDenied`` may come from the project's ``save()``, ``delete()``, signals or
policies, and the database refuses what a constraint forbids. The client reads the text that the project has
written for that, and the attribute in place of the column. It reads no SQL, and no name of a Python class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    FieldDoesNotExist,
    PermissionDenied,
    ValidationError,
)
from django.db import IntegrityError, connections, router
from django.db.models import BaseConstraint, CheckConstraint, Model, ProtectedError, Q, RestrictedError
from scim2_models import (
    ConflictException,
    ForbiddenException,
    InvalidValueException,
    SCIMException,
    UniquenessException,
)
from scim2_models.path import CompareOperator

from django_scim.mappings.columns import HostPath
from django_scim.mappings.conversions import in_column_of
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.operand import any_of
from django_scim.sql.values import cannot_be_empty, column_of
from django_scim.sql.violations import Violation, violation_of

UNIQUE_CODES = {"unique", "unique_together"}
"""The codes of Django's ``ValidationError`` for a value that another row has."""


@contextmanager
def readable_refusals(
    resource_types: Sequence[ResourceType], written: Callable[[], Iterable[Resource]]
) -> Iterator[None]:
    """Turn what the project and its database refuse into SCIM errors. Stand around the whole transaction.

    :param resource_types: Those that are written.
    :param written: Returns the resources that were to be saved.
    :raises InvalidValueException: If a value was refused.
    :raises UniquenessException: If another row has a value.
    :raises ForbiddenException: If the project does not allow the write.
    :raises ConflictException: If other rows refer to one that is to be deleted.
    """
    try:
        yield
    except ValidationError as error:
        raise refused_value(error, resource_types) from error
    except PermissionDenied as error:
        raise ForbiddenException(detail=str(error) or "the project does not allow this") from error
    except SCIMException as error:
        readable = readable_error(error, resource_types, written)
        if readable is None:
            raise
        raise readable from error.__cause__


def refused_value(
    error: ValidationError, resource_types: Sequence[ResourceType], model: type[Model] | None = None
) -> SCIMException:
    """Return a ``ValidationError`` as a SCIM error: a conflict if nothing but uniqueness is wrong.

    :param model: The model of the fields, if it is known.
    """
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    texts = []
    for field, errors in by_field.items():
        text = " ".join(message for each in errors for message in each.messages)
        texts.append(
            text if field == NON_FIELD_ERRORS else f"{name_of(field, resource_types, model)}: {text}"
        )
    codes = {each.code for errors in by_field.values() for each in errors}
    detail = "; ".join(texts) or "the project refuses a value of the request"
    is_known = any(
        field == NON_FIELD_ERRORS or attribute_of(field, resource_types, model) for field in by_field
    )
    if codes and codes <= UNIQUE_CODES and is_known:
        return UniquenessException(detail=detail)
    return InvalidValueException(detail=detail)


def readable_error(
    error: SCIMException, resource_types: Sequence[ResourceType], written: Callable[[], Iterable[Resource]]
) -> SCIMException | None:
    """Return a better error for one that the database is the cause of, or None."""
    cause = error.__cause__
    if isinstance(cause, ProtectedError | RestrictedError) and type(error) is ConflictException:
        rows = cause.protected_objects if isinstance(cause, ProtectedError) else cause.restricted_objects
        return ConflictException(detail=f"other rows of the project refer to the resource: {kinds(rows)}")
    is_known = getattr(error, "attribute", None) is not None
    if is_known or not isinstance(cause, IntegrityError):
        return None
    violation = violation_of(cause)
    model, constraint = declared(violation)
    fields = fields_of(violation, model, constraint, resource_types)
    names = ", ".join(name_of(field, resource_types, model) for field in fields)
    text = "" if constraint is None else own_text(constraint)
    is_empty = any(
        getattr(obj.instance, field, None) == "" and cannot_be_empty(column_of(type(obj.instance), field))
        for obj in written()
        for field in fields
        if model in (None, type(obj.instance))
    )
    if isinstance(error, UniquenessException) and is_empty:
        return value_required(fields, resource_types, model)
    if isinstance(error, UniquenessException) and names:
        is_unique = bool(unique_keys(fields, resource_types, model))
        if any(is_findable(obj, fields, model, anywhere=is_unique) for obj in written()):
            same = f"another resource has the same value of {names}"
            # As for a row that the caller sees: nobody is told whether there is one that they do not see.
            same = f"another resource has the same {names}" if is_unique else text or same
            return UniquenessException(detail=same)
        return InvalidValueException(
            detail=text or f"{names}: the project has another row with a value that it takes for the same"
        )
    if isinstance(error, InvalidValueException) and names:
        if violation.is_null:
            return value_required(fields, resource_types, model)
        return InvalidValueException(detail=text or f"{names}: the project does not allow this value")
    return type(error)(detail=text) if text else None


def value_required(
    fields: Iterable[str], resource_types: Sequence[ResourceType], model: type[Model] | None
) -> InvalidValueException:
    """Return the error of columns that have to have a value."""
    names = ", ".join(name_of(field, resource_types, model) for field in fields)
    return InvalidValueException(detail=f"{names}: a value is required")


def is_findable(obj: Resource, fields: Iterable[str], model: type[Model] | None, *, anywhere: bool) -> bool:
    """Whether a filter finds another resource with the values of some fields.

    A client that reads 409 looks for the resource that is in its way. It never finds one that differs in a
    column that no attribute holds, or that only a coarser collation takes for the same.

    :param anywhere: Whether to look among all resources, and not those alone that the connection sees.
    """
    conditions = []
    for key in {attribute_of(field, [obj.resource_type], model) for field in fields} - {None}:
        mapping = obj.resource_type.mappings[str(key)]
        value = mapping.read(obj)
        if value is None:
            # In rows beside the resource, which cannot be read before they are saved.
            return True
        path = obj.resource_type.resolve(f"{key}.value") if isinstance(value, list) else mapping.path
        values = [entry.get("value") for entry in value] if isinstance(value, list) else [value]
        conditions.append(
            any_of(
                mapping.lookup(path or mapping.path, CompareOperator.eq, each, obj.caller)
                for each in values
                if each is not None
            )
        )
    seen_by = None if anywhere else obj.caller.connection
    rows = obj.resource_type.queryset(seen_by).using(obj.database).exclude(pk=obj.instance.pk)
    return bool(conditions) and rows.filter(*conditions).exists()


def kinds(rows: Iterable[Model]) -> str:
    """Return what people call the models of rows, and nothing of the rows themselves."""
    return ", ".join(sorted({str(row._meta.verbose_name_plural) for row in rows}))


# Constraints


def declared(violation: Violation) -> tuple[type[Model] | None, BaseConstraint | None]:
    """Return the model whose row was refused, and the constraint that it declares, as far as is known."""
    found = None
    for model in apps.get_models(include_auto_created=True):
        for constraint in model._meta.constraints:
            is_same = violation.columns and violation.columns == columns_of(constraint, model)
            is_its_table = violation.table == model._meta.db_table
            if constraint.name == violation.constraint or (is_same and is_its_table):
                return model, constraint
        if violation.table == model._meta.db_table:
            found = found or model
    return found, None


def columns_of(constraint: BaseConstraint, model: type[Model]) -> tuple[str, ...]:
    """Return the database columns of a unique constraint, or nothing."""
    return tuple(column_of(model, name).column or "" for name in getattr(constraint, "fields", ()))


def own_text(constraint: BaseConstraint) -> str:
    """Return the text that the project has given a constraint, or "" if it has Django's."""
    if constraint.violation_error_message is constraint.default_violation_error_message:
        return ""
    return str(constraint.get_violation_error_message())


def fields_of(
    violation: Violation,
    model: type[Model] | None,
    constraint: BaseConstraint | None,
    resource_types: Sequence[ResourceType],
) -> list[str]:
    """Return the names of the fields that a constraint is about; none if they are not known."""
    if model is not None and model._meta.app_label == "django_scim":
        return []
    if isinstance(constraint, CheckConstraint):
        return sorted(fields_in(constraint.condition))
    if constraint is not None:
        return list(getattr(constraint, "fields", ()))
    models = [resource_type.model for resource_type in resource_types] if model is None else [model]
    names = {field.column: field.name for each in models for field in each._meta.concrete_fields}
    columns: Sequence[str] = violation.columns
    if model is None and columns and not set(columns) <= names.keys():
        columns = columns_of_key(violation.constraint, models) or columns
    beside = {column for column in columns if attribute_of(column, resource_types)}
    return [names.get(column, column) for column in columns if column in names or column in beside]


def columns_of_key(key: str, models: Iterable[type[Model]]) -> tuple[str, ...]:
    """Return the columns of a key, of which MariaDB tells the name alone; nothing if no table has it."""
    for model in models:
        connection = connections[router.db_for_write(model)]
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
        if key in constraints:
            return tuple(constraints[key]["columns"])
    return ()


def unique_keys(
    fields: Iterable[str], resource_types: Sequence[ResourceType], model: type[Model] | None
) -> list[str]:
    """Return the attributes among some fields that no two resources may share."""
    unique = {
        mapping.path.key
        for resource_type in resource_types
        for mapping in resource_type.written_mappings
        if mapping.is_unique
    }
    found = [attribute_of(field, resource_types, model) for field in fields]
    return [key for key in dict.fromkeys(found) if key in unique]


def fields_in(condition: Any) -> set[str]:
    """Return the names of the fields that a condition compares."""
    found: set[str] = set()
    for child in condition.children if isinstance(condition, Q) else ():
        found |= {child[0].partition("__")[0]} if isinstance(child, tuple) else fields_in(child)
    return found


# Names


def name_of(field: str, resource_types: Sequence[ResourceType], model: type[Model] | None = None) -> str:
    """Return how an error names a field of the project: by its attribute, and the column in brackets."""
    attribute = attribute_of(field, resource_types, model)
    return f"column {field}" if attribute is None else in_column_of(attribute, field)


def attribute_of(
    field: str, resource_types: Sequence[ResourceType], model: type[Model] | None = None
) -> str | None:
    """Return the attribute that a field holds, or None.

    :param model: The model of the field. If it is not known, the resource's own comes first.
    """
    beside = None
    for resource_type in resource_types:
        for mapping in resource_type.written_mappings:
            for place in mapping.places:
                *steps, last = place.split("__")
                try:
                    found = HostPath(resource_type.model, place).field
                except (FieldDoesNotExist, ValueError):
                    # A relation, or a column of its rows.
                    is_named, is_own = field == last, not steps
                    fits = model is None or (model is resource_type.model) is is_own
                else:
                    is_named, is_own = field in (found.name, found.attname), not steps
                    fits = model is None or issubclass(model, found.model)
                if is_named and fits and (is_own or model is not None):
                    return mapping.path.key
                if is_named and fits:
                    beside = beside or mapping.path.key
    return beside
