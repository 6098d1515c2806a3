"""Caches that fail or take their time, as those of a host may."""

from __future__ import annotations

import time
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache


class Away(BaseCache):
    """Answers nothing, as a server of Redis that is down."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def fail(self, *args: Any, **kwargs: Any) -> Any:
        """Raise what a client raises whose server is away."""
        raise ConnectionError("connection refused")

    add = get = set = touch = delete = get_many = incr = fail


class Slow(LocMemCache):
    """Takes a while for each operation, so that others come between two of them."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """Read, and be slow to say what was found."""
        found = super().get(*args, **kwargs)
        time.sleep(0.002)
        return found

    def incr(self, *args: Any, **kwargs: Any) -> int:
        """Count, and be slow to say how far."""
        try:
            return super().incr(*args, **kwargs)
        finally:
            time.sleep(0.002)
