"""The system checks, from the calls of ``Error``, ``Warning`` and ``WrongMapping`` that report them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from generator.prose import in_line
from generator.source import argument, calls, text_of

BEGINNINGS = {"Error": "", "Warning": "", "WrongMapping": "<setting> maps "}
"""What each class puts before its message."""


@dataclass(frozen=True)
class Message:
    """What a check may say, with ``<name>`` for what depends on the project."""

    text: str
    hint: str | None


def checks() -> str:
    """Return a section for each id, with its messages and their hints."""
    return "\n\n".join(section(id, found) for id, found in sorted(messages().items()))


def section(id: str, found: Iterable[Message]) -> str:
    """Return what there is to say of one id."""
    lines = [f"## `{id}` {{ #{id} }}", ""]
    for message in found:
        hint = f"<br>*{in_line(message.hint)}*" if message.hint else ""
        lines.append(f"- {in_line(message.text)}{hint}")
    return "\n".join(lines)


def messages() -> dict[str, list[Message]]:
    """Return the messages that the app has for each id.

    :raises ValueError: If one has no id.
    """
    found: dict[str, list[Message]] = defaultdict(list)
    for name, call in calls():
        if name in BEGINNINGS:
            id = text_of(argument(call, 3, "id"))
            if id is None:
                raise ValueError(f"A system check without an id: {ast.unparse(call)}")
            message = text_of(argument(call, 0, "msg")) or "…"
            found[id].append(Message(BEGINNINGS[name] + message, text_of(argument(call, 1, "hint"))))
    return found
