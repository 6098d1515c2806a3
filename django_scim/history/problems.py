"""Refused writes that no later request has cured, by their reason.

A refusal is *open* until the same connection succeeds with a write of the same resource. Nothing of that is
stored, so no request pays for it: the newest refusals are read by an index, and the last success of each
resource that they are about is looked up by another. What that costs does not grow with the history.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Case, OuterRef, QuerySet, Subquery, When
from django.db.models.lookups import Exact, In
from django.utils import timezone

from django_scim.history.counting import READS
from django_scim.history.selection import Branch, unindexed
from django_scim.models import Connection, Operation, Outcome, ProvisioningEvent

WINDOW = timedelta(days=30)
"""How old a refusal may be. What nobody has asked for since then is no problem any more."""

LOOKED_AT = 1000
"""How many refusals are looked at, the newest ones."""

WRITES = tuple(operation for operation in Operation if operation not in READS)

NOT_CURED = frozenset({401, 405, 406, 411, 415, 429, 501})
"""Statuses that say nothing of the resource: they are about the client, its token, or how much it asks."""

COLUMNS = (
    "time",
    "connection",
    "connection__name",
    "operation",
    "resource_type",
    "resource_id",
    "display",
    "display_key",
    "external_id",
    "outcome",
    "status",
    "scim_type",
    "summary",
)
"""What is read of a refusal: bodies and details may be long, and the summary has the beginning of both."""

OWN = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|[^\s'\"(),;:]+@[^\s'\"(),;:]+",
    re.IGNORECASE,
)
"""What in a reason is of one resource alone: an id, or an address."""

Reference = tuple[str, str]
"""The resource type, and what a refusal says of whom it is about."""


@dataclass
class Problem:
    """The open refusals of a connection for the same reason.

    :param reason: The detail of the answers, with ``…`` for ids and addresses.
    """

    connection: Connection
    status: int
    scim_type: str
    reason: str
    number: int = 0
    latest: dict[Reference, ProvisioningEvent] = field(default_factory=dict)
    """The latest refusal of each resource, the latest first."""
    first: datetime = datetime.max
    last: datetime = datetime.min

    def add(self, event: ProvisioningEvent) -> None:
        """Add a refusal that is older than those before."""
        self.latest.setdefault(reference_of(event), event)
        self.last = event.time if not self.number else self.last
        self.first = event.time
        self.number += 1

    @property
    def events(self) -> list[ProvisioningEvent]:
        """The latest refusal of each resource, the latest first."""
        return list(self.latest.values())

    @property
    def answer(self) -> str:
        """The status with its ``scimType``."""
        return f"{self.status} {self.scim_type}".rstrip()


@dataclass(frozen=True)
class OpenProblems:
    """The problems, those of one connection together, the latest of it first.

    :param is_complete: Whether all refusals of the time were looked at, and not the newest ones alone.
    """

    problems: list[Problem]
    is_complete: bool

    def __len__(self) -> int:
        return len(self.problems)

    @property
    def number(self) -> str:
        """How many there are, as people write it: with a ``+`` if there may be more."""
        return f"{len(self)}" if self.is_complete else f"{len(self)}+"


def open_problems(connection: Connection | None = None) -> OpenProblems:
    """Return what is still refused, in a constant number of queries.

    :param connection: The connection of the refusals, or None for all connections.
    """
    keys, is_complete = newest_refusals(connection)
    rows = ProvisioningEvent.objects.filter(pk__in=keys).select_related("connection").only(*COLUMNS)
    events = list(rows.order_by("-time", "-pk"))
    successes = last_successes(events)
    found: dict[tuple[int | None, int, str, str], Problem] = {}
    for event in events:
        if event.connection is None or is_cured(event, successes):
            continue
        key = (event.connection_id, event.status, event.scim_type, reason_of(event))
        found.setdefault(key, Problem(event.connection, *key[1:])).add(event)
    # A sort keeps the order of what is equal, in which the latest is first.
    return OpenProblems(sorted(found.values(), key=lambda problem: problem.connection.name), is_complete)


def newest_refusals(connection: Connection | None) -> tuple[list[int], bool]:
    """Return the keys of the newest refusals that a request may cure, and whether those are all.

    There is a query for each operation, as the indexes have it before the time.
    """
    events = ProvisioningEvent.objects.filter(outcome=Outcome.REFUSED, time__gte=timezone.now() - WINDOW)
    if connection is not None:
        events = events.filter(connection=connection)
    parts = [
        Branch(events.filter(operation=operation))
        .first(LOOKED_AT + 1, ascending=False)
        .values_list("time", "pk", "status", "operation", "connection_id")
        for operation in WRITES
    ]
    rows = nlargest(LOOKED_AT + 1, chain.from_iterable(parts), key=itemgetter(0, 1))
    # Afterwards, so that no database passes over many in search of others.
    keys = [
        pk
        for _time, pk, status, operation, owner in rows[:LOOKED_AT]
        if owner is not None and is_curable(status, operation)
    ]
    return keys, len(rows) <= LOOKED_AT


def is_curable(status: int, operation: str) -> bool:
    """Whether a refusal is a problem of its resource. What is not there to be deleted is none."""
    return status >= 400 and status not in NOT_CURED and (status, operation) != (404, Operation.DELETE)


class Trace(NamedTuple):
    """What a success has in common with a refusal that it cures.

    :param column: The one of which the index is read.
    :param external_id: The ``externalId`` that a success of the same name has, if it has one; None for any.
    """

    column: str
    connection_id: Any
    resource_type: Any
    value: Any
    external_id: Any = None

    @property
    def successes(self) -> QuerySet[ProvisioningEvent]:
        """The successful writes.

        The other conditions are in a form that no index is taken for: the one of the column has few events.
        """
        events = ProvisioningEvent.objects.filter(
            Exact(unindexed("connection_id"), self.connection_id),
            Exact(unindexed("resource_type"), self.resource_type),
            Exact(unindexed("outcome"), Outcome.SUCCESS.value),
            In(unindexed("operation"), [operation.value for operation in WRITES]),
            **{self.column: self.value},
        )
        return events if self.external_id is None else events.filter(external_id__in=["", self.external_id])


def traces_of(event: ProvisioningEvent) -> Iterator[Trace]:
    """Yield what a success has in common with a refusal, the surest first.

    The resource is the one with the ``id``. Without one, or where it names nothing (any more), it is the one
    with the same ``externalId``, or with the same name and no other ``externalId``.
    """
    owner = (event.connection_id, event.resource_type)
    if event.resource_id:
        yield Trace("resource_id", *owner, event.resource_id)
    if event.resource_id and event.status != 404:
        return
    if event.external_id:
        yield Trace("external_id", *owner, event.external_id)
    if event.display_key:
        yield Trace("display_key", *owner, event.display_key, event.external_id or None)


def cure_of(event: ProvisioningEvent) -> ProvisioningEvent | None:
    """Return the first success of the same connection with the same resource after a refusal, or None."""
    if event.outcome != Outcome.REFUSED or event.connection_id is None or event.operation in READS:
        return None
    if not is_curable(event.status, event.operation):
        return None
    for trace in traces_of(event):
        later = trace.successes.filter(time__gt=event.time).order_by("time", "pk")
        if (found := later.defer("request", "changes").first()) is not None:
            return found
    return None


def is_cured(event: ProvisioningEvent, successes: dict[Trace, datetime]) -> bool:
    """Whether there is a success after a refusal."""
    return any(trace in successes and successes[trace] > event.time for trace in traces_of(event))


def last_successes(events: Sequence[ProvisioningEvent]) -> dict[Trace, datetime]:
    """Return when the resources of refusals had their last success, if one may cure a refusal, in one query.

    Of many refusals of one resource it is looked up once.

    :param events: The latest first.
    """
    oldest = {trace: event.pk for event in events for trace in traces_of(event)}
    kinds: dict[tuple[str, bool], dict[int, Trace]] = {}
    for trace, pk in oldest.items():
        kinds.setdefault((trace.column, trace.external_id is not None), {})[pk] = trace
    refusals = ProvisioningEvent.objects.filter(pk__in=set(oldest.values())).order_by()
    vendor = connections[refusals.db].vendor
    times = (
        Case(When(pk__in=list(own), then=Subquery(last_success(*kind, vendor).values("time")[:1])))
        for kind, own in kinds.items()
    )
    return {
        own[pk]: time
        for pk, *found in refusals.values_list("pk", *times)
        for own, time in zip(kinds.values(), found, strict=True)
        if time is not None
    }


def last_success(column: str, has_external_id: bool, vendor: str) -> QuerySet[ProvisioningEvent]:
    """Return the successes of the resource of the outer query, the last one first."""
    external_id = OuterRef("external_id") if has_external_id else None
    trace = Trace(column, OuterRef("connection_id"), OuterRef("resource_type"), OuterRef(column), external_id)
    events = trace.successes.order_by("-time", "-pk")
    # MariaDB takes a value of the outer query for no end of an index: without a success after the refusal,
    # it would go on through all events of the resource, and not stop at the first success before it.
    return events if vendor == "mysql" else events.filter(time__gt=OuterRef("time"))


def reference_of(event: ProvisioningEvent) -> Reference:
    """Return whom a refusal is about; one that does not say is about nobody else."""
    named = event.resource_id or event.external_id or event.display_key
    return event.resource_type, named or f"#{event.pk}"


def reason_of(event: ProvisioningEvent) -> str:
    """Return the text of a refusal without what is of its resource alone, so that equal reasons are equal."""
    text = event.summary
    for own in own_texts(event):
        text = text.replace(own, "…")
    return OWN.sub("…", text)


def own_texts(event: ProvisioningEvent) -> Iterable[str]:
    """Return the texts of the resource, unless they are so short that they may be part of any word."""
    return (text for text in (event.resource_id, event.external_id, event.display) if len(text) > 3)
