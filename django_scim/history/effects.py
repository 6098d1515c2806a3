"""What an event is called, and its change in a line: both are said once, when the event is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django_scim.history.counting import READS
from django_scim.models import Effect, Operation

if TYPE_CHECKING:
    from django_scim.history.events import Attempt

MEMBERS = ("added", "removed")
"""The sides of a change of members."""

SHORT = 40
"""How long a value in a summary may be."""

WITHOUT_SUMMARY = (Effect.CREATED, Effect.REHIRED, Effect.DELETED, Effect.READ, Effect.HANDED_OVER)
"""What needs no more words: everything of it is new, or gone."""


def effect_of(attempt: Attempt) -> Effect:
    """Return what a successful attempt did. What matters most to people comes first."""
    if attempt.effect is not None:
        return attempt.effect
    if attempt.operation in READS:
        return Effect.READ
    if attempt.operation == Operation.CREATE:
        return Effect.REHIRED if attempt.former_id else Effect.CREATED
    if attempt.operation == Operation.DELETE:
        return Effect.DELETED
    if attempt.deactivated:
        return Effect.DEACTIVATED
    if attempt.activated:
        return Effect.ACTIVATED
    return effect_of_changes(attempt.changes, attempt.named_by)


def effect_of_changes(changes: Mapping[str, Any], named_by: str | None) -> Effect:
    """Return what a write did that leaves the resource as active as it was.

    :param named_by: The attribute that the resource goes by, or None.
    """
    if "before" in changes.get(named_by or "", {}):
        return Effect.RENAMED
    kinds = {kind for sides in changes.values() for kind in MEMBERS if sides.get(kind)}
    if kinds:
        return Effect.MEMBERS if len(kinds) > 1 else Effect.JOINED if "added" in kinds else Effect.LEFT
    return Effect.CHANGED if changes else Effect.NOTHING


def summary_of(effect: Effect, changes: Mapping[str, Any]) -> str:
    """Return a change in a line, such as ``title: Guide → Lead, members +3``.

    :param changes: As the history has them, without secrets.
    """
    if effect in WITHOUT_SUMMARY:
        return ""
    is_told = effect in (Effect.ACTIVATED, Effect.DEACTIVATED)
    return ", ".join(
        text
        for path, sides in changes.items()
        if not (is_told and path == "active")
        for text in parts(path.rpartition(":")[2], sides)
    )


def parts(name: str, sides: Mapping[str, Any]) -> Iterator[str]:
    """Yield the change of one attribute: its values where they are short, else its name alone."""
    counts = [
        f"{sign}{len(sides[kind])}" for kind, sign in zip(MEMBERS, "+-", strict=True) if sides.get(kind)
    ]
    if counts:
        yield f"{name} {' '.join(counts)}"
        return
    before, after = sides.get("before"), sides.get("after")
    if any(isinstance(value, dict | list) for value in (before, after)):
        yield name
    else:
        yield f"{name}: {shown(before)} → {shown(after)}"


def shown(value: Any) -> str:
    """Return a value as a summary has it."""
    if value is None:
        return "none"
    text = str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
