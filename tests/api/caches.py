"""Caches that fail, as those of a host may."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import BaseCache


class Away(BaseCache):
    """Answers nothing, as a server of Redis that is down."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def fail(self, *args: Any, **kwargs: Any) -> Any:
        """Raise what a client raises whose server is away."""
        raise ConnectionError("connection refused")

    add = get = set = touch = delete = get_many = incr = fail
