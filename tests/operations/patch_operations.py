"""The operations of a PATCH (RFC 7644 section 3.5.2), as tests write them."""

from __future__ import annotations

from typing import Any


def add(path: str | None, value: Any) -> dict[str, Any]:
    """Return an ``add``; without a path its value is an object."""
    return _operation("add", path, value)


def replace(path: str | None, value: Any) -> dict[str, Any]:
    """Return a ``replace``; without a path its value is an object."""
    return _operation("replace", path, value)


def remove(path: str, value: Any = None) -> dict[str, Any]:
    """Return a ``remove``, with the values that Microsoft Entra ID would name in it."""
    return _operation("remove", path) if value is None else _operation("remove", path, value)


def _operation(op: str, path: str | None, *value: Any) -> dict[str, Any]:
    target = {} if path is None else {"path": path}
    return {"op": op, **target, **({"value": value[0]} if value else {})}


ACTIVATE = replace("active", True)
DEACTIVATE = replace("active", False)
