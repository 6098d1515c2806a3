"""How often something may be done, as the settings say it: ``"3000/min"``."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NewType

RateText = NewType("RateText", str)
"""A rate as it is written: a whole number, and a second, a minute, an hour or a day."""

RATE = re.compile(r"([1-9][0-9]{0,8})/(s|sec|second|m|min|minute|h|hour|d|day)")

SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}
"""How long each period is, by the first letter of its name, as Django REST framework has it."""


class Rate(NamedTuple):
    """How often something may be done in a period."""

    limit: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """Return what a rate says.

    :raises ValueError: If it is none.
    """
    found = RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no rate")
    return Rate(int(found[1]), SECONDS[found[2][0]])


def is_rate(value: Any) -> bool:
    """Whether a value is a rate."""
    return isinstance(value, str) and RATE.fullmatch(value) is not None
