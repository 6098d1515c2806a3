"""The columns of models, told apart from their relations."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Field, Model


def column_of(model: type[Model], name: str) -> Field[Any, Any]:
    """Return a field that has a column.

    :raises FieldDoesNotExist: If the model has no field of that name.
    """
    return cast("Field[Any, Any]", model._meta.get_field(name))
