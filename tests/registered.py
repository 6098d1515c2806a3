"""Receivers of signals for the time of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.dispatch import Signal


@contextmanager
def receiving(*signals: Signal) -> Iterator[list[tuple[Signal, dict[str, Any]]]]:
    """Collect what signals say, in the order in which they are sent."""
    received: list[tuple[Signal, dict[str, Any]]] = []

    def receive(signal: Signal, **arguments: Any) -> None:
        received.append((signal, arguments))

    for signal in signals:
        signal.connect(receive)
    try:
        yield received
    finally:
        for signal in signals:
            signal.disconnect(receive)
