"""A bar that grows, for people at a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

WIDTH = 40


class Stream(Protocol):
    """What Django's commands write to."""

    def isatty(self) -> bool:
        """Whether somebody is watching."""

    def write(self, msg: str, style_func: Callable[[str], str] | None, ending: str | None) -> None:
        """Write text in a style, and what is to follow it."""

    def flush(self) -> None:
        """Show what was written."""


class Progress:
    """Shows how much of a whole is done, where a terminal shows it.

    :param total: The whole.
    """

    def __init__(self, stream: Stream, total: int) -> None:
        self.stream = stream
        self.total = total
        self.done = 0

    def advance(self, count: int) -> None:
        """Show that more is done."""
        self.done += count
        if self.total and self.stream.isatty():
            share = min(self.done / self.total, 1)
            bar = "#" * int(WIDTH * share)
            self.stream.write(f"\r[{bar.ljust(WIDTH)}] {share:4.0%} {self.done}", str, "")
            self.stream.flush()

    def close(self) -> None:
        """Leave the line."""
        if self.done and self.total and self.stream.isatty():
            self.stream.write("", str, "\n")
