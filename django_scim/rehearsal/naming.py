"""What a request names: all texts that could be an ``id``, a name or an ``externalId``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

MOST_NAMED = 2_000
"""How many texts of a request are looked up at most: those of a body with as many members."""

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
"""A string in a filter, as JSON has it (RFC 7644 section 3.4.2.2)."""


def named_in(*sources: Any) -> list[str]:
    """Return the texts that a request may name resources by.

    :param sources: Its path, its parameters and its body.
    """
    return list(dict.fromkeys(islice(_named(sources), MOST_NAMED)))


def _named(sources: Iterable[Any]) -> Iterator[str]:
    for text in texts_in(list(sources)):
        yield text
        if "/" in text:
            yield text.rstrip("/").rpartition("/")[2]
        if " " in text:
            # Some providers leave the quotes of a filter out.
            yield from text.replace("(", " ").replace(")", " ").split()
        for quoted in QUOTED.findall(text) if '"' in text else ():
            try:
                yield str(json.loads(quoted))
            except ValueError:
                continue


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value, however deep."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, str):
            if current:
                yield current
        elif isinstance(current, dict):
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)
