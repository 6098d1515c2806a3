"""``sortBy`` and ``sortOrder`` (RFC 7644 section 3.4.2.3)."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.db.models.expressions import OrderBy
from scim2_models import AttributeBinding, InvalidPathException

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import Scope
from django_scim.adapters.paths import from_binding


def compile_order(
    adapter: Adapter, binding: AttributeBinding | None, scope: Scope, *, descending: bool
) -> list[Any]:
    """Return what ``order_by`` takes: the attribute, then the primary key, so that pages do not overlap.

    Resources without a value come last in ascending order and first in descending order.

    :raises InvalidPathException: If the attribute cannot be sorted by.
    """
    tie_break = F("pk").asc()
    if binding is None:
        return [tie_break]
    path = from_binding(adapter.resource, binding)
    mapping = adapter.mapping_for(path)
    if mapping is None:
        raise InvalidPathException(path=path.key, detail=f"'{path.key}' cannot be sorted by")
    expression = mapping.order(path, scope)
    if descending:
        return [OrderBy(expression, descending=True, nulls_first=True), tie_break]
    return [OrderBy(expression, nulls_last=True), tie_break]
