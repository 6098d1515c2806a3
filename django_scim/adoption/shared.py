"""Values that should be of one resource and are of several."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Count, F, QuerySet, TextField
from django.db.models.functions import Cast
from scim2_models import AttributeBinding, InvalidPathException

from django_scim.adapters.mappings import Mapping
from django_scim.adoption.selection import Selection, SelectionError
from django_scim.query.functions import Comparable

MAX_SHARED = 10_000
"""The most values that may be of several accounts: a column with more holds something else."""


def shared_external_ids(selection: Selection) -> set[str]:
    """Return the values of the column that several of the selected rows have, as ``externalId`` compares.

    :raises SelectionError: If they are so many that the column cannot be what it is taken for.
    """
    column = selection.external_id
    if column is None:
        return set()
    expression: Any = F(column.path)
    if not isinstance(column.field, CharField | TextField):
        expression = Cast(expression, TextField())
    binding = selection.adapter.mappings["externalId"].path.binding
    return shared(selection.rows(), Comparable(expression, case_exact=True), binding, column.path)


def shared_values(selection: Selection, mapping: Mapping) -> set[str]:
    """Return the values of a unique attribute that several rows have which the connection may see.

    :raises SelectionError: If they are too many.
    """
    path = mapping.path
    try:
        expression = mapping.order(path, selection.scope)
    except InvalidPathException:
        return set()
    return shared(selection.visible(), expression, path.binding, path.key)


def shared(rows: QuerySet[Any], expression: Any, binding: AttributeBinding, name: str) -> set[str]:
    """Return the values of an expression that several rows have, in one query."""
    counted = (
        rows.order_by()
        .annotate(scim_value=expression)
        .exclude(scim_value=None)
        .exclude(scim_value="")
        .values("scim_value")
        .annotate(scim_count=Count("pk", distinct=True))
        .filter(scim_count__gt=1)
        .values_list("scim_value", flat=True)
    )
    found = list(counted[: MAX_SHARED + 1])
    if len(found) > MAX_SHARED:
        raise SelectionError(f"More than {MAX_SHARED} values of '{name}' are of several accounts each.")
    return {str(binding.comparable(value)) for value in found}
