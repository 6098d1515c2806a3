"""Comparing what a page shows with what there is: the page may leave out what does not matter."""

from __future__ import annotations

import re
from typing import Any

ANYTHING = "…"


def matches(shown: str, actual: str) -> bool:
    """Whether a text is what a page shows, ``…`` standing for anything."""
    pattern = ".*".join(map(re.escape, shown.strip().split(ANYTHING)))
    return re.fullmatch(pattern, actual.strip(), re.DOTALL) is not None


def differences(shown: Any, actual: Any, path: str = "") -> list[str]:
    """Return where JSON is not what a page shows; members that the page leaves out are none."""
    if isinstance(shown, dict) and isinstance(actual, dict):
        missing = [f"{path}/{name} is missing" for name in shown if name not in actual]
        common = [name for name in shown if name in actual]
        return missing + [
            text for name in common for text in differences(shown[name], actual[name], f"{path}/{name}")
        ]
    if isinstance(shown, list) and isinstance(actual, list) and len(shown) == len(actual):
        pairs = enumerate(zip(shown, actual, strict=True))
        return [text for index, pair in pairs for text in differences(*pair, f"{path}/{index}")]
    if isinstance(shown, str) and isinstance(actual, str) and matches(shown, actual):
        return []
    return [] if shown == actual and type(shown) is type(actual) else [f"{path or '/'} is {actual!r}"]
