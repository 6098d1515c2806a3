"""What a rehearsal says would happen: how many, and who."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy

from django_scim.conf import get_settings
from django_scim.history.selection import EventSelection
from django_scim.models import Connection, Outcome, ProvisioningEvent, RehearsedResource
from django_scim.operations.breaker import ALWAYS_ALLOWED, MOST_COUNTED
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType

MOST_REFUSED = 1_000
"""How many refusals are looked at, the latest ones."""

IS_LOCKED = Q(was_active=True, is_active=False)

KINDS: dict[str, tuple[Any, Q]] = {
    "created": (gettext_lazy("Would be created"), Q(is_made=True, is_matched=False, is_deleted=False)),
    "matched": (gettext_lazy("There already, would be matched"), Q(is_matched=True)),
    "changed": (
        gettext_lazy("There already, would be changed"),
        Q(is_made=False, is_changed=True) & ~IS_LOCKED,
    ),
    "locked": (gettext_lazy("Active, would be locked"), IS_LOCKED),
}
"""What would become of resources, in words, and which of them it is. One may be of several kinds."""


@dataclass(frozen=True)
class Part:
    """The resources of one kind.

    :param number: How many there are of each resource type.
    """

    name: str
    text: str
    rows: QuerySet[RehearsedResource]
    number: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.number.values())

    @property
    def numbers(self) -> str:
        """How many there are of each type, in words."""
        return ", ".join(f"{number} {name}" for name, number in self.number.items()) or "0"

    def names(self, most: int | None = None) -> Iterator[str]:
        """Yield what they are called, at most so many."""
        for row in self.rows.order_by("pk")[:most].iterator(chunk_size=500):
            yield str(row)


@dataclass(frozen=True)
class Refused:
    """Who could not be written, with the reason."""

    name: str
    status: int
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.status} {self.detail}".rstrip()


@dataclass(frozen=True)
class Report:
    """What a connection would have done since its rehearsal began.

    :param is_pausing: Whether it would have been paused, since it locks more than it may within an hour.
    """

    since: datetime
    parts: list[Part]
    refused: list[Refused]
    is_pausing: bool

    def __getitem__(self, name: str) -> Part:
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        kinds = {
            part.name: {"number": part.total, "byType": part.number, "who": list(part.names())}
            for part in self.parts
        }
        refused = [{"who": each.name, "status": each.status, "detail": each.detail} for each in self.refused]
        return {
            "since": self.since.isoformat(),
            **kinds,
            "refused": refused,
            "wouldPause": self.is_pausing,
        }


def report_on(connection: Connection) -> Report | None:
    """Return the report of a rehearsal, or None if the connection is in none. It takes a few queries."""
    if connection.rehearsal_since is None:
        return None
    rows = RehearsedResource.objects.filter(connection=connection)
    columns = {f"number_{name}": Count("pk", filter=condition) for name, (_text, condition) in KINDS.items()}
    counts: Any = rows.order_by().values("resource_type").annotate(**columns)
    found: list[dict[str, Any]] = list(counts.order_by("resource_type"))
    parts = [
        Part(
            name,
            str(text),
            rows.filter(condition),
            {row["resource_type"]: row[f"number_{name}"] for row in found if row[f"number_{name}"]},
        )
        for name, (text, condition) in KINDS.items()
    ]
    refused = list(refused_by(connection, connection.rehearsal_since))
    report = Report(connection.rehearsal_since, parts, refused, is_pausing=False)
    return replace(report, is_pausing=is_over_limit(connection, report["locked"]))


def is_over_limit(connection: Connection, locked: Part) -> bool:
    """Whether the circuit breaker would have paused a connection, had all been locked within an hour."""
    settings = get_settings()
    limit, share = settings.DEPROVISIONING_LIMIT, settings.DEPROVISIONING_SHARE
    if connection.deprovisioning_limit is not None:
        limit, share = connection.deprovisioning_limit, None
    if limit is not None and locked.total > limit:
        return True
    served = [(registry().get(name), number) for name, number in locked.number.items()]
    return share is not None and any(
        number > ALWAYS_ALLOWED and number > active_count(resource_type, connection) * share // 100
        for resource_type, number in served
        if resource_type is not None
    )


def active_count(resource_type: ResourceType, connection: Connection) -> int:
    """Return how many active resources a connection sees, counted up to a number as the breaker does."""
    rows = resource_type.queryset(connection)
    return resource_type.adapter.active_rows(rows, Caller(connection)).order_by()[:MOST_COUNTED].count()


def refused_by(connection: Connection, since: datetime) -> Iterator[Refused]:
    """Yield who was refused since a time, the latest first, each once."""
    events = ProvisioningEvent.objects.filter(time__gte=since)
    equal = {"connection_id": connection.pk, "outcome": Outcome.REFUSED.value}
    selection = EventSelection(events, equal=equal)
    keys = selection.keys(MOST_REFUSED)
    told: set[tuple[str, str]] = set()
    for event in selection.read(keys).defer("request", "changes"):
        name = event.display or event.resource_id or event.path
        if (event.resource_type, name) not in told:
            told.add((event.resource_type, name))
            yield Refused(f"{event.resource_type} {name}".strip(), event.status, event.detail)


def in_words(report: Report, most: int | None = None) -> Iterator[str]:
    """Yield the lines of a report.

    :param most: How many of each kind are named; None for all.
    """
    for part in report.parts:
        yield f"{part.text}: {part.numbers}"
        yield from (f"  {name}" for name in part.names(most))
    yield f"Refused: {len(report.refused)}"
    yield from (f"  {each}" for each in report.refused[:most])
    if report.is_pausing:
        yield "The connection would be paused: it locks more than it may within an hour."
