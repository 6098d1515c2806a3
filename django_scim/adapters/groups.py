"""Groups: ``auth.Group``, with the users that are in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as AuthGroup
from django.db.models import ManyToManyRel

from django_scim.adapters import mappings
from django_scim.adapters.base import Adapter, has_field
from django_scim.adapters.schemas import Group


class GroupAdapter(Adapter):
    """Maps ``urn:ietf:params:scim:schemas:core:2.0:Group``."""

    resource = Group
    name = "Group"
    endpoint = "/Groups"
    description = "Group"

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
        users = get_user_model()
        for field in self.model._meta.get_fields():
            if isinstance(field, ManyToManyRel) and field.related_model is users:
                found["members"] = mappings.Members(str(field.get_accessor_name()), to="User")
        return {**found, **self.attributes}
