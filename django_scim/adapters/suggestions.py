"""System check errors for wrong mappings: the setting, the attribute, and the nearest right name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from django.core.checks import Error
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ManyToManyField, ManyToManyRel, Model

from django_scim.adapters.paths import walk

if TYPE_CHECKING:
    from django_scim.adapters.base import Adapter


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a hint that names what was probably meant, among the names there are."""
    names = sorted(names)
    by_folded = {candidate.lower(): candidate for candidate in names}
    matches = get_close_matches(name.lower(), by_folded, n=1, cutoff=0.4)
    if matches:
        return f"Did you mean '{by_folded[matches[0]]}'?"
    return f"There are: {', '.join(names)}."


def unknown_field(adapter: Adapter, attribute: str, model: type[Model], path: str) -> Error:
    """Report a mapping to a model field that does not exist, or that does not lead to one value."""
    for step in path.split("__"):
        try:
            field = model._meta.get_field(step)
        except FieldDoesNotExist:
            names = [candidate.name for candidate in model._meta.get_fields()]
            return Error(
                f"{adapter.setting} maps '{attribute}' to '{path}', but {model._meta.label} has no field "
                f"'{step}'.",
                hint=nearest(step, names),
                obj=type(adapter),
                id="django_scim.E002",
            )
        related = field.related_model
        if isinstance(related, type):
            model = related
    return Error(
        f"{adapter.setting} maps '{attribute}' to '{path}', which does not lead to one column.",
        hint="Use Rows for one row a value, Members for a many-to-many relation, Reference for a key.",
        obj=type(adapter),
        id="django_scim.E003",
    )


def unknown_relation(adapter: Adapter, attribute: str, relation: str) -> Error:
    """Report a mapping to a many-to-many relation that does not exist."""
    relations = [
        field.get_accessor_name() if isinstance(field, ManyToManyRel) else field.name
        for field in adapter.model._meta.get_fields()
        if isinstance(field, ManyToManyField | ManyToManyRel)
    ]
    return Error(
        f"{adapter.setting} maps '{attribute}' to '{relation}', but {adapter.model._meta.label} has no "
        f"many-to-many relation of that name.",
        hint=nearest(relation, [name for name in relations if name]),
        obj=type(adapter),
        id="django_scim.E002",
    )


def not_one_value(adapter: Adapter, attribute: str) -> Error:
    """Report one column for an attribute that has several values or sub-attributes."""
    return Error(
        f"{adapter.setting} maps '{attribute}' to one column, but the attribute is complex or multi-valued.",
        hint=f"Map a sub-attribute, or use PrimaryValue, Rows, Members or Reference for '{attribute}'.",
        obj=type(adapter),
        id="django_scim.E004",
    )


def unknown_attribute(adapter: Adapter, attribute: str) -> Error:
    """Report a mapping of an attribute that the schemas of the resource type do not have."""
    names: list[str] = []
    for path in walk(adapter.resource):
        names += [path.key, *(f"{path.key}.{sub}" for sub in path.sub_attributes)]
    return Error(
        f"{adapter.setting} maps '{attribute}', which is no attribute of the {adapter.name} schemas.",
        hint=nearest(attribute, names),
        obj=type(adapter),
        id="django_scim.E001",
    )
