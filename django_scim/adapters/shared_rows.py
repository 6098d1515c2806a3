"""System checks of attributes whose writes would meet in one column, or point at the row of somebody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from django_scim.mappings.columns import HostPath

if TYPE_CHECKING:
    from django_scim.resources.resource_type import ResourceType


def check_written_columns(resource_type: ResourceType) -> Iterator[CheckMessage]:
    """Report a column that two attributes write, and a foreign key by which a write finds a wrong row."""
    columns: dict[str, list[str]] = defaultdict(list)
    keys: dict[str, list[str]] = defaultdict(list)
    models: dict[str, type[Model]] = {}
    for mapping in resource_type.written_mappings:
        if any(mapping.check()):
            continue  # It is wrong already, and its check says how.
        for column in mapping.written_columns():
            columns[column].append(mapping.path.key)
            found = looked_up(resource_type, column)
            if found is not None:
                key, models[key] = found
                keys[key].append(mapping.path.key)
    for column, attributes in columns.items():
        if len(attributes) > 1:
            yield Error(
                f"{resource_type.setting} maps {both(attributes)} to '{column}': each changes the other.",
                hint="Map one of them to it, or use DefaultValue for a list that only begins with it.",
                id="django_scim.E015",
            )
    for key, attributes in keys.items():
        if len(attributes) > 1:
            yield Error(
                f"{resource_type.setting} maps {both(attributes)} to columns behind '{key}': the row there "
                f"is shared, and each would point the key at another row.",
                hint="Use MembershipAdapter if it is the account of a membership, else Computed to read it.",
                id="django_scim.E013",
            )
        other = served(resource_type, models[key])
        if other is not None:
            yield Error(
                f"{resource_type.setting} maps '{attributes[0]}' to a column behind '{key}', which leads to "
                f"the model of the resource type '{other}': a write would point it at somebody else.",
                hint="Use MembershipAdapter if it is the account of a membership, else Computed to read it.",
                id="django_scim.E014",
            )


def looked_up(resource_type: ResourceType, column: str) -> tuple[str, type[Model]] | None:
    """Return the foreign key on the way to a column by which a row is looked up, with its model, or None."""
    try:
        host = HostPath(resource_type.model, column, resource_type.adapter.parts)
    except (FieldDoesNotExist, ValueError):
        return None
    names: list[str] = []
    for relation in host.relations:
        names.append(relation.name)
        if not host.is_own(relation):
            return "__".join(names), relation.related_model
    return None


def served(resource_type: ResourceType, model: type[Model]) -> str | None:
    """Return the name of the resource type whose rows a model has, or None."""
    concrete = model._meta.concrete_model
    return next(
        (other.name for other in resource_type.registry if other.model._meta.concrete_model is concrete), None
    )


def both(attributes: list[str]) -> str:
    """Return the names of attributes as a message lists them."""
    return " and ".join(f"'{name}'" for name in attributes)
