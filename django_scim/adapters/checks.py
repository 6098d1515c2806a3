"""What can be found wrong with the model of a resource type before a request does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db.models import (
    CharField,
    DateField,
    DecimalField,
    DurationField,
    Field,
    FloatField,
    IntegerField,
    TextField,
    TimeField,
    UUIDField,
)

from django_scim.adapters.shared_rows import check_written_columns
from django_scim.imports import nearest
from django_scim.mappings import Column, Password
from django_scim.mappings.columns import HostPath
from django_scim.mappings.identifiers import can_be_random, record_key_for

if TYPE_CHECKING:
    from django_scim.resources.resource_type import ResourceType

PRIVILEGES = ("is_superuser", "is_staff", "user_permissions", "permissions")
"""The fields of ``django.contrib.auth`` that say what somebody may do, whatever group they are in."""

NOT_TEXT = (IntegerField, FloatField, DecimalField, DateField, TimeField, DurationField)
"""Columns that hold text of one form alone."""

NUMBER = "Number"
"""How the names of attributes end whose text may be a number."""


def check_model(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Check the model, and the columns that the adapter uses beside those of its mappings."""
    for check in (
        check_primary_key,
        check_id_field,
        check_named_columns,
        check_delete,
        check_required_columns,
        check_truth_values,
        check_text,
        check_privileges,
        check_protect,
        check_written_columns,
    ):
        for message in check(resource_type):
            message.obj = type(resource_type.adapter)
            yield message


