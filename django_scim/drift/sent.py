"""What a connection has sent last of each attribute, as the history tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from django_scim.models import Connection, Operation, Outcome, ProvisioningEvent
from django_scim.operations.undo.event import is_hidden, is_same
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json

MOST_EVENTS = 50
"""How many events of a resource are looked at, the latest ones."""

CHANGES = (Operation.CREATE, Operation.REPLACE, Operation.MODIFY)

SIDES = {"before", "after"}
"""What the change of a value has; that of members names who came and went."""


@dataclass
class Sent:
    """What a connection has sent last of a resource.

    :param version: The version that the resource had then.
    :param values: The values by attribute; None for one that was removed.
    """

    version: str
    values: dict[str, Any] = field(default_factory=dict)


def sent_by(
    connection: Connection, resource_type: ResourceType, identifiers: Collection[str]
) -> dict[str, Sent]:
    """Return what a connection has sent of resources by their ``id``, in one query."""
    events = ProvisioningEvent.objects.filter(
        connection=connection,
        resource_type=resource_type.name,
        resource_id__in=identifiers,
        outcome=Outcome.SUCCESS,
        operation__in=CHANGES,
    )
    place = Window(RowNumber(), partition_by=F("resource_id"), order_by=[F("time").desc(), F("pk").desc()])
    latest = events.annotate(place=place).filter(place__lte=MOST_EVENTS).order_by("resource_id", "place")
    found: dict[str, Sent] = {}
    for identifier, version, changes in latest.values_list("resource_id", "version", "changes"):
        sent = found.setdefault(identifier, Sent(version))
        for key, sides in changes.items():
            if sides.keys() <= SIDES:
                sent.values.setdefault(key, sides.get("after"))
    return found


@dataclass(frozen=True)
class Difference:
    """An attribute that is not as it was sent.

    :param is_of_case: Whether nothing but the case of letters differs.
    """

    attribute: str
    sent: Any
    found: Any
    is_of_case: bool


def differences(resource_type: ResourceType, sent: Sent, document: Json) -> Iterator[Difference]:
    """Yield the attributes of a document that are not as they were sent. Secrets and members are left out."""
    for key, value in sent.values.items():
        mapping = resource_type.mappings.get(key)
        if mapping is None or not mapping.writable or mapping.unbounded or mapping.path.is_secret:
            continue
        now = mapping.value_in(document)
        if is_hidden(value) or is_same(value, now):
            continue
        yield Difference(key, value, now, is_same(folded(value), folded(now)))


def folded(value: Any) -> Any:
    """Return a JSON value with its texts in lower case."""
    if isinstance(value, dict):
        return {name: folded(member) for name, member in value.items()}
    if isinstance(value, list):
        return [folded(each) for each in value]
    return value.casefold() if isinstance(value, str) else value
