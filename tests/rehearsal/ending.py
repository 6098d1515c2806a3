"""A function of the project that ends something of an account."""

from __future__ import annotations

from typing import Any

CALLED: list[Any] = []


def note(*arguments: Any, **options: Any) -> None:
    """Note that it was called."""
    CALLED.append(arguments)
