"""Many-to-many relations between the models of two resource types, found by what they lead to."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import ManyToManyField, ManyToManyRel, Model

Relation = tuple[str, str | None]
"""The accessor on the one side, and that on the other if it has one."""


def relation_between(model: type[Model], other: type[Model], usual: Sequence[str]) -> Relation | None:
    """Return the many-to-many relation from one model to another.

    It may be declared on either side. Where there are several, such as the members and the owners of a
    team, that with a usual name is taken, and without one none: a guess could give somebody rights.

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
