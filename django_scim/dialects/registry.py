"""The dialects that a connection may have: those that ship, and those that the settings name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.translation import gettext_lazy as _
from scim2_models import ScimPolicy

import django_scim.dialects.letter as letter
import django_scim.dialects.nested as nested
import django_scim.dialects.patch as patch
import django_scim.dialects.queries as queries
import django_scim.dialects.urns as urns
import django_scim.dialects.values as values
from django_scim.conf import get_settings
from django_scim.dialects.rules import Rule, Stage, rule_of, rules_in
from django_scim.imports import ImportFailed, import_path, import_path_or_module

MODULES = (letter, patch, urns, nested, values, queries)
"""Where the rules that ship are. No rule depends on one in another file."""

RULES = tuple(rule for module in MODULES for rule in rules_in(module))
"""The rules that ship, in the order in which those of one stage are applied."""

NAME = re.compile(r"[a-z][a-z0-9_-]{0,49}")
"""What the column of a connection has room for."""


class Dialect:
    """The rules for the requests of one kind of identity provider: those of every connection, and its own.

    :param name: What a connection has in its ``dialect``: up to 50 lower-case letters, digits, ``_`` and
        ``-``.
    :param label: What people call it.
    :param own: The rules that other connections do not have.
    :param always: The attributes, text by their type, that answers have as an empty string where a resource
        has no value, such as ``name.givenName``.
    :param is_strict: Whether it has its own rules alone, and understands nothing else than the RFCs say.
    """

    def __init__(
        self,
        name: str,
        label: Any,
        own: Sequence[Callable[..., Any]] = (),
        always: Sequence[str] = (),
        *,
        is_strict: bool = False,
    ) -> None:
        self.name = name
        self.label = label
        self.own = own
        self.always = always
        self.is_strict = is_strict

    def rules(self, stage: Stage) -> Sequence[Callable[..., Any]]:
        """Return the rules of a stage, in their order.

        :raises ImproperlyConfigured: If the settings name a rule or a dialect that there is not.
        """
        return functions(self)[stage]

    def check(self, setting: str) -> Iterator[CheckMessage]:
        """Report a name that no connection could have, and what is no rule."""
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name):
            yield Error(
                f"{setting}: the name of a dialect is '{self.name}', but has to match {NAME.pattern}.",
                id="django_scim.E050",
            )
        for function in self.own:
            if rule_of(function) is None:
                yield Error(
                    f"{setting}: the dialect '{self.name}' has {function!r}, which is no rule.",
                    hint="Write @rule(...) of django_scim.dialects above the function.",
                    id="django_scim.E050",
                )


STANDARD = Dialect("", _("standard"))
"""For those who follow the RFCs, and for all deviations that cannot be mistaken."""

STRICT = Dialect(
    "strict",
    _("to the letter of the RFCs"),
    own=[rule.function for rule in rules_in(letter)],
    is_strict=True,
)
"""For those who want to know of each deviation: none is understood. Its own rules refuse what scim2-models
would understand."""

DIALECTS = {
    dialect.name: dialect
    for dialect in (
        STANDARD,
        Dialect("entra", "Microsoft Entra ID", own=[values.json_text]),
        # Okta's test of a SCIM server wants both names of the first user that it is told.
        Dialect("okta", "Okta", always=("name.givenName", "name.familyName")),
        STRICT,
    )
}
"""The dialects that ship, by their name."""


@dataclass
class Configured:
    """What the settings add, and why they cannot add the rest."""

    rules: list[Rule] = field(default_factory=list)
    dialects: dict[str, Dialect] = field(default_factory=dict)
    errors: list[CheckMessage] = field(default_factory=list)


@cache
def configured() -> Configured:
    """Load what ``DIALECT_RULES`` and ``DIALECTS`` name, once."""
    settings = get_settings()
    found = Configured()
    for option, paths, add in (
        ("DIALECT_RULES", settings.DIALECT_RULES, add_rules),
        ("DIALECTS", settings.DIALECTS, add_dialect),
    ):
        setting = f'DJANGO_SCIM["{option}"]'
        for path in paths:
            try:
                add(found, setting, path)
            except ImportFailed as error:
                message = Error(f"{setting}: {error.reason}.", hint=error.hint, id="django_scim.E007")
                found.errors.append(message)
    return found


def add_rules(found: Configured, setting: str, path: str) -> None:
    """Add the rule that is named, or those of every connection in the module that is named.

    :raises ImportFailed: If there is no such rule.
    """
    named = import_path_or_module(path)
    rules = rules_in(named) if isinstance(named, ModuleType) else [rule_of(named)]
    in_force = [rule for rule in rules if rule is not None and rule.default]
    if not in_force:
        hint = "A rule has @rule(...) of django_scim.dialects above it; default=False leaves it to a Dialect."
        raise ImportFailed(f"'{path}' is no rule for every connection, and has none", hint)
    found.rules += [rule for rule in in_force if rule not in found.rules]


def add_dialect(found: Configured, setting: str, path: str) -> None:
    """Add the dialect that is named.

    :raises ImportFailed: If it is no dialect.
    """
    named = import_path(path)
    if not isinstance(named, Dialect):
        raise ImportFailed(f"'{path}' is no dialect", "Make one with Dialect(...) of django_scim.dialects.")
    errors = list(named.check(setting))
    if named.name in DIALECTS or named.name in found.dialects:
        errors.append(Error(f"{setting}: there is a dialect '{named.name}' already.", id="django_scim.E050"))
    if not errors:
        found.dialects[named.name] = named
    found.errors += errors


@cache
def functions(dialect: Dialect) -> dict[Stage, tuple[Callable[..., Any], ...]]:
    """Return the rules of a dialect by stage: those that ship, then those of the settings, then its own.

    A strict one has its own alone.

    A server such as gunicorn starts without system checks, and a rule that is not there would let requests
    be misread.

    :raises ImproperlyConfigured: With what the system check says.
    """
    settings = configured()
    if settings.errors:
        raise ImproperlyConfigured(" ".join(str(error.msg) for error in settings.errors))
    own = [rule for rule in map(rule_of, dialect.own) if rule is not None]
    common = [] if dialect.is_strict else [*(rule for rule in RULES if rule.default), *settings.rules]
    chosen = dict.fromkeys([*common, *own])
    shipped = [rule for rule in RULES if rule in chosen]
    added = [rule for rule in chosen if rule not in RULES]
    return {
        stage: (
            *(rule.function for rule in shipped if stage in rule.stages),
            *(rule.guarded(stage) for rule in added if stage in rule.stages),
        )
        for stage in Stage
    }


def check_dialects() -> list[CheckMessage]:
    """Return what is wrong with the rules and the dialects that the settings name."""
    return configured().errors


def dialect_of(name: str) -> Dialect:
    """Return the dialect of a name; the standard one for a name that is no longer there."""
    return DIALECTS.get(name) or configured().dialects.get(name, STANDARD)


def all_dialects() -> list[Dialect]:
    """Return the dialects that ship and those of the settings, the standard one first."""
    return [*DIALECTS.values(), *configured().dialects.values()]


def dialect_choices() -> list[tuple[str, Any]]:
    """Return the dialects as the choices of a field, without the standard one, which is no choice."""
    return [(dialect.name, dialect.label) for dialect in all_dialects() if dialect.name]


def _forget(*, setting: str, **kwargs: Any) -> None:
    """Load rules and dialects anew after ``override_settings``."""
    if setting == "DJANGO_SCIM":
        configured.cache_clear()
        functions.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_scim.dialects.registry")

STORED = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)
"""For what the host has: it was accepted once."""


def request_policy(dialect: Dialect = STANDARD, *, creates: bool = False) -> ScimPolicy:
    """Return the policy for what clients send.

    A ``remove`` may name its values, as Microsoft Entra ID does. Unknown attributes are as
    ``UNKNOWN_ATTRIBUTES`` says. In a strict dialect, both are refused.

    :param creates: Whether a path whose filter matches no entry makes the one that it describes.
    """
    unknown = "forbid" if dialect.is_strict else get_settings().UNKNOWN_ATTRIBUTES
    return _policy(unknown, dialect.is_strict, creates)


@cache
def _policy(unknown: str, is_strict: bool, creates: bool) -> ScimPolicy:
    remove, unmatched = ScimPolicy.RemoveValue, ScimPolicy.UnmatchedPathFilter
    return ScimPolicy(
        unknown=ScimPolicy.Unknown(unknown),
        remove_value_as_filter=remove.forbid if is_strict else remove.apply,
        unmatched_path_filter=unmatched.create if creates else unmatched.forbid,
    )
