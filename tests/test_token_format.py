"""How a token looks, for people and for scanners of secrets."""

from __future__ import annotations

import re
import string
import subprocess
import sys
import zlib

import pytest

from django_scim.models import AccessToken
from django_scim.token_format import checksum, is_token, make_token

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
DOCUMENTED = r"scim_[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}"
"""What docs/how-to/secure-the-endpoint.md gives to scanners."""


def test_a_token_that_is_issued_has_the_format(connection):
    _, token = AccessToken.objects.issue(connection)

    assert is_token(token)
    assert re.fullmatch(DOCUMENTED, token)


def test_every_token_has_a_right_checksum():
    tokens = [make_token() for _ in range(500)]

    assert all(is_token(token) and re.fullmatch(DOCUMENTED, token) for token in tokens)
    assert len({token[:48] for token in tokens}) == 500


def test_a_token_with_another_character_anywhere_has_a_wrong_checksum():
    token = make_token()

    for position, character in enumerate(token):
        other = "B" if character == "A" else "A"
        assert not is_token(token[:position] + other + token[position + 1 :])


@pytest.mark.parametrize("text", ["", "scim_", "scim_" + "x" * 49, "x" * 54, "scim_é" + "x" * 48])
def test_a_text_that_only_looks_like_a_token_has_not_the_format(text):
    assert not is_token(text)


@pytest.mark.parametrize("extra", [" ", "\n", "x"])
def test_a_text_with_more_than_a_token_has_not_the_format(extra):
    assert not is_token(make_token() + extra)


@pytest.mark.parametrize("secret", ["", "a", "A" * 43, "0_-" * 14 + "z"])
def test_the_checksum_of_a_token_is_the_crc_32_in_base_62(secret):
    digits = checksum(secret)

    number = 0
    for digit in digits:
        number = number * 62 + DIGITS.index(digit)
    assert (len(digits), number) == (6, zlib.crc32(secret.encode()))


def test_a_scanner_needs_no_django_to_tell_a_token():
    script = "import sys, django_scim.token_format; print('django' in sys.modules)"

    printed = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout

    assert printed == "False\n"