def check_primary_key(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Report a primary key that no record can name."""
    meta = resource_type.model._meta
    if record_key_for(meta.pk) is None:
        yield Error(
            f"{resource_type.setting}: the primary key of {meta.label} is a {type(meta.pk).__name__}, but "
            f"has to be an integer, a UUID or text.",
            obj=type(resource_type.adapter),
            id="django_scim.E010",
        )


def check_id_field(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Report an ``id_field`` whose values cannot be the ``id``."""
    if resource_type.adapter.id_field is None:
        return
    meta = resource_type.model._meta
    unique = {constraint.fields for constraint in meta.total_unique_constraints}
    suitable = {
        field.name: field
        for field in meta.concrete_fields
        if isinstance(field, CharField | TextField | IntegerField | UUIDField)
        and (field.unique or (field.name,) in unique)
    }
    field = suitable.get(resource_type.adapter.id_field)
    if field is None:
        yield Error(
            f"{resource_type.setting}: the 'id_field' is '{resource_type.adapter.id_field}', which is "
            f"no unique column of text, integers or UUIDs of {meta.label}.",
            hint=nearest(resource_type.adapter.id_field, suitable),
            id="django_scim.E010",
        )
    elif field.null:
        yield Warning(
            f"{resource_type.setting}: rows of {meta.label} without a value in '{field.name}', the "
            f"'id_field', are hidden from SCIM.",
            hint="Give every row a value, and the column null=False.",
            id="django_scim.W003",
        )


def check_named_columns(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Report attributes of the adapter that name a field which does not exist."""
    meta = resource_type.model._meta
    columns = [field.name for field in meta.concrete_fields]
    for option in ("display_column", "created_field"):
        name = getattr(resource_type.adapter, option)
        if name is not None and not is_column(resource_type, name):
            yield Error(
                f"{resource_type.setting}: the '{option}' is '{name}', but {meta.label} has no such column.",
                hint=nearest(str(name), columns),
                id="django_scim.E010",
            )


def is_column(resource_type: ResourceType, name: str) -> bool:
    """Whether a name is that of a column of the model, or of a part of the resource."""
    try:
        host = HostPath(resource_type.model, name, resource_type.adapter.parts)
    except (FieldDoesNotExist, ValueError):
        return False
    return not host.relations or host.is_in_part


def check_delete(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Report a ``delete`` that is neither of the two words."""
    if resource_type.adapter.delete not in ("soft", "hard"):
        yield Error(
            f"{resource_type.setting}: 'delete' is {resource_type.adapter.delete!r}, but has to be "
            f"'soft' or 'hard'.",
            hint=nearest(str(resource_type.adapter.delete), ("soft", "hard")),
            id="django_scim.E006",
        )


def check_required_columns(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Warn of columns that have to have a value, and that a POST leaves without one."""
    meta = resource_type.model._meta
    mapped: set[str] = set()
    for mapping in resource_type.written_mappings:
        mapped.update(column.partition("__")[0] for column in mapping.columns())
        if isinstance(mapping, Password):
            mapped.add("password")
    for field in meta.concrete_fields:
        is_id = field.name == resource_type.adapter.id_field and can_be_random(field)
        is_filled = is_id or field.name == resource_type.adapter.tenant_field
        if field.name not in mapped and not is_filled and is_left_empty(field):
            yield Warning(
                f"{resource_type.setting}: nothing maps the column '{field.name}' of {meta.label}, which "
                f"has to have a value and has no default: a POST leaves it empty, or is refused.",
                hint="Map it, give it a default, or set it in the model's save().",
                id="django_scim.W004",
            )


def is_left_empty(field: Field[Any, Any]) -> bool:
    """Whether a new row has no value for a column that has to have one."""
    is_filled = (
        field.has_default()
        or field.has_db_default()
        or field.null
        or field.blank
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or getattr(field.remote_field, "parent_link", False)
    )
    return not is_filled and not field.generated


def check_truth_values(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Warn of a truth value in a column of another type, and the other way round."""
    for mapping in plain_columns(resource_type):
        is_boolean = mapping.path.binding.target_type is bool
        if is_boolean is not (mapping.found.field.get_internal_type() == "BooleanField"):
            column = type(mapping.found.field).__name__
            values = "true or false" if is_boolean else "no truth value"
            yield Warning(
                f"{resource_type.setting} maps '{mapping.path.key}', which is {values}, to "
                f"'{mapping.column}', which is a {column}: most values are refused.",
                hint="Map another column, or give the mapping a conversion such as Choices.",
                obj=type(resource_type.adapter),
                id="django_scim.W005",
            )


def check_text(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Warn of text in a column of numbers or times. The number of an employee may be one."""
    for mapping in plain_columns(resource_type):
        kind, field = mapping.path.binding.target_type, mapping.found.field
        is_text = isinstance(kind, type) and issubclass(kind, str)
        if is_text and isinstance(field, NOT_TEXT) and not mapping.path.key.endswith(NUMBER):
            yield Warning(
                f"{resource_type.setting} maps '{mapping.path.key}', which is text, to '{mapping.column}', "
                f"whose type is {type(field).__name__}: what is no value of it is refused.",
                hint="Map a column of text, or give the mapping a conversion such as Choices or Convert.",
                obj=type(resource_type.adapter),
                id="django_scim.W005",
            )


def plain_columns(resource_type: ResourceType) -> Iterator[Column]:
    """Yield the mappings to columns that are found and have no conversion of their own."""
    for mapping in resource_type.mappings.values():
        if isinstance(mapping, Column) and mapping.host is not None and mapping.given_conversion is None:
            yield mapping


def check_privileges(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Warn of an attribute by which an identity provider can give every right there is."""
    for mapping in resource_type.written_mappings:
        names = [*mapping.columns(), getattr(mapping, "relation", "")]
        given = [name for name in names if name.rpartition("__")[2] in PRIVILEGES]
        if given:
            yield Warning(
                f"{resource_type.setting} maps '{mapping.path.key}' to '{given[0]}': whoever has a token "
                f"that may write can give every account these rights.",
                obj=type(resource_type.adapter),
                id="django_scim.W006",
            )


def check_protect(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Report look-ups of ``protect`` that the model does not have."""
    try:
        resource_type.model._base_manager.filter(**(resource_type.adapter.protect or {}))
    except (FieldError, ValueError, TypeError, ValidationError) as error:
        reason = " ".join(error.messages) if isinstance(error, ValidationError) else error
        yield Error(
            f"{resource_type.setting}: 'protect' cannot be looked up: {reason}",
            hint="It has look-ups as filter() takes them, such as {'groups__name': 'Administrators'}.",
            id="django_scim.E011",
        )
