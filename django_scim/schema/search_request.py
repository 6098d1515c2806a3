"""The SearchRequest of scim2-models, with a filter that may be parsed already.

The workaround for its filters lives here, and nowhere else. Its ``ScimFilter`` takes text or a tree, but its
``SearchRequest`` takes text alone: pydantic refuses all else, and the filter of the resource types parses the
text. So what a dialect has parsed and changed would be written as text, and parsed again.
"""

from __future__ import annotations

from typing import Any, Generic

import scim2_models
from scim2_models import InvalidFilterException
from scim2_models.path import FilterNode
from scim2_models.path.path import ResourceT


class ParsedFilter(str):
    """The text of a filter, and what the parser made of it: text so that pydantic takes it.

    :ivar result: The tree, or what is wrong with the text.
    """

    result: FilterNode | InvalidFilterException

    def __new__(cls, text: str, result: FilterNode | InvalidFilterException) -> ParsedFilter:
        parsed = super().__new__(cls, text)
        parsed.result = result
        return parsed

    @classmethod
    def parse(cls, text: str) -> ParsedFilter:
        """Parse a text; what is wrong with it is raised when a SearchRequest is made of it."""
        try:
            return cls(text, scim2_models.ScimFilter(text).ast)
        except InvalidFilterException as error:
            return cls(text, error)


class ScimFilter(scim2_models.ScimFilter[ResourceT], Generic[ResourceT]):
    """A filter that is checked against its resource types in the same way, but not parsed a second time."""

    def __new__(cls, expression: Any) -> ScimFilter[ResourceT]:
        if isinstance(expression, ParsedFilter):
            expression = expression.result
        if isinstance(expression, InvalidFilterException):
            raise expression
        return super().__new__(cls, expression)  # type: ignore[return-value]


class SearchRequest(scim2_models.SearchRequest[ResourceT], Generic[ResourceT]):
    """A query whose filter may be a :class:`ParsedFilter`."""

    filter: ScimFilter[ResourceT] | None = None
    """The filter used to request a subset of resources."""
