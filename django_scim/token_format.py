"""How a token looks: a prefix, 256 random bits and a checksum, so that scanners tell it from anything else.

The checksum protects nothing. It lets a scanner for secrets tell a token from a text that only looks like
one, without asking anybody. The secret of a set-up link has the same form, with a prefix of its own. This
module needs no Django.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

__all__ = ["LINK_PATTERN", "LINK_PREFIX", "PATTERN", "PREFIX", "is_link", "is_token"]

PREFIX = "scim_"
"""Starts each token, so that secret scanners and people recognise one."""

PATTERN = re.compile(r"(?P<prefix>scim_)(?P<secret>[A-Za-z0-9_-]{43})(?P<checksum>[A-Za-z0-9]{6})")
"""What matches a token as a whole."""

LINK_PREFIX = "scim_setup_"
"""Starts the secret of each set-up link."""

LINK_PATTERN = re.compile(r"(?P<prefix>scim_setup_)(?P<secret>[A-Za-z0-9_-]{43})(?P<checksum>[A-Za-z0-9]{6})")
"""What matches the secret of a set-up link as a whole."""

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase

CHECKSUM_LENGTH = 6
"""How many digits of base 62 a number of 32 bits needs."""


def make_token() -> str:
    """Return a new token."""
    return make(PREFIX)


def make_link() -> str:
    """Return the secret of a new set-up link."""
    return make(LINK_PREFIX)


def make(prefix: str) -> str:
    """Return a new secret with a prefix."""
    secret = secrets.token_urlsafe(32)
    return prefix + secret + checksum(secret)


def checksum(secret: str) -> str:
    """Return the CRC-32 of the random part of a token in base 62."""
    number = zlib.crc32(secret.encode())
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits


def is_token(text: str) -> bool:
    """Whether a text is a token by its form; whether it is good for anything, the database knows."""
    return has_form(PATTERN, text)


def is_link(text: str) -> bool:
    """Whether a text is the secret of a set-up link by its form; the database knows where it leads."""
    return has_form(LINK_PATTERN, text)


def has_form(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a text matches a pattern as a whole, and has a right checksum."""
    found = pattern.fullmatch(text)
    return found is not None and checksum(found["secret"]) == found["checksum"]
