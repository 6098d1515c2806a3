"""The models of the app and their fields."""

from __future__ import annotations

import inspect
from typing import Any

from django.apps import apps
from django.db.models import Field, Model

from generator.prose import as_markdown, in_line


def models() -> str:
    """Return a section for each model."""
    found = apps.get_app_config("django_scim").get_models()
    return "\n\n".join(section(model) for model in sorted(found, key=lambda model: model.__name__))


def section(model: type[Model]) -> str:
    """Return the docstring and the fields of one model."""
    lines = [f"## `{model.__name__}` {{ #django_scim.models.{model.__name__} }}", ""]
    lines += [as_markdown(inspect.getdoc(model) or ""), "", "| Field | Type | |", "|---|---|---|"]
    for field in model._meta.concrete_fields:
        lines.append(f"| `{field.name}` | {kind_of(field)} | {in_line(str(field.help_text))} |")
    return "\n".join(lines)


def kind_of(field: Field[Any, Any]) -> str:
    """Return the class of a field, and what it leads to."""
    name = f"`{type(field).__name__}`"
    related = field.related_model
    return f"{name} to `{related._meta.label}`" if isinstance(related, type) else name
