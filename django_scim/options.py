"""Checks the options of ``DJANGO_SCIM`` by their type annotations, and parses rates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import inf
from reprlib import repr as short_repr
from typing import Any, Literal, NamedTuple, NewType, get_args, get_origin, get_type_hints, is_typeddict

from django.core.checks import Error

from django_scim.imports import nearest

ModelOption = NewType("ModelOption", str)
"""A model: its label, ``"app.Model"``, or its class."""

CountOption = NewType("CountOption", int)
"""A number that may be 0."""

RateText = NewType("RateText", str)
"""A rate as text: a whole number, a slash, and a second, a minute, an hour or a day."""

RATE = re.compile(r"([1-9][0-9]{0,8})/(s|sec|second|m|min|minute|h|hour|d|day)")

SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}
"""The length of each period by the first letter of its name, as in Django REST framework."""


class Rate(NamedTuple):
    """How many requests are allowed in a period."""

    limit: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """Return a rate from its text.

    :raises ValueError: If the text is not a rate.
    """
    match = RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no rate")
    return Rate(int(match[1]), SECONDS[match[2][0]])


def is_rate(value: Any) -> bool:
    """Whether a value is a rate."""
    return isinstance(value, str) and RATE.fullmatch(value) is not None


Options = dict[str, Any]


def examine(setting: str, declared: type, configured: Any) -> tuple[Options, list[Error]]:
    """Return the valid options, and an error for each one that is not valid.

    :param setting: The name of the dictionary in errors, such as ``DJANGO_SCIM["RESOURCES"]["User"]``.
    :param declared: A dataclass or a typed dictionary. Its annotations are the options.
    """
    if not isinstance(configured, Mapping):
        return {}, [wrong_value(setting, configured, "a dictionary")]
    kinds = get_type_hints(declared)
    right: Options = {}
    errors: list[Error] = []
    for name, value in configured.items():
        place = f'{setting}["{name}"]'
        if name not in kinds:
            hint = nearest(str(name), kinds)
            errors.append(Error(f"{setting} has no option '{name}'.", hint=hint, id="django_scim.E005"))
        elif is_typeddict(kinds[name]):
            right[name], wrong = examine(place, kinds[name], value)
            errors += wrong
        elif nested := options_of_each(kinds[name]):
            right[name], wrong = examine_each(place, nested, value)
            errors += wrong
        elif error := examine_value(place, kinds[name], value):
            errors.append(error)
        else:
            right[name] = value
    return right, errors


def options_of_each(kind: Any) -> type | None:
    """Return the options of each value of a dictionary, or None if the kind is another one."""
    if get_origin(kind) is not Mapping:
        return None
    return next((each for each in get_args(get_args(kind)[1]) if is_typeddict(each)), None)


def examine_each(setting: str, declared: type, configured: Any) -> tuple[Options, list[Error]]:
    """Return the valid options of each member of a dictionary, and the errors. None stays as it is."""
    if not isinstance(configured, Mapping):
        return {}, [wrong_value(setting, configured, "a dictionary")]
    right: Options = {}
    errors: list[Error] = []
    for name, value in configured.items():
        right[name] = None
        if value is not None:
            right[name], wrong = examine(f'{setting}["{name}"]', declared, value)
            errors += wrong
            if wrong and not right[name]:
                del right[name]
    return right, errors


def examine_value(setting: str, kind: Any, value: Any) -> Error | None:
    """Return the error of a value, or None if it is valid."""
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        if value in choices:
            return None
        wanted = " or ".join(repr(choice) for choice in choices)
        return wrong_value(setting, value, wanted, hint=nearest(str(value), choices))
    or_none = ""
    if type(None) in get_args(kind):  # The kind is X | None.
        if value is None:
            return None
        kind, or_none = get_args(kind)[0], " or None"
    wanted, is_right = KINDS[kind]
    return None if is_right(value) else wrong_value(setting, value, wanted + or_none)


def wrong_value(setting: str, value: Any, wanted: str, hint: str | None = None) -> Error:
    """Return the error of a value of the wrong type."""
    return Error(
        f"{setting} is {short_repr(value)}, but has to be {wanted}.", hint=hint, id="django_scim.E006"
    )


def is_positive(value: Any) -> bool:
    """Whether a value is a whole number over 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_duration(value: Any) -> bool:
    """Whether a value is a number of seconds over 0, parts of one included."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < inf


def is_count(value: Any) -> bool:
    """Whether a value is a whole number, which may be 0."""
    return is_positive(value) or (value == 0 and type(value) is int)


def is_text(value: Any) -> bool:
    """Whether a value is a string that is not empty."""
    return isinstance(value, str) and bool(value)


def are_texts(value: Any) -> bool:
    """Whether a value is a list of strings, and not a string."""
    return isinstance(value, list | tuple) and all(is_text(item) for item in value)


def has_texts(value: Any) -> bool:
    """Whether a value is a dictionary of strings by strings."""
    return isinstance(value, Mapping) and are_texts([*value, *value.values()])


KINDS: dict[Any, Any] = {
    float: ("a number of seconds over 0", is_duration),
    int: ("a whole number over 0", is_positive),
    CountOption: ("a whole number, which may be 0", is_count),
    bool: ("True or False", lambda value: isinstance(value, bool)),
    str: ("a string", is_text),
    ModelOption: (
        "a model such as 'staff.Employee'",
        lambda value: is_text(value) or isinstance(value, type),
    ),
    RateText: ("a rate such as '60/min'", is_rate),
    Sequence[Any]: ("a list", lambda value: isinstance(value, list | tuple)),
    Sequence[str]: ("a list of strings", are_texts),
    Mapping[str, str]: ("a dictionary of strings", has_texts),
    Mapping[str, Any]: ("a dictionary", lambda value: isinstance(value, Mapping)),
}
"""For each type of an option, its name in errors, and the function that tells whether a value is valid."""
