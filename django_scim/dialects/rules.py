"""What a rule is, and when it is applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class Stage(Enum):
    """What a rule looks at, in the order in which the rules are applied."""

    MESSAGE = "message"
    """The body of a PATCH: ``rule(body) -> body``."""

    SPLIT = "split"
    """One operation of a PATCH: ``rule(operation, schema) -> operations``."""

    RESOURCE = "resource"
    """The body of a POST or a PUT: ``rule(body, schema) -> body``."""

    FILTER = "filter"
    """The text of a filter: ``rule(text, schema) -> text``."""

    COMPARISON = "comparison"
    """One comparison in a filter, whose path is canonical: ``rule(comparison, schema) -> comparison``."""

    PATH = "path"
    """An attribute path in a PATCH, in a filter or in the query: ``rule(text, schema) -> text``."""

    VALUE = "value"
    """All that an attribute is given: ``rule(value, attribute) -> value``."""

    ENTRY = "entry"
    """The value of a single-valued attribute, or one of the values of another:
    ``rule(entry, attribute) -> entry``."""

    OPERATION = "operation"
    """One operation of a PATCH whose path and value are canonical:
    ``rule(operation, target) -> operation``."""


@dataclass(frozen=True)
class Rule:
    """A deviation, and what it means.

    :param function: Returns the canonical form of what deviates, all else unchanged. It never raises and
        never changes its argument.
    :param sent_by: The identity providers that are known to send it.
    :param source: Where that can be read.
    :param default: Whether it is in force for every connection.
    """

    stages: tuple[Stage, ...]
    function: Callable[..., Any]
    sent_by: str
    source: str
    default: bool

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__


RULES: list[Rule] = []
"""All rules, in the order in which those of one stage are applied."""


def rule(*stages: Stage, sent_by: str, source: str, default: bool = True) -> Callable[[Function], Function]:
    """Register a function as a rule; the parameters are those of :class:`Rule`."""

    def register(function: Function) -> Function:
        RULES.append(Rule(stages, function, sent_by, source, default))
        return function

    return register
