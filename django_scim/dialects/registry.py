"""The dialects that a connection may have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _
from scim2_models import ScimPolicy

from django_scim.conf import get_settings
from django_scim.dialects import patch, queries, urns, values
from django_scim.dialects import values as references
from django_scim.dialects.rules import RULES, Stage


class Dialect:
    """The rules for the requests of one kind of identity provider: the default ones, and its own.

    :param name: What the connection has in its ``dialect``.
    :param label: What people call it.
    :param own: The rules that are not in force by default.
    """

    def __init__(self, name: str, label: Any, own: Sequence[Callable[..., Any]] = ()) -> None:
        self.name = name
        self.label = label
        self.own = own

    @cached_property
    def _by_stage(self) -> dict[Stage, list[Callable[..., Any]]]:
        return {
            stage: [
                rule.function
                for rule in RULES
                if stage in rule.stages and (rule.default or rule.function in self.own)
            ]
            for stage in Stage
        }

    def rules(self, stage: Stage) -> list[Callable[..., Any]]:
        """Return the rules of a stage, in their order."""
        return self._by_stage[stage]


STANDARD = Dialect("", _("standard"))
"""For those who follow the RFCs, and for all deviations that cannot be mistaken."""

DIALECTS = {
    dialect.name: dialect
    for dialect in (
        STANDARD,
        Dialect("entra", "Microsoft Entra ID", own=[references.json_text]),
    )
}
"""The dialects by their name."""

MODULES = (urns, patch, values, references, queries)
"""Where the rules are: to import them is to register them. No rule depends on one in another file."""


def dialect_of(name: str) -> Dialect:
    """Return the dialect of a name; the standard one for a name that is no more."""
    return DIALECTS.get(name, STANDARD)


def dialect_choices() -> list[tuple[str, Any]]:
    """Return the dialects as the choices of a field, without the standard one, which is no choice."""
    return [(dialect.name, dialect.label) for dialect in DIALECTS.values() if dialect.name]


STORED = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)
"""For what the host has: it was accepted once."""


def request_policy() -> ScimPolicy:
    """Return the policy for what clients send.

    A ``remove`` may name its values, as Microsoft Entra ID does; a path whose filter matches no entry
    makes the one that it describes, as Entra ID expects (learn.microsoft.com, Develop and plan
    provisioning for a SCIM endpoint). Unknown attributes are as ``UNKNOWN_ATTRIBUTES`` says.
    """
    return _policy(get_settings().UNKNOWN_ATTRIBUTES)


@cache
def _policy(unknown: str) -> ScimPolicy:
    return ScimPolicy(
        unknown=ScimPolicy.Unknown(unknown),
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    )
