"""Groups: ``auth.Group``, with the users that are in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as AuthGroup
from django.core.checks import CheckMessage, Warning

from django_scim.adapters import mappings
from django_scim.adapters.base import Adapter, has_field
from django_scim.adapters.relations import relation_between
from django_scim.adapters.schemas import Group

MEMBERS = ("members", "users", "user_set")
"""The usual names of the relation from a group to its users."""


class GroupAdapter(Adapter):
    """Maps ``urn:ietf:params:scim:schemas:core:2.0:Group``."""

    resource = Group
    name = "Group"
    endpoint = "/Groups"
    description = "Group"
    looked_up: Sequence[str] = ("displayName",)

    def __init__(self, **options: Any) -> None:
        if not hasattr(self, "model"):
            self.model = AuthGroup
        if self.display_column is None and has_field(self.model, "name"):
            self.display_column = "name"
        super().__init__(**options)

    def get_attributes(self) -> Mapping[str, mappings.Mapping | str | None]:
        """Return the name, and the relation that leads to the users if there is one."""
        found: dict[str, mappings.Mapping | str | None] = {}
        if self.display_column is not None:
            found["displayName"] = mappings.Column(self.display_column)
        users = self.registry.get("User")
        relation = relation_between(self.model, users.model if users else get_user_model(), MEMBERS)
        if relation is not None:
            found["members"] = mappings.Members(relation[0], to="User")
        return {**found, **self.attributes}

    def check(self) -> Iterable[CheckMessage]:
        """Report what is wrong, and groups that have no members but for SCIM."""
        yield from super().check()
        if isinstance(self.mappings.get("members"), mappings.Stored):
            yield Warning(
                f"{self.setting}: 'members' is mapped to no relation of {self.model._meta.label}: members "
                f"are kept for SCIM, and are in no group of the project.",
                hint="Map 'members' to the many-to-many relation to the users, with Members.",
                obj=type(self),
                id="django_scim.W009",
            )
