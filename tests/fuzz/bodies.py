"""Strategies for the octets of a body: JSON that is broken on the way, and what never was JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.values import seldom

Strategy = st.SearchStrategy[Any]

PUT_IN = [
    b"\x00",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00\\ud800",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"\xc3\x28",
    b"\xef\xbb\xbf",
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"9" * 400,
    b"9" * 100_000,
    b"-0",
    b"01",
    b"1e-999",
    b"[" * 500,
    b'{"a":' * 40,
    b'"userName":"twice",',
    b'"schemas":[],',
    b",",
    b'"',
    b"\\",
    b"//",
    b"\n",
    b"x" * 20_000,
]
"""What is put somewhere into a body, where it is in a string, in a name or between."""


def encoded(message: Any) -> bytes:
    """Return a message as JSON."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")


@st.composite
def broken(draw: st.DrawFn, messages: Strategy) -> bytes:
    """Draw the JSON of a message with octets cut out, put in, or cut off."""
    body = encoded(draw(messages))
    start = draw(st.integers(0, len(body)))
    way = draw(st.integers(0, 3))
    if way == 0:
        return body[:start]
    end = min(len(body), start + draw(st.sampled_from([0, 0, 1, 2, 10])))
    put = draw(st.sampled_from(PUT_IN) | st.binary(max_size=4))
    return body[:start] + put + body[end:]


def bodies(messages: Strategy) -> Strategy:
    """Return the strategy for bodies that mean a message, most of which are JSON."""
    return seldom(messages.map(encoded), seldom(broken(messages), st.binary(max_size=60), 4), 5)
