"""Which dialect requests look like: by the rules that change them, and by what the client calls itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from scim2_models import SCIMException

from django_scim.dialects.canonical import canonical_message, canonical_operations, canonical_resource
from django_scim.dialects.patch import keys_are_paths
from django_scim.dialects.registry import STANDARD, STRICT, Dialect, all_dialects, functions
from django_scim.dialects.rules import Rule, Stage, rule_of
from django_scim.schema.attributes import Schema, member
from django_scim.schema.paths import ResourceModel

Body = tuple[ResourceModel, bool, Any]
"""A resource type, whether the request is a PATCH, and its body."""


@dataclass(frozen=True)
class Likeness:
    """What the requests of a connection look like."""

    dialect: Dialect | None
    """The dialect, which may be the standard or the strict one; None if there was no request to look at."""

    deviations: Sequence[Rule]
    """The rules that were needed to understand them."""

    user_agent: str
    """What the client calls itself; empty if it does not say, or if nobody is to know."""

    @property
    def names(self) -> str:
        """The deviations for people."""
        return ", ".join(rule.name.replace("_", " ") for rule in self.deviations)

    def __bool__(self) -> bool:
        return self.dialect is not None or bool(self.user_agent)


class Watched(Dialect):
    """All rules that there are, each of which is noted when it changes something."""

    def __init__(self) -> None:
        own = [function for dialect in all_dialects() if not dialect.is_strict for function in dialect.own]
        # Not by the cache: it would keep a dialect for each page that is shown.
        self.all = functions.__wrapped__(Dialect("watched", "", own))
        self.seen: dict[Rule, None] = {}
        super().__init__("watched", "", own)

    def rules(self, stage: Stage) -> Sequence[Callable[..., Any]]:
        return [partial(self.watch, stage, function) for function in self.all[stage]]

    def watch(self, stage: Stage, function: Callable[..., Any], given: Any, *context: Any) -> Any:
        """Apply a rule, and note it if it had something to change."""
        result = function(given, *context)
        found = rule_of(function)
        before = [given] if stage is Stage.SPLIT else given
        if (
            found is not None
            and result != before
            and (function is not keys_are_paths or deviates(given, *context))
        ):
            self.seen[found] = None
        return result


def deviates(operation: Any, schema: Schema) -> bool:
    """Whether the keys of a value are paths: as the names of attributes they are what the RFC has."""
    value = member(operation, "value")
    names = value if isinstance(value, dict) else ()
    known = schema.attributes.keys() | schema.extensions.keys()
    return any(name.lower() not in known and schema.target(name).attribute is not None for name in names)


def likeness(bodies: Iterable[Body], user_agent: str) -> Likeness:
    """Return what requests look like.

    :param bodies: Those of writes, as the history has them: shortened, and without secrets.
    """
    watched, is_seen = Watched(), False
    for resource, is_patch, body in bodies:
        is_seen = True
        with suppress(SCIMException):
            if is_patch:
                message = canonical_message(body, watched)
                operations = member(message, "operations") if isinstance(message, dict) else None
                if isinstance(operations, list):
                    canonical_operations(resource, operations, watched)
            else:
                canonical_resource(resource, body, watched)
    deviations = list(watched.seen)
    return Likeness(most_like(deviations, user_agent, is_seen=is_seen), deviations, user_agent)


def most_like(deviations: Sequence[Rule], user_agent: str, *, is_seen: bool) -> Dialect | None:
    """Return the dialect that the client is named after, or else the one of most of the deviations."""
    offered = [dialect for dialect in all_dialects() if dialect.name and not dialect.is_strict]
    for dialect in offered:
        if dialect.name in user_agent.lower():
            return dialect
    if not is_seen:
        return None
    if not deviations:
        return STRICT
    numbers = {dialect: sum(is_sent_by(rule, dialect) for rule in deviations) for dialect in offered}
    best = max(numbers, key=numbers.__getitem__, default=STANDARD)
    return best if numbers.get(best) else STANDARD


def is_sent_by(rule: Rule, dialect: Dialect) -> bool:
    """Whether a deviation is one of those whom a dialect is for."""
    return rule.function in dialect.own or str(dialect.label) in rule.sent_by
