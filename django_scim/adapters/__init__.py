"""Adapters: SCIM attributes on one side, Django models on the other.

Public are the four classes. Each is imported when it is asked for: ``GroupAdapter`` needs
``django.contrib.auth``, which a project with resources of its own alone may not have.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_scim.adapters.adapter import Adapter
    from django_scim.adapters.groups import GroupAdapter
    from django_scim.adapters.memberships import MembershipAdapter
    from django_scim.adapters.users import UserAdapter

__all__ = ["Adapter", "GroupAdapter", "MembershipAdapter", "UserAdapter"]

MODULES = {
    "Adapter": "adapter",
    "GroupAdapter": "groups",
    "MembershipAdapter": "memberships",
    "UserAdapter": "users",
}


def __getattr__(name: str) -> Any:
    """Import a class from its module."""
    if name not in MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
