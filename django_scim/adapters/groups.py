"""Groups: ``auth.Group``, with the users that are in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as AuthGroup
from django.core.checks import CheckMessage, Warning
from django.db.models import ManyToManyField, ManyToManyRel, Model

from django_scim import mappings
from django_scim.adapters.adapter import Adapter, model_named
from django_scim.adapters.power import has_field
from django_scim.schema.types import Group

MEMBERS = ("members", "users", "user_set")
"""The usual names of the relation from a group to its users."""


class GroupAdapter(Adapter):
    """Maps ``urn:ietf:params:scim:schemas:core:2.0:Group``."""

    resource = Group
    name = "Group"
    endpoint = "/Groups"
    description = "Group"
    looked_up: Sequence[str] = ("displayName",)
    matched_by = "displayName"
    known_by: Sequence[str] = ("displayName",)

    def __init__(self, *, model: type[Model] | str | None = None, **options: Any) -> None:
        if model is not None or not hasattr(self, "model"):
            self.model = model_named(model or AuthGroup)
        if self.display_column is None and has_field(self.model, "name"):
            self.display_column = "name"
        super().__init__(**options)

    def get_attributes(self) -> Mapping[str, mappings.Mapping | str | None]:
        """Return the name, and the relation that leads to the users if there is one."""
        found: dict[str, mappings.Mapping | str | None] = {}
        if self.display_column is not None:
            found["displayName"] = mappings.Column(self.display_column)
        users = self.resource_type.registry.get("User")
        relation = relation_between(self.model, users.model if users else get_user_model(), MEMBERS)
        if relation is not None:
            found["members"] = mappings.Members(relation[0], to="User")
        return {**found, **self.attributes}

    def check(self) -> Iterable[CheckMessage]:
        """Report groups that have no members but for SCIM."""
        if isinstance(self.resource_type.mappings.get("members"), mappings.Stored):
            yield Warning(
                f"{self.setting}: 'members' is mapped to no relation of {self.model._meta.label}: members "
                f"are kept for SCIM, and are in no group of the project.",
                hint="Map 'members' to the many-to-many relation to the users, with Members.",
                obj=type(self),
                id="django_scim.W009",
            )


Relation = tuple[str, str | None]
"""The accessor on the one side, and that on the other if it has one."""


def relation_between(model: type[Model], other: type[Model], usual: Sequence[str]) -> Relation | None:
    """Return the many-to-many relation from one model to another.

    It may be declared on either side. Where there are several, such as the members and the owners of a
    team, that with a usual name is taken, else None: a guess could give somebody rights.

    :param usual: Accessors on the first model, the most usual first.
    """
    found: dict[str, str | None] = {}
    for field in model._meta.get_fields():
        if isinstance(field, ManyToManyField) and leads_to(field.related_model, other):
            found[field.name] = accessor(field.remote_field)
        elif isinstance(field, ManyToManyRel) and leads_to(field.related_model, other):
            name = accessor(field)
            if name is not None:
                found[name] = field.field.name
    names = [name for name in usual if name in found] or (list(found) if len(found) == 1 else [])
    return (names[0], found[names[0]]) if names else None


def leads_to(related: object, model: type[Model]) -> bool:
    """Whether the rows of a model are among those that a relation leads to."""
    return isinstance(related, type) and issubclass(model, related)


def accessor(relation: ManyToManyRel) -> str | None:
    """Return the name of the other side of a relation, unless it is hidden."""
    return None if relation.hidden else relation.get_accessor_name()
