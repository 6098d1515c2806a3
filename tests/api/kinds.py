"""The two resource types, as far as HTTP sees no difference between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from tests.factories import GroupFactory, UserFactory
from tests.representations import group, user


@dataclass(frozen=True)
class Kind:
    """A resource type: its endpoint, its rows, its bodies."""

    name: str
    endpoint: str
    row: Callable[[], Any]
    """Makes a row of the host."""
    body: Callable[..., dict[str, Any]]
    """Makes the body of a request, given the name."""
    attribute: str
    """The attribute that names a resource."""
    column: str
    """The column of the host's model that holds it."""

    def name_of(self, row: Model) -> str:
        """Return what a row is called."""
        return str(getattr(row, self.column))


USERS = Kind("User", "/Users", UserFactory.create, user, "userName", "username")
GROUPS = Kind("Group", "/Groups", GroupFactory.create, group, "displayName", "name")
