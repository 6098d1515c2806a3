"""The ``id`` of an event for the token of one connection: its number would tell how many events others have.

A number of 64 bits becomes another one by a Feistel network over Django's keyed hash, so that nothing has to
be stored, and the same event has the same ``id`` as long as ``SECRET_KEY`` stays.
"""

from __future__ import annotations

import re

from django.utils.crypto import salted_hmac

SALT = "django_scim.history.identifier"

FORM = re.compile(r"[0-9a-f]{16}", re.ASCII)
"""What an ``id`` looks like."""

ROUNDS = 4
"""How often each half is mixed with the other: four make a permutation that nobody tells from chance."""

HALF = 32
"""How many bits a half has."""


def masked(number: int) -> str:
    """Return the ``id`` of an event by its number."""
    left, right = number >> HALF, number & ((1 << HALF) - 1)
    for turn in range(ROUNDS):
        left, right = right, left ^ mixed(turn, right)
    return f"{left << HALF | right:016x}"


def unmasked(text: str) -> int | None:
    """Return the number of an event by its ``id``, or None if the text is none."""
    if not FORM.fullmatch(text):
        return None
    left, right = int(text[:8], 16), int(text[8:], 16)
    for turn in reversed(range(ROUNDS)):
        left, right = right ^ mixed(turn, left), left
    number = left << HALF | right
    return number if number < 1 << 63 else None


def mixed(turn: int, half: int) -> int:
    """Return what one round makes of a half."""
    digest = salted_hmac(SALT, f"{turn}:{half}", algorithm="sha256").digest()
    return int.from_bytes(digest[: HALF // 8], "big")
