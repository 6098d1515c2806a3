"""The statements of the queries that clients send most: a first page, of all or by one value.

A provider looks an account up by ``userName``, ``externalId`` or ``emails`` before each write. Only the value
differs, so the statement is kept: see :mod:`django_scim.sql.prepared`. The ORM builds all others each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django.db import router
from django.db.models import Count, Q, QuerySet, TextField, Value
from scim2_models.path import CompareOperator, Comparison, FilterNode

from django_scim.mappings import Column, Mapping, PrimaryValue
from django_scim.mappings.builtin import ExternalId
from django_scim.mappings.conversions import Conversion
from django_scim.query.filters import require_bounded_filter
from django_scim.resources.loading import only_columns
from django_scim.resources.projection import Projection
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import AttributePath
from django_scim.sql.keyset import BY_PRIMARY_KEY
from django_scim.sql.operand import ColumnOperand, check_text, is_text
from django_scim.sql.prepared import Prepared, Slot

VALUE = Slot("value", TextField())
"""The place of the value that a look-up is by."""


def text_operand(mapping: Mapping, caller: Caller) -> ColumnOperand | None:
    """Return what a statement that is kept compares with a text, or None if there can be no such.

    Any other mapping or conversion may be code of the host, which may compare in another way each time.
    """
    path = mapping.path
    if path.is_multivalued or type(mapping) is not Column:
        return None
    operand = mapping.operand(path, caller)
    is_own = type(mapping.conversion).operand is Conversion.operand
    return operand if is_own and isinstance(operand, ColumnOperand) and operand.is_text else None


def comparable_text(mapping: Mapping, path: AttributePath, value: str, caller: Caller) -> str | None:
    """Return what a look-up by a text compares, or None if its SQL may be another one for another text.

    So it is where the code of the host may have a part in it, and where a value is decoded to be compared.
    """
    if type(mapping) is ExternalId:
        return str(path.binding.comparable(value)) if value else None
    if type(mapping) is PrimaryValue and path.sub in (None, "value"):
        binding = mapping.sub_binding("value")
        is_own = type(mapping.column.conversion).operand is Conversion.operand
        return str(binding.comparable(value)) if is_own and binding and is_text(binding) else None
    operand = text_operand(mapping, caller)
    if operand is None or mapping.path.key != path.key:
        return None
    spelled, *others = mapping.spellings(CompareOperator.eq, value)
    return None if others else operand.encode(spelled)


@dataclass(frozen=True)
class KeptQuery:
    """All resources that a connection sees, or those with one value, in the order of their keys.

    :param lookup: Returns the condition that the attribute has the value; None for a query without a filter.
    :param key: What the statements are kept by.
    """

    resource_type: ResourceType
    caller: Caller
    lookup: Callable[[], Q] | None
    value: str
    key: tuple[Any, ...]

    @classmethod
    def of(cls, resource_type: ResourceType, node: FilterNode | None, caller: Caller) -> KeptQuery | None:
        """Return the query that a filter stands for, or None if it is not one of these.

        :raises InvalidFilterException: If no attribute can hold the value.
        """
        visible = resource_type.visibility(caller.connection)
        if visible is None:
            return None
        if node is None:
            return cls(resource_type, caller, None, "", (visible, None))
        if not isinstance(node, Comparison) or node.op is not CompareOperator.eq:
            return None
        path = resource_type.resolve(str(node.attr_path))
        mapping = None if path is None else resource_type.mapping_for(path)
        if path is None or mapping is None or not isinstance(node.value, str):
            return None
        require_bounded_filter(node)
        check_text(node.value)
        value = comparable_text(mapping, path, node.value, caller)
        if value is None:
            return None
        own = caller.connection and caller.connection.pk if type(mapping) is ExternalId else None
        lookup = partial(mapping.lookup, path, node.op, VALUE, caller)
        return cls(resource_type, caller, lookup, value, (visible, path.key, own))

    def page(self, count: int, projection: Projection) -> Iterator[Any] | None:
        """Yield the first rows with the columns of a projection. None if there is no statement."""

        def rows() -> QuerySet[Any, Any]:
            return only_columns(BY_PRIMARY_KEY.first(self._rows(), count), projection)

        statement = self._statement(rows, "page", count, projection)
        return None if statement is None else statement.run(value=self.value)

    def total(self) -> int | None:
        """Return how many rows there are. None if there is no statement."""

        def rows() -> QuerySet[Any, Any]:
            # Grouped by a constant, so not at all: one row, as of QuerySet.count().
            grouped = self._rows().order_by().values(scim_one=Value(1)).annotate(scim_count=Count("*"))
            return cast("QuerySet[Any, Any]", grouped.values_list("scim_count", flat=True))

        statement = self._statement(rows, "count")
        return None if statement is None else int(next(statement.run(value=self.value)))

    def _statement(self, rows: Any, *key: Any) -> Prepared[Any] | None:
        using = router.db_for_read(self.resource_type.model)
        return self.resource_type.statements.get(rows, using, *key, *self.key)

    def _rows(self) -> QuerySet[Any]:
        rows = self.resource_type.queryset(self.caller.connection)
        return rows if self.lookup is None else rows.filter(self.lookup())
