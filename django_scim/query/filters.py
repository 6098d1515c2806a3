"""SCIM filters compiled to the ORM (RFC 7644 section 3.4.2.2).

scim2-models parses a filter and checks it against the schemas; the mappings say what each comparison
is in the database. What remains is the logic between them.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q
from scim2_models import InvalidFilterException, InvalidPathException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from django_scim.conf import get_settings
from django_scim.dialects.canonical import PATHS
from django_scim.mappings.mapping import Mapping, parts_of
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import AttributePath, Json
from django_scim.sql.operand import any_of, constant
from django_scim.sql.sources import Source, operand_of

EQUALITY = (CompareOperator.eq, CompareOperator.ne)


def compile_filter(
    resource_type: ResourceType, node: FilterNode, caller: Caller, *, is_alone: bool = True
) -> Q:
    """Return the condition on the rows of a resource type that a filter stands for.

    :param node: The syntax tree of a filter that scim2-models has checked against the resource type.
    :param is_alone: Whether no other resource type is queried with it. Otherwise it may not have
        each of the attributes (RFC 7644 section 3.4.2.1).
    :raises InvalidFilterException: If an attribute cannot be filtered, or the filter is too large.
    """
    require_bounded_filter(node)
    compiler = ResourceCompiler if is_alone else SharedCompiler
    return compiler(resource_type, caller).visit(node)


def compile_value_filter(
    resource_type: ResourceType, head: AttributePath, node: FilterNode, source: Source
) -> Q:
    """Return the condition on the rows of a source that the filter of a value path stands for."""
    require_bounded_filter(node)
    return ValueCompiler(resource_type, head, source).visit(node)


class Compiler(FilterVisitor[Q]):
    """What a filter of resources and a filter of values have in common."""

    def visit_not(self, node: Not) -> Q:
        """Negate; no condition is ever unknown."""
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Q:
        join = and_ if node.op is LogicalOperator.and_ else or_
        return reduce(join, [self.visit(term) for term in node.terms])

    @abstractmethod
    def visit_comparison(self, node: Comparison) -> Q: ...

    @abstractmethod
    def visit_present(self, node: Present) -> Q: ...


class ResourceCompiler(Compiler):
    """A filter of resources: each attribute is a path from the resource."""

    def __init__(self, resource_type: ResourceType, caller: Caller) -> None:
        self.resource_type = resource_type
        self.caller = caller

    def visit_comparison(self, node: Comparison) -> Q:
        """Ask the mapping. A multi-valued complex attribute stands for its ``value``.

        :raises InvalidFilterException: If another complex attribute is compared with anything but null.
        """
        path = self.path(node.attr_path)
        if path.is_complex and not path.is_multivalued and node.value is None and node.op in EQUALITY:
            parts = parts_of(self.resource_type, path)
            assigned = any_of(mapping.assigned(part, self.caller) for mapping, part in parts)
            return assigned if node.op is CompareOperator.ne else ~assigned
        if path.is_complex:
            value = self.resource_type.resolve(f"{path.key}.value") if path.is_multivalued else None
            if value is None:
                raise InvalidFilterException(
                    detail=f"'{path.key}' is complex: compare one of its sub-attributes"
                )
            path = value
        mapping = self.resource_type.mapping_for(path)
        if mapping is None:
            raise InvalidFilterException(detail=f"'{path.key}' cannot be filtered")
        return mapping.lookup(path, node.op, node.value, self.caller)

    def visit_present(self, node: Present) -> Q:
        """Ask the mapping; a complex attribute is present when one of its sub-attributes is."""
        path = self.path(node.attr_path)
        return any_of(
            mapping.present(part, self.caller) for mapping, part in parts_of(self.resource_type, path)
        )

    def visit_value_path(self, node: ValuePath) -> Q:
        """One value has to meet the whole filter."""
        path = self.path(node.attr_path)
        mapping = self.resource_type.mapping_for(path)
        if mapping is None or not path.is_multivalued:
            raise InvalidFilterException(detail=f"'{path.key}' has no values to select from")
        return mapping.any_value(self.caller, self._condition(mapping, node))

    def _condition(self, mapping: Mapping, node: ValuePath):  # type: ignore[no-untyped-def]
        return lambda source: ValueCompiler(self.resource_type, mapping.path, source).visit(node.val_filter)

    def path(self, attr_path: AttrPath) -> AttributePath:
        """Return what a path names.

        :raises InvalidFilterException: If there is no such attribute.
        """
        path = self.resource_type.resolve(str(attr_path))
        if path is None:
            raise InvalidFilterException(detail=f"there is no attribute '{attr_path}'")
        return path


class SharedCompiler(ResourceCompiler):
    """A filter of several resource types, some of which do not have each of its attributes.

    No comparison with an attribute that the resource type does not have is true, not even ``ne``:
    scim2-models reads RFC 7644 section 3.4.2.1 so.
    """

    def visit(self, node: FilterNode) -> Q:
        if (
            isinstance(node, Comparison | Present | ValuePath)
            and self.resource_type.resolve(str(node.attr_path)) is None
        ):
            return constant(False)
        return super().visit(node)


class ValueCompiler(Compiler):
    """The filter in a value path: each attribute is a sub-attribute of the value."""

    def __init__(self, resource_type: ResourceType, head: AttributePath, source: Source) -> None:
        self.resource_type = resource_type
        self.head = head
        self.source = source

    def visit_comparison(self, node: Comparison) -> Q:
        return operand_of(self.source, self.sub(node.attr_path)).compare(node.op, node.value)

    def visit_present(self, node: Present) -> Q:
        return operand_of(self.source, self.sub(node.attr_path)).present_and_not_empty()

    def visit_value_path(self, node: ValuePath) -> Q:
        """Refuse: sub-attributes have no values to select from."""
        raise InvalidFilterException(detail="a value filter cannot contain another")

    def sub(self, attr_path: AttrPath) -> str | None:
        """Return the canonical name of a sub-attribute; None for the values of a simple attribute.

        :raises InvalidFilterException: If there is no such sub-attribute.
        """
        if not self.head.sub_attributes and attr_path.attr.lower() == "value":
            return None
        path = self.resource_type.resolve(f"{self.head.key}.{attr_path}")
        if path is None or path.sub is None:
            raise InvalidFilterException(detail=f"'{self.head.key}' has no sub-attribute '{attr_path}'")
        return path.sub


def require_bounded_parameters(parameters: Json) -> None:
    """Refuse the parameters of a query that are too long, before they are parsed.

    A cursor is as long as the server has made it.

    :raises InvalidFilterException: If the filter is.
    :raises InvalidPathException: If another one is.
    """
    longest_filter, longest = get_settings().MAX_FILTER_LENGTH, get_settings().MAX_PARAMETER_LENGTH
    for name, value in parameters.items():
        if name.lower() == "filter" and length_of(value) > longest_filter:
            raise InvalidFilterException(detail=f"a filter may have {longest_filter} characters at most")
        if name.lower() in PATHS and length_of(value) > longest:
            raise InvalidPathException(detail=f"'{name}' may have {longest} characters at most")


def length_of(value: Any) -> int:
    """Return how many characters a text has, or the texts in a list with commas between."""
    if isinstance(value, list):
        return sum(len(text) + 1 for text in value if isinstance(text, str))
    return len(value) if isinstance(value, str) else 0


def require_bounded_filter(node: FilterNode) -> None:
    """Refuse a filter that would be too large a query.

    scim2-models has no filter nested deeper than 32, so that recursion has an end.

    :raises InvalidFilterException: If it nests too deep or has too many comparisons.
    """
    settings = get_settings()
    if depth_of(node) > settings.MAX_FILTER_DEPTH:
        raise InvalidFilterException(detail=f"a filter may nest {settings.MAX_FILTER_DEPTH} deep at most")
    if (limit := settings.MAX_FILTER_TERMS) < count_terms(node):
        raise InvalidFilterException(detail=f"a filter may have {limit} comparisons at most")


def terms_of(node: FilterNode) -> tuple[FilterNode, ...]:
    """Return what a filter is made of; nothing for a comparison."""
    if isinstance(node, LogicalExpr):
        return tuple(node.terms)
    if isinstance(node, Not):
        return (node.expr,)
    return (node.val_filter,) if isinstance(node, ValuePath) else ()


def depth_of(node: FilterNode) -> int:
    """Return how deep a filter nests: a comparison alone does not."""
    return max((1 + depth_of(term) for term in terms_of(node)), default=0)


def count_terms(node: FilterNode) -> int:
    """Return how many comparisons a filter has."""
    return sum(map(count_terms, terms_of(node))) or 1
