"""The scopes that a token may have, those of resource types among them, and how people read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django_scim.models import Scope
from django_scim.resources.registry import registry


def scope_choices() -> list[tuple[str, Any]]:
    """Return all scopes: what a token allows to do, and then with which resource types.

    The scope of a resource type is its endpoint in lower case, such as ``users``.
    """
    return [*Scope.choices, *((resource_type.scope, resource_type.name) for resource_type in registry())]


def readable_scopes(scopes: Iterable[str]) -> str:
    """Return scopes as people read them; one of a resource type that is no longer served, as it is."""
    names = dict(scope_choices())
    return ", ".join(str(names.get(scope, scope)) for scope in scopes)
