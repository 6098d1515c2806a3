"""Hints of system checks: what somebody meant who mapped an attribute wrongly."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property
from inspect import getattr_static, isfunction

from django.db.models import CharField, Field, ForeignKey, Model, OneToOneRel, TextField

from django_scim.imports import nearest

CALLED = ("name", "title", "label", "code", "slug", "key")
"""What columns are called that say what a row is."""

NEARLY_THE_SAME = 0.9
"""From which likeness on one URN is taken for another that is mistyped."""


def for_missing_field(model: type[Model], name: str) -> str | None:
    """Return what to do about a name that is no field of a model: a property may have it."""
    if name == "pk":
        return f"Did you mean '{model._meta.pk.name}'?"
    found = getattr_static(model, name, None) if name else None
    if isinstance(found, property | cached_property) or isfunction(found):
        kind = "method" if isfunction(found) else "property"
        return (
            f"'{name}' is a {kind} of {model._meta.label}, and no column: use Computed, which reads it, with "
            "the columns that it is made of."
        )
    return nearest(name, [field.name for field in model._meta.get_fields()])


def for_relation(field: object, path: str, attribute: str) -> str | None:
    """Return what to do about a path that ends at a relation to one row, where a column is due.

    :param path: The path, as it was given.
    :param attribute: The attribute that is mapped.
    """
    if not isinstance(field, ForeignKey | OneToOneRel) or not isinstance(field.related_model, type):
        return None
    column = column_of(field.related_model, attribute)
    if column is None:
        return None
    return (
        f"Did you mean '{path}__{column}'? That is a column; use Reference for a foreign key to a resource."
    )


def column_of(model: type[Model], attribute: str) -> str | None:
    """Return the column of text of a model that is most likely to hold an attribute, or None."""
    texts: list[Field[object, object]] = [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField) and not field.primary_key
    ]
    names = [field.name for field in texts]
    called = get_close_matches(attribute.rpartition(":")[2].rpartition(".")[2].lower(), names, n=1)
    usual = [name for name in CALLED if name in names]
    unique = [field.name for field in texts if field.unique]
    return next(iter([*called, *usual, *unique, *names]), None)


def for_unknown_attribute(attribute: str, schemas: Iterable[str], names: Iterable[str]) -> str | None:
    """Return what to do about an attribute that no schema has.

    :param schemas: The ids of the schemas of the resource type.
    :param names: The attributes of these schemas.
    """
    if "[" in attribute:
        head = attribute.partition("[")[0]
        return (
            f"A filter has no place here. Map '{head}' as a whole, with PrimaryValue for one of its values, "
            "Rows for a row for each, or Members."
        )
    urn = attribute.rpartition(":")[0]
    known = [schema.lower() for schema in schemas]
    if urn.lower().startswith("urn:") and not get_close_matches(urn.lower(), known, cutoff=NEARLY_THE_SAME):
        return (
            f"No schema of the resource type is called '{urn}': add it to 'extensions', as a schema or "
            "as the dotted path of a scim2-models Extension."
        )
    return nearest(attribute, names)
