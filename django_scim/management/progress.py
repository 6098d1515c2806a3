"""A progress bar for a terminal."""

from __future__ import annotations

from django.core.management.base import OutputWrapper

WIDTH = 40


class Progress:
    """Shows a bar, if the stream is a terminal.

    :param total: The number at which the bar is full. With 0, there is no bar.
    """

    def __init__(self, stream: OutputWrapper, total: int) -> None:
        self.stream = stream
        self.total = total
        self.done = 0

    def advance(self, count: int) -> None:
        """Add to the number that is done, and draw the bar."""
        self.done += count
        if self.total and self.stream.isatty():
            share = min(self.done / self.total, 1)
            bar = "#" * int(WIDTH * share)
            self.stream.write(f"\r[{bar.ljust(WIDTH)}] {share:4.0%} {self.done}", str, "")
            self.stream.flush()

    def close(self) -> None:
        """End the line of the bar."""
        if self.done and self.total and self.stream.isatty():
            self.stream.write("", str, "\n")
