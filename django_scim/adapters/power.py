"""Rows with power in the project, by the columns and relations that usually tell of it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, Exists, ManyToManyField, Model, OuterRef, Q

POWER_FLAGS = ("is_staff",)
"""The usual columns that tell who may do more than others in the project."""

POWER_RELATIONS = ("user_permissions", "permissions")
"""The usual relations to permissions."""


def power_of(model: type[Model], prefix: str = "") -> list[Q]:
    """Return the conditions on rows of a model with power in the project, each of which is enough.

    :param prefix: How a query reaches the model, such as ``user__``.
    """
    conditions: list[Q] = [Q(**{f"{prefix}{name}": True}) for name in POWER_FLAGS if has_field(model, name)]
    for name in POWER_RELATIONS:
        field = model._meta.get_field(name) if has_field(model, name) else None
        if isinstance(field, ManyToManyField):
            through: Any = field.remote_field.through
            own = through._base_manager.filter(**{field.m2m_field_name(): OuterRef(f"{prefix}pk")})
            conditions.append(Q(Exists(own)))
    return conditions


def has_field(model: type[Model], name: str) -> bool:
    """Whether a model has a field of that name."""
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def has_flag(model: type[Model], name: str) -> bool:
    """Whether a model has a column of that name with truth values."""
    return has_field(model, name) and isinstance(model._meta.get_field(name), BooleanField)
