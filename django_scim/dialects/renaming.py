"""A filter with other attributes in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scim2_models import ScimFilter
from scim2_models.path import (
    AttrPath,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    Not,
    Present,
    ValuePath,
)


class Renaming(FilterVisitor[FilterNode]):
    """Copies a filter, with changes to the paths from the resource; those in brackets stay."""

    def __init__(
        self, path: Callable[[AttrPath], AttrPath], comparison: Callable[[Comparison], Comparison]
    ) -> None:
        self.path = path
        self.comparison = comparison

    def visit_comparison(self, node: Comparison) -> FilterNode:
        """Change the path, then the comparison."""
        return self.comparison(replace(node, attr_path=self.path(node.attr_path)))

    def visit_present(self, node: Present) -> FilterNode:
        """Change the path."""
        return replace(node, attr_path=self.path(node.attr_path))

    def visit_value_path(self, node: ValuePath) -> FilterNode:
        """Change the path before the brackets."""
        return replace(node, attr_path=self.path(node.attr_path))

    def visit_not(self, node: Not) -> FilterNode:
        """Change what is negated."""
        return replace(node, expr=self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> FilterNode:
        """Change each term."""
        return replace(node, terms=tuple(self.visit(term) for term in node.terms))


def renamed(
    parsed: ScimFilter[Any],
    path: Callable[[AttrPath], AttrPath],
    comparison: Callable[[Comparison], Comparison],
) -> str:
    """Return a filter with its paths and comparisons changed; as it was written if nothing has."""
    node = Renaming(path, comparison).visit(parsed.ast)
    return str(parsed) if node == parsed.ast else str(node)
