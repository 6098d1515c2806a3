"""What system checks say of a name that is wrong: the nearest one that is right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LISTED = 20
"""How many names a hint lists."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return a hint that names what was probably meant, or else the names there are.

    Case makes no difference, and of a long name such as that of an extension attribute the last part
    is enough. There is no hint where there are no names.
    """
    names = sorted(set(names))
    folded = name.lower()
    by_folded = {candidate.lower(): candidate for candidate in names}
    for long, candidate in by_folded.items():
        if folded in (long, long.rpartition(":")[2]):
            return f"Did you mean '{candidate}'?"
    matches = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    if matches:
        return f"Did you mean '{by_folded[matches[0]]}'?"
    if not names:
        return None
    listed = ", ".join(names[:LISTED])
    return f"There are: {listed}{', …' if len(names) > LISTED else '.'}"
