"""Who has the value that a refused request wanted: the account that stands in its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from scim2_models import SCIMException
from scim2_models.path import CompareOperator

from django_scim.history.redaction import REDACTED
from django_scim.mappings import Mapping as AttributeMapping
from django_scim.models import Operation, Outcome, ProvisioningEvent, Record
from django_scim.operations.saving import holders
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.operand import any_of
from django_scim.sql.values import is_storable
from django_scim.why.finding import primary_keys

UNIQUENESS = (409, "uniqueness")

MOST_OPERATIONS = 100
"""How many operations of a PATCH are looked at."""

NAMED_BY_EVENT = ("userName", "displayName")
"""The attributes that an event has in a column of its own, where its body is not kept."""


@dataclass(frozen=True)
class Obstacle:
    """What keeps a resource from having a value.

    :param attribute: The key of the attribute that has to be unique.
    :param row: The row that has the value now, or None if there is none any more.
    :param record: Its record, or None.
    """

    event: ProvisioningEvent
    resource_type: ResourceType
    attribute: str
    row: Model | None = None
    record: Record | None = None

    @property
    def name(self) -> str:
        """What people call it, or an empty text if there is nothing in the way any more."""
        if self.row is None:
            return ""
        return f"{self.resource_type.name} {self.resource_type.adapter.row_name(self.row)}"

    @property
    def remedy(self) -> str:
        """What to do, which depends on whose it is."""
        if self.row is None:
            return _("No resource has the value now: let the identity provider try again.")
        manager = None if self.record is None else self.record.managed_by
        facts = {"attribute": self.attribute, "connection": manager}
        if manager is None and self.resource_type.adapter.protected(self.row):
            text = _(
                "It is protected, and no connection manages it. Leave the person out of the assignment, or "
                "hand the account over on its page."
            )
        elif manager is None:
            text = _(
                "No connection manages it. If it is the same person, let this one adopt it (manage.py "
                "scim_adopt). If these are two, one of them needs another %(attribute)s."
            )
        elif manager.pk == self.event.connection_id:
            text = _(
                "%(connection)s manages it already. If it is the same person, the identity provider has to "
                "find it by %(attribute)s. If these are two, one of them needs another %(attribute)s there."
            )
        else:
            text = _(
                "%(connection)s manages it. If it is the same person, hand it over on its page. If these are "
                "two, one of them needs another %(attribute)s."
            )
        return text % facts


def obstacle_of(event: ProvisioningEvent) -> Obstacle | None:
    """Return what stands in the way of a request that was refused for a value that has to be unique.

    It is who has the value now. None if the request was refused for something else, or its value is not
    known: bodies may not be kept.
    """
    resource_type = registry().get(event.resource_type)
    is_conflict = event.outcome == Outcome.REFUSED and (event.status, event.scim_type) == UNIQUENESS
    if resource_type is None or not is_conflict or event.connection is None:
        return None
    unique = [mapping for mapping in resource_type.written_mappings if mapping.is_unique]
    named = [mapping for mapping in unique if mapping.named in event.detail]
    asked = None
    for mapping in named or unique:
        if not (values := list(islice(values_of(event, mapping.path.key), MOST_OPERATIONS))):
            continue
        row = holder_of(event, resource_type, mapping, values)
        asked = asked or mapping.path.key
        if row is not None:
            records = resource_type.records().filter(**{resource_type.record_key: row.pk})
            record = records.select_related("managed_by").first()
            return Obstacle(event, resource_type, mapping.path.key, row, record)
    # Of an attribute that the answer did not name, nobody knows whether it was the one.
    return Obstacle(event, resource_type, asked) if asked and named else None


def holder_of(
    event: ProvisioningEvent, resource_type: ResourceType, mapping: AttributeMapping, values: list[str]
) -> Model | None:
    """Return the row of another resource with one of some values, or None."""
    caller = Caller(event.connection)
    own = primary_keys(resource_type, [event.resource_id]).values() if event.resource_id else ()
    try:
        # Only to look around it. Where rows belong to tenants, a connection without one makes none.
        new = Resource(resource_type, resource_type.adapter.new_instance(caller.acting), caller)
        inner = resource_type.resolve(f"{mapping.path.key}.value") if mapping.path.is_multivalued else None
        if inner is None:
            rows = holders(new, mapping, values[0])
        else:
            seen_by = None if mapping.is_unique_everywhere else event.connection
            conditions = [
                mapping.lookup(inner, CompareOperator.eq, value, caller) for value in values[:MOST_OPERATIONS]
            ]
            rows = resource_type.queryset(seen_by).filter(any_of(conditions))
    except SCIMException:
        return None
    row: Model | None = rows.exclude(pk__in=list(own)).order_by("pk").first()
    return row


def values_of(event: ProvisioningEvent, key: str) -> Iterator[str]:
    """Yield the values that a request has for an attribute, as far as the history has them whole."""
    found = list(wanted(event.request, key))
    # Of a resource that is there, the event has the name that it has, and not the one that it was to get.
    if event.operation == Operation.CREATE and event.request is None and key in NAMED_BY_EVENT:
        found = [event.display]
    for value in found:
        entries = value if isinstance(value, list) else [value]
        for entry in entries[:MOST_OPERATIONS]:
            text = entry.get("value") if isinstance(entry, Mapping) else entry
            if isinstance(text, str) and text and is_whole(text):
                yield text


def is_whole(text: str) -> bool:
    """Whether the history has a text as it was sent, and a database may be asked for it."""
    return "…" not in text and REDACTED not in text and is_storable(text)


def wanted(request: Any, key: str) -> Iterator[Any]:
    """Yield what a body sets an attribute to: the body of a resource, or the operations of a PATCH."""
    if not isinstance(request, Mapping):
        return
    body = {str(name).lower(): value for name, value in request.items()}
    operations = body.get("operations")
    if not isinstance(operations, list):
        yield from inside(body, key.lower())
        return
    for operation in operations[:MOST_OPERATIONS]:
        if not isinstance(operation, Mapping):
            continue
        own = {str(name).lower(): value for name, value in operation.items()}
        path = own.get("path")
        if isinstance(path, str):
            named = path.lower().partition("[")[0].removesuffix(".value")
            if named in (key.lower(), key.lower().rpartition(":")[2]):
                yield own.get("value")
        elif isinstance(own.get("value"), Mapping):
            yield from inside({str(name).lower(): value for name, value in own["value"].items()}, key.lower())


def inside(body: Mapping[str, Any], key: str) -> Iterator[Any]:
    """Yield the value of an attribute in an object whose names are in lower case."""
    if key in body:
        yield body[key]
        return
    urn, _separator, name = key.rpartition(":")
    extension = body.get(urn)
    if urn and isinstance(extension, Mapping):
        yield from inside({str(own).lower(): value for own, value in extension.items()}, name)
