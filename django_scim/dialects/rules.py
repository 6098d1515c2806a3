"""What a rule is, when it is applied, and what becomes of a request that one cannot read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any, TypeVar

from scim2_models import InvalidSyntaxException, SCIMException
from scim2_models.path import Comparison

logger = logging.getLogger("django_scim.request")

Function = TypeVar("Function", bound=Callable[..., Any])


class Stage(Enum):
    """What a rule looks at, in the order in which the rules are applied."""

    MESSAGE = "message"
    """The body of a PATCH: ``rule(body) -> body``."""

    SPLIT = "split"
    """One operation of a PATCH: ``rule(operation, schema) -> operations``."""

    RESOURCE = "resource"
    """The body of a POST or a PUT: ``rule(body, schema) -> body``."""

    QUERY = "query"
    """The parameters of a query, from the URL or from a body: ``rule(parameters) -> parameters``."""

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


RESULTS: dict[Stage, type] = {
    Stage.SPLIT: list,
    Stage.RESOURCE: dict,
    Stage.QUERY: dict,
    Stage.FILTER: str,
    Stage.COMPARISON: Comparison,
    Stage.PATH: str,
    Stage.OPERATION: dict,
}
"""What a rule has to return; at the other stages it may be any JSON."""


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
        return self.function.__name__

    def guarded(self, stage: Stage) -> Callable[..., Any]:
        """Return the function for one stage, so that a failure refuses the request and names the rule.

        For the rules of a host: what it has not foreseen must be neither a 500 nor written by half.
        """

        def apply(given: Any, *context: Any) -> Any:
            try:
                result = self.function(given, *context)
            except SCIMException:
                raise
            except Exception as error:
                logger.exception("The rule %s.%s failed", self.function.__module__, self.name)
                raise self.failure() from error
            if not fits(stage, result):
                logger.error(
                    "The rule %s.%s has returned %s, which is nothing for the stage %s",
                    self.function.__module__,
                    self.name,
                    type(result).__name__,
                    stage.name,
                )
                raise self.failure()
            return result

        return apply

    def failure(self) -> SCIMException:
        """Return the refusal of a request that the rule fails on."""
        return InvalidSyntaxException(detail=f"the rule '{self.name}' of this server cannot read the request")


def fits(stage: Stage, result: Any) -> bool:
    """Whether a rule has returned what the next rule of the stage can take."""
    if stage is Stage.SPLIT:
        return isinstance(result, list) and all(isinstance(operation, dict) for operation in result)
    return isinstance(result, RESULTS.get(stage, object))


def rule(*stages: Stage, sent_by: str, source: str, default: bool = True) -> Callable[[Function], Function]:
    """Make a function a rule.

    Nothing applies it yet: ``DIALECT_RULES`` names the rules that every connection has, and a
    :class:`~django_scim.dialects.Dialect` those of some.

    :param stages: What it looks at.
    :param sent_by: The identity providers that are known to send what it is about.
    :param source: Where that can be read.
    :param default: Whether every connection has it where ``DIALECT_RULES`` names its module.
    """

    def mark(function: Function) -> Function:
        setattr(function, MARK, Rule(stages, function, sent_by, source, default))
        return function

    return mark


MARK = "_django_scim_rule"
"""The attribute of a function that holds its rule."""


def rule_of(function: Any) -> Rule | None:
    """Return the rule of a function, or None."""
    found = getattr(function, MARK, None)
    return found if isinstance(found, Rule) else None


def rules_in(module: ModuleType) -> list[Rule]:
    """Return the rules that a module defines, in its order, without those that it imports."""
    found = dict.fromkeys(rule_of(value) for value in vars(module).values() if callable(value))
    return [each for each in found if each is not None and each.function.__module__ == module.__name__]
