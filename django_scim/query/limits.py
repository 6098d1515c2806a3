"""How much of a filter and of the other parameters of a query there may be."""

from __future__ import annotations

from typing import Any

from scim2_models import InvalidFilterException, InvalidPathException
from scim2_models.path import FilterNode, LogicalExpr, Not, ValuePath

from django_scim.adapters.paths import Json
from django_scim.conf import get_settings
from django_scim.dialects.canonical import PATHS


def require_bounded_parameters(parameters: Json) -> None:
    """Refuse the parameters of a query that are too long, before they are parsed.

    A cursor is as long as the server has made it.

    :raises InvalidFilterException: If the filter is.
    :raises InvalidPathException: If another one is.
    """
    settings = get_settings()
    for name, value in parameters.items():
        if name.lower() == "filter" and length_of(value) > settings.MAX_FILTER_LENGTH:
            limit = settings.MAX_FILTER_LENGTH
            raise InvalidFilterException(detail=f"a filter may have {limit} characters at most")
        if name.lower() in PATHS and length_of(value) > settings.MAX_PARAMETER_LENGTH:
            limit = settings.MAX_PARAMETER_LENGTH
            raise InvalidPathException(detail=f"'{name}' may have {limit} characters at most")


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
    if count_terms(node) > settings.MAX_FILTER_TERMS:
        limit = settings.MAX_FILTER_TERMS
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
