"""Members that a relation cannot hold: of another type than they say, and groups where it leads to users."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scim2_models import InvalidValueException

from django_scim.conf import get_settings
from django_scim.mappings.collection import SHOWN_KEYS, Collection, identifier_of
from django_scim.schema.attributes import member

if TYPE_CHECKING:
    from django_scim.mappings.members import Members
    from django_scim.resources.resource import Resource


def require_types(relation: Members, values: Sequence[Any]) -> None:
    """Refuse values that say they are of another resource type than the one that has their ``id``.

    :raises InvalidValueException: If one does.
    """
    for value in values:
        given = member(value, "type") if isinstance(value, dict) else None
        if given and str(given).lower() not in (relation.to.lower(), relation.type.lower()):
            detail = (
                f"{relation.path.key}: the {relation.to} '{identifier_of(value)}' is no {str(given)[:100]}"
            )
            raise InvalidValueException(detail=detail)


def leave_out(collection: Collection, obj: Resource, values: Sequence[Any], kinds: Sequence[str]) -> None:
    """Leave out the values that are nested resources, as ``NESTED_GROUPS`` says, and refuse all others.

    :param values: Those that are resources of none of the types that the collection leads to.
    :param kinds: These types.
    :raises InvalidValueException: If a value is no nested resource, or nested ones are refused.
    """
    if not values:
        return
    nested = nested_in(obj, values, kinds)
    key, own = collection.path.key, obj.resource_type.name
    for value in values:
        identifier = identifier_of(value)
        if identifier not in nested:
            detail = f"{key}: there is no {' or '.join(kinds)} with the id '{identifier or ''}'"
            raise InvalidValueException(detail=detail)
    reason = f"a {own} has no place for a {own} here: {', '.join(nested[:SHOWN_KEYS])}"
    if get_settings().NESTED_GROUPS == "forbid":
        raise InvalidValueException(detail=f"{key}: {reason}")
    obj.notes.append(f"left out of {key}: {reason}")


def nested_in(obj: Resource, values: Sequence[Any], kinds: Sequence[str]) -> list[str]:
    """Return the ``id`` of each value that is a resource of the type that the collection is an attribute of.

    Whether there is such a resource makes no difference where the value says that it is one.
    """
    own = obj.resource_type
    if own.name in kinds:
        return []
    named = dict.fromkeys(identifier for value in values if (identifier := identifier_of(value)))
    found = own.visible_keys(obj.caller.connection, list(named), using=obj.database)
    said = {
        identifier_of(value)
        for value in values
        if isinstance(value, dict) and says(value, own.name, own.endpoint)
    }
    return [identifier for identifier in named if identifier in found or identifier in said]


def says(value: dict[str, Any], name: str, endpoint: str) -> bool:
    """Whether a value says, by its ``type`` or its ``$ref``, that it is of a resource type."""
    place = str(member(value, "$ref") or "").lower()
    return str(member(value, "type") or "").lower() == name.lower() or f"{endpoint.lower()}/" in place
