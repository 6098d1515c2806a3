"""What the project's own code and its database say of a write that they refuse, as SCIM errors.

A ``ValidationError`` or ``PermissionDenied`` may come from the project's ``save()``, ``delete()``, signals or
policies, and the database refuses what a constraint forbids. The client reads the text that the project has
written for that, and the attribute in place of the column. It reads no SQL, and no name of a Python class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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

from django_scim.mappings.columns import HostPath
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.values import column_of
from django_scim.sql.violations import Violation, violation_of

UNIQUE_CODES = {"unique", "unique_together"}
"""The codes of Django's ``ValidationError`` for a value that another row has."""


@contextmanager
def readable_refusals(resource_types: Sequence[ResourceType]) -> Iterator[None]:
    """Turn what the project and its database refuse into SCIM errors. Stand around the whole transaction.

    :param resource_types: Those that are written.
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
        detail = detail_of(error, resource_types)
        if detail is None:
            raise
        raise type(error)(detail=detail) from error.__cause__


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
    if codes and codes <= UNIQUE_CODES:
        return UniquenessException(detail=detail)
    return InvalidValueException(detail=detail)


def detail_of(error: SCIMException, resource_types: Sequence[ResourceType]) -> str | None:
    """Return a better text for an error that the database is the cause of, or None."""
    cause = error.__cause__
    if isinstance(cause, ProtectedError) and type(error) is ConflictException:
        return f"other rows of the project refer to the resource: {kinds(cause.protected_objects)}"
    if isinstance(cause, RestrictedError) and type(error) is ConflictException:
        return f"other rows of the project refer to the resource: {kinds(cause.restricted_objects)}"
    is_known = getattr(error, "attribute", None) is not None
    if is_known or not isinstance(cause, IntegrityError):
        return None
    violation = violation_of(cause)
    model, constraint = declared(violation)
    fields = fields_of(violation, model, constraint, resource_types)
    if isinstance(error, UniquenessException) and (keys := unique_keys(fields, resource_types, model)):
        # As for a row that the caller sees: the text tells nobody whether there is one that they do not see.
        return f"another resource has the same {', '.join(keys)}"
    if constraint is not None and (text := own_text(constraint)):
        return text
    names = ", ".join(name_of(field, resource_types, model) for field in fields)
    if not names:
        return None
    if isinstance(error, UniquenessException):
        return f"another resource has the same value of {names}"
    if isinstance(error, InvalidValueException):
        reason = "a value is required" if violation.is_null else "the project does not allow this value"
        return f"{names}: {reason}"
    return None


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
    columns = violation.columns
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
    return f"column {field}" if attribute is None else f"{attribute} (column {field})"


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
