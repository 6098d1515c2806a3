"""What an adapter can find wrong with its model before a request does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import FieldError, ValidationError
from django.db.models import CharField, Field, IntegerField, TextField, UUIDField

from django_scim.imports import nearest
from django_scim.mappings import Column, Password
from django_scim.mappings.identifiers import can_be_random, record_key_for

if TYPE_CHECKING:
    from django_scim.adapters.adapter import Adapter

PRIVILEGES = ("is_superuser", "is_staff", "user_permissions", "permissions")
"""The fields of ``django.contrib.auth`` that say what somebody may do, whatever group they are in."""


def check_model(adapter: Adapter) -> Iterator[CheckMessage]:
    """Check the model, and the columns that the adapter uses beside those of its mappings."""
    yield from check_primary_key(adapter)
    yield from check_id_field(adapter)
    yield from check_named_columns(adapter)
    yield from check_delete(adapter)
    yield from check_required_columns(adapter)
    yield from check_truth_values(adapter)
    yield from check_privileges(adapter)
    yield from check_protect(adapter)


def check_primary_key(adapter: Adapter) -> Iterator[CheckMessage]:
    """Report a primary key that no record can name."""
    meta = adapter.model._meta
    if record_key_for(meta.pk) is None:
        yield Error(
            f"{adapter.setting}: the primary key of {meta.label} is a {type(meta.pk).__name__}, but has to "
            f"be an integer, a UUID or text.",
            obj=type(adapter),
            id="django_scim.E010",
        )


def check_id_field(adapter: Adapter) -> Iterator[CheckMessage]:
    """Report an ``id_field`` whose values cannot be the ``id``."""
    if adapter.id_field is None:
        return
    meta = adapter.model._meta
    unique = {constraint.fields for constraint in meta.total_unique_constraints}
    suitable = {
        field.name: field
        for field in meta.concrete_fields
        if isinstance(field, CharField | TextField | IntegerField | UUIDField)
        and (field.unique or (field.name,) in unique)
    }
    field = suitable.get(adapter.id_field)
    if field is None:
        yield Error(
            f"{adapter.setting}: the 'id_field' is '{adapter.id_field}', which is no unique column of text, "
            f"integers or UUIDs of {meta.label}.",
            hint=nearest(adapter.id_field, suitable),
            obj=type(adapter),
            id="django_scim.E010",
        )
    elif field.null:
        yield Warning(
            f"{adapter.setting}: rows of {meta.label} without a value in '{field.name}', the 'id_field', are "
            f"hidden from SCIM.",
            hint="Give every row a value, and the column null=False.",
            obj=type(adapter),
            id="django_scim.W003",
        )


def check_named_columns(adapter: Adapter) -> Iterator[CheckMessage]:
    """Report attributes of the adapter that name a field which there is not."""
    meta = adapter.model._meta
    columns = [field.name for field in meta.concrete_fields]
    for option in ("display_column", "created_field"):
        name = getattr(adapter, option)
        if name is not None and name not in columns:
            yield Error(
                f"{adapter.setting}: the '{option}' is '{name}', but {meta.label} has no such column.",
                hint=nearest(str(name), columns),
                obj=type(adapter),
                id="django_scim.E010",
            )


def check_delete(adapter: Adapter) -> Iterator[CheckMessage]:
    """Report a word that says of nothing how a resource is deleted."""
    if adapter.delete not in ("soft", "hard"):
        yield Error(
            f"{adapter.setting}: 'delete' is {adapter.delete!r}, but has to be 'soft' or 'hard'.",
            hint=nearest(str(adapter.delete), ("soft", "hard")),
            obj=type(adapter),
            id="django_scim.E006",
        )


def check_required_columns(adapter: Adapter) -> Iterator[CheckMessage]:
    """Warn of columns that have to have a value, and that a POST leaves without one."""
    meta = adapter.model._meta
    mapped: set[str] = set()
    for mapping in adapter.written_mappings:
        mapped.update(column.partition("__")[0] for column in mapping.columns())
        if isinstance(mapping, Password):
            mapped.add("password")
    for field in meta.concrete_fields:
        is_id = field.name == adapter.id_field and can_be_random(field)
        is_filled = is_id or field.name == adapter.tenant_field
        if field.name not in mapped and not is_filled and is_left_empty(field):
            yield Warning(
                f"{adapter.setting}: nothing maps the column '{field.name}' of {meta.label}, which has to "
                f"have a value and has no default: a POST leaves it empty, or is refused.",
                hint="Map it, give it a default, or set it in the model's save().",
                obj=type(adapter),
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


def check_truth_values(adapter: Adapter) -> Iterator[CheckMessage]:
    """Warn of a truth value in a column of another type, and the other way round."""
    for mapping in adapter.mappings.values():
        if not isinstance(mapping, Column) or mapping.host is None:
            continue
        is_boolean = mapping.path.binding.target_type is bool
        if is_boolean is not (mapping.host.field.get_internal_type() == "BooleanField"):
            column = type(mapping.host.field).__name__
            values = "true or false" if is_boolean else "no truth value"
            yield Warning(
                f"{adapter.setting} maps '{mapping.path.key}', which is {values}, to '{mapping.column}', "
                f"which is a {column}: most values are refused.",
                obj=type(adapter),
                id="django_scim.W005",
            )


def check_privileges(adapter: Adapter) -> Iterator[CheckMessage]:
    """Warn of an attribute by which an identity provider can give every right there is."""
    for mapping in adapter.written_mappings:
        names = [*mapping.columns(), getattr(mapping, "relation", "")]
        given = [name for name in names if name.rpartition("__")[2] in PRIVILEGES]
        if given:
            yield Warning(
                f"{adapter.setting} maps '{mapping.path.key}' to '{given[0]}': whoever has a token that may "
                f"write can give every account these rights.",
                obj=type(adapter),
                id="django_scim.W006",
            )


def check_protect(adapter: Adapter) -> Iterator[CheckMessage]:
    """Report look-ups of ``protect`` that the model does not have."""
    try:
        adapter.model._base_manager.filter(**(adapter.protect or {}))
    except (FieldError, ValueError, TypeError, ValidationError) as error:
        yield Error(
            f"{adapter.setting}: 'protect' cannot be looked up: {error}",
            obj=type(adapter),
            id="django_scim.E011",
        )
