"""Hooks for ``SPECTACULAR_SETTINGS``."""

from __future__ import annotations

from typing import Any

from django_scim.api.views import ScimView

Endpoint = tuple[str, str, str, Any]
"""A path, its regular expression, a method and a view."""


def without_trailing_slashes(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Write the paths of SCIM as clients do: ``/scim/v2/Users``. The slash at their end may be left out.

    For ``PREPROCESSING_HOOKS``. The endpoints of the project itself stay as they are.
    """
    return [
        (path.rstrip("/") or "/", regex, method, view)
        if is_optional(regex, view)
        else (path, regex, method, view)
        for path, regex, method, view in endpoints
    ]


def is_optional(regex: str, view: Any) -> bool:
    """Whether the slash at the end of the path of a view may be left out."""
    is_scim = issubclass(getattr(view, "cls", object), ScimView)
    return is_scim and regex.rstrip("$").endswith("/?")
