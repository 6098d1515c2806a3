"""The statements of the queries that clients send most: a first page, of all or by one value.

A provider looks an account up by ``userName``, ``externalId`` or ``emails`` before each write. Only the value
differs, so the statement is kept: see :mod:`django_scim.sql.prepared`. The ORM builds all others each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any, cast

from django.db import router
from django.db.models import Count, Q, QuerySet, TextField, Value
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)

from django_scim.mappings import Column, Mapping, PrimaryValue
from django_scim.mappings.builtin import ExternalId
from django_scim.mappings.conversions import Conversion
from django_scim.query.filters import compile_filter, require_bounded_filter, terms_of
from django_scim.resources.loading import only_columns, rows_to_keep
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


SELECTED_BY = (CompareOperator.eq, CompareOperator.co)
"""How the value of an entry may be compared in a query that is kept."""


def comparisons_of(node: ValuePath) -> Sequence[Comparison] | None:
    """Return the comparisons that a value has to meet all; None if a value path has more than these."""
    inner = node.val_filter
    is_joined = isinstance(inner, LogicalExpr) and inner.op is LogicalOperator.and_
    terms = terms_of(inner) if is_joined else (inner,)
    found = [term for term in terms if isinstance(term, Comparison)]
    return found if len(found) == len(terms) else None


def one_text(resource_type: ResourceType, node: ValuePath) -> Comparison | None:
    """Return the one comparison in a value path with a text that may be any.

    Such a path is ``emails[type eq "work" and value eq "…"]``, by which Entra ID matches. Beside the text
    there may be values of which the schema has a list. None for any other path.
    """
    comparisons = comparisons_of(node) or ()
    head = str(node.attr_path)
    texts = [each for each in comparisons if not is_listed(resource_type, head, each)]
    if len(texts) != 1 or texts[0].op not in SELECTED_BY:
        return None
    text = texts[0]
    is_value = str(text.attr_path).lower() == "value" and isinstance(text.value, str) and text.value
    return text if is_value else None


def with_place(node: FilterNode, text: Comparison) -> Any:
    """Return a filter with :data:`VALUE` in the place of the text of a comparison."""
    if node is text:
        return replace(text, value=cast("Any", VALUE))
    if isinstance(node, ValuePath):
        return replace(node, val_filter=with_place(node.val_filter, text))
    if isinstance(node, LogicalExpr):
        return replace(node, terms=tuple(with_place(term, text) for term in node.terms))
    return node


def is_listed(resource_type: ResourceType, head: str, comparison: Comparison) -> bool:
    """Whether a sub-attribute is compared with one of the values that the schema lists."""
    path = resource_type.resolve(f"{head}.{comparison.attr_path}")
    kind = None if path is None else path.binding.target_type
    if not isinstance(kind, type) or comparison.op is not CompareOperator.eq:
        return False
    if issubclass(kind, Enum):
        return comparison.value in {member.value for member in kind}
    return kind is bool and isinstance(comparison.value, bool)


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
    is_look_up: bool = True
    """Whether an index finds the rows: they are not sought for long."""

    @property
    def database(self) -> str:
        """The database that is asked."""
        return router.db_for_read(self.resource_type.model)

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
        if isinstance(node, ValuePath):
            return cls.of_entries(resource_type, node, caller, visible)
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

    @classmethod
    def of_entries(
        cls, resource_type: ResourceType, node: ValuePath, caller: Caller, visible: tuple[Any, ...]
    ) -> KeptQuery | None:
        """Return the query that a value path stands for, or None if it is not one of these.

        :raises InvalidFilterException: If no attribute can hold the value.
        """
        text = one_text(resource_type, node)
        path = resource_type.resolve(f"{node.attr_path}.value")
        mapping = None if path is None else resource_type.mapping_for(path)
        if text is None or path is None or type(mapping) is not PrimaryValue:
            return None
        require_bounded_filter(node)
        check_text(text.value)
        value = comparable_text(mapping, path, str(text.value), caller)
        if value is None:
            return None
        template = with_place(node, text)
        lookup = partial(compile_filter, resource_type, template, caller)
        others = [str(each) for each in comparisons_of(node) or () if each is not text]
        key = (visible, path.key, text.op, *others)
        return cls(resource_type, caller, lookup, value, key, text.op is CompareOperator.eq)

    def page(self, count: int, projection: Projection) -> Iterator[Any] | None:
        """Yield the first rows with the columns of a projection. None if there is no statement."""

        def rows() -> QuerySet[Any, Any]:
            connection = self.caller.connection
            found = self._among(rows_to_keep(self.resource_type, connection, projection))
            return only_columns(BY_PRIMARY_KEY.first(found, count), projection)

        statement = self._statement(rows, "page", count, projection)
        return None if statement is None else self._run(statement)

    def total(self) -> int | None:
        """Return how many rows there are. None if there is no statement."""

        def rows() -> QuerySet[Any, Any]:
            # Grouped by a constant, so not at all: one row, as of QuerySet.count().
            found = self._among(self.resource_type.queryset(self.caller.connection))
            grouped = found.order_by().values(scim_one=Value(1)).annotate(scim_count=Count("*"))
            return cast("QuerySet[Any, Any]", grouped.values_list("scim_count", flat=True))

        statement = self._statement(rows, "count")
        return None if statement is None else int(next(self._run(statement)))

    def _statement(self, rows: Any, *key: Any) -> Prepared[Any] | None:
        return self.resource_type.statements.get(rows, self.database, *key, *self.key)

    def _run(self, statement: Prepared[Any]) -> Iterator[Any]:
        connection = self.caller.connection
        return statement.run(value=self.value, connection=connection and connection.pk)

    def _among(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.lookup is None else rows.filter(self.lookup())
