"""The events that meet some conditions, in the order of time, at a cost that does not grow with the history.

An index gives events in the order of time if it begins with all that has to be equal. There is not one for
every combination of conditions: where an index has a column that may have any of a few values, it is read
once for each of them. Such a part of a selection is a *branch*, and the branches are merged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, reduce
from heapq import nlargest
from itertools import chain, product
from operator import attrgetter, or_
from typing import Any, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, IsNull

from django_scim.history.events import limited
from django_scim.models import Operation, Outcome, ProvisioningEvent
from django_scim.sql.keyset import KeyColumn, Keyset, Page, read_page

Event = TypeVar("Event")
"""An event, or the values of one."""

Key = tuple[datetime, int]
"""The time and the primary key of an event: what events are ordered by."""

NARROW = ("resource_id", "external_id", "request_id")
"""Columns with an index of their own, of which one value belongs to few events."""

LEADING = ("connection_id", "effect")
"""The columns before the time in the indexes for what an event did."""

CHOICES = {"outcome": Outcome.values, "operation": Operation.values}
"""Columns of a few values, which stand before the time in some of the indexes."""

KEYS = 10_000
"""How many keys are looked up at once where all events are read: a search may have to sort them each time."""


def unindexed(column: str) -> Coalesce:
    """Return a column in a form for which no database takes an index.

    SQLite has no figures to tell which of two indexes is the better one, and the others may be wrong.
    """
    return Coalesce(column, column)


BY_TIME = Keyset((KeyColumn("time", is_descending=True), KeyColumn("pk", is_descending=True)))
"""The latest event first."""

SORTED_BY_TIME = Keyset((replace(BY_TIME.columns[0], expression=unindexed("time")), BY_TIME.columns[1]))
"""The same order, for which events are sorted: a walk along the times might not meet one of them for long."""


@dataclass(frozen=True)
class Branch:
    """A part of a selection, which one index gives."""

    events: QuerySet[ProvisioningEvent]
    is_in_order: bool = True
    """Whether the index has them in the order of time; otherwise they are sorted."""

    def first(
        self, limit: int, ascending: bool, beyond: Key | None = None
    ) -> QuerySet[ProvisioningEvent, Key]:
        """Return the keys of the first events in the order of time."""
        order = BY_TIME if self.is_in_order else SORTED_BY_TIME
        events = order.first(self.events, limit, beyond=beyond, backwards=ascending)
        return events.values_list("time", "pk")


class EventSelection:
    """The events that meet some conditions.

    :param events: The events to choose from; conditions on their time cost nothing.
    :param equal: The values that columns have; ``connection_id`` may be None.
    :param search: A text that the name of the resource begins with, whatever its case, or that is the
        ``id`` or the ``externalId`` of the resource, or the id of the request.
    :param resource_types: Their resource types, where these are some of several.
    """

    def __init__(
        self,
        events: QuerySet[ProvisioningEvent],
        *,
        equal: Mapping[str, Any] | None = None,
        search: str = "",
        resource_types: Sequence[str] = (),
    ) -> None:
        self.events = events.order_by()
        self.resource_types = resource_types
        self.equal = dict(equal or {})
        self.search = search.strip()

    def all(self) -> QuerySet[ProvisioningEvent]:
        """Return the events as one query, in no order: to be looked at, not to be paged through."""
        events = self.events.filter(**self.equal)
        if not self.search:
            return events
        exact = (Q(**{column: self.search}) for column in NARROW)
        return events.filter(reduce(or_, exact, self._has_display))

    def keys(self, limit: int, *, beyond: Key | None = None, ascending: bool = False) -> list[Key]:
        """Return the keys of events in the order of time, the latest first.

        :param limit: How many, at most.
        :param beyond: The key that they come after in this order; its event may be deleted by now.
        :param ascending: Whether the earliest comes first.
        """
        parts = [branch.first(limit, ascending, beyond) for branch in self.branches]
        return sorted(set(self._joined(parts)), reverse=not ascending)[:limit]

    def page(
        self, size: int, *, beyond: Key | None = None, ascending: bool = False, backwards: bool = False
    ) -> Page[Key]:
        """Return the keys of a page.

        :param beyond: The key that the page comes after, or before; None for the first page, or for the last.
        :param ascending: Whether the pages have the earliest event first.
        """
        return read_page(
            lambda limit: self.keys(limit, beyond=beyond, ascending=ascending != backwards),
            size,
            has_key=beyond is not None,
            backwards=backwards,
        )

    def read(self, keys: Sequence[Key], ascending: bool = False) -> QuerySet[ProvisioningEvent]:
        """Return the events with these keys, in their order."""
        return BY_TIME.apply(self.events.filter(pk__in=[pk for _, pk in keys]), backwards=ascending)

    def batches(self, size: int, ascending: bool = False) -> Iterator[QuerySet[ProvisioningEvent]]:
        """Yield all events in batches, one after the other."""
        beyond = None
        while keys := self.keys(KEYS, beyond=beyond, ascending=ascending):
            for start in range(0, len(keys), size):
                yield self.read(keys[start : start + size], ascending)
            beyond = keys[-1]

    @cached_property
    def branches(self) -> list[Branch]:
        """The branches of the selection. If a text is searched for, an event may be in several of them."""
        if self.search:
            exact = [{column: self.search} for column in NARROW]
            by_display = self._residual(self.events.filter(self._has_display))
            return [*map(self._narrow, exact), Branch(by_display, is_in_order=False)]
        narrow = {column: value for column, value in self.equal.items() if column in NARROW}
        if narrow:
            return [self._narrow(narrow)]
        return [self._branch_of_effect()] if "effect" in self.equal else self._branches_of_choices()

    def _branch_of_effect(self) -> Branch:
        """Return the events with an effect: the index has the columns of the other filters too."""
        leading = {column: value for column, value in self.equal.items() if column in LEADING}
        return Branch(self._residual(self.events.filter(**leading), LEADING))

    def _branches_of_choices(self) -> list[Branch]:
        events = self.events.filter(**self.equal)
        choices: dict[str, Sequence[Any]] = dict(CHOICES)
        if self.resource_types:
            choices["resource_type"] = self.resource_types
        elif not {"resource_type", *CHOICES} & self.equal.keys():
            return [Branch(events)]
        values = [[self.equal[name]] if name in self.equal else every for name, every in choices.items()]
        return [
            Branch(events.filter(**dict(zip(choices, chosen, strict=True)))) for chosen in product(*values)
        ]

    def _narrow(self, narrow: Mapping[str, str]) -> Branch:
        return Branch(self._residual(self.events.filter(**narrow)))

    def _residual(
        self, events: QuerySet[ProvisioningEvent], met: Collection[str] = ()
    ) -> QuerySet[ProvisioningEvent]:
        """Keep of events that an index has found those that meet the conditions.

        :param met: The columns whose conditions they meet already.
        """
        for column in self.equal.keys() - set(met):
            value = self.equal[column]
            expression = unindexed(column)
            events = events.filter(IsNull(expression, True) if value is None else Exact(expression, value))
        return events

    @property
    def _database(self) -> BaseDatabaseWrapper:
        return connections[self.events.db]

    @property
    def _has_display(self) -> Q:
        display = limited(self.search.lower(), "display_key")
        return begins_with("display_key", display, self._database.vendor)

    def _joined(self, parts: Sequence[QuerySet[ProvisioningEvent, Key]]) -> Iterable[Key]:
        """Return the keys of all parts, in one query if the database takes ``LIMIT`` in parts of a UNION."""
        if self._database.features.supports_slicing_ordering_in_compound and len(parts) > 1:
            return parts[0].union(*parts[1:], all=True)
        return chain.from_iterable(parts)


MOST_IDS = 10
"""Under how many of its ids, the newest ones, the events of a resource are looked for."""


def latest_of(
    events: QuerySet[ProvisioningEvent, Event], identifier: str, former_ids: Sequence[str], limit: int
) -> list[Event]:
    """Return the newest events of a resource, the latest first.

    A row that was used again has had other ids. An index gives the events of one id in the order of time, and
    those of several only sorted, all of them. So there is a query for each id.

    :param events: The events to choose from; with values, ``time`` and ``pk`` have to be among their names.
    :param former_ids: The ids before, the oldest first.
    """
    identifiers = [identifier, *reversed(former_ids)][:MOST_IDS]
    parts = (events.filter(resource_id=each).order_by("-time", "-pk")[:limit] for each in identifiers)
    return nlargest(limit, chain.from_iterable(parts), key=attrgetter("time", "pk"))


LAST = "\U0010ffff"
"""The last of all characters: no text has it."""


def begins_with(column: str, text: str, vendor: str) -> Q:
    """Return the condition that a column begins with a text, in the form that finds an index.

    SQLite uses no index for a ``LIKE`` with an escape character. MariaDB and MySQL use none for the binary
    comparison that Django has for ``startswith`` there.

    :param vendor: The vendor of the database, as Django names it.
    """
    if vendor == "postgresql":
        return Q(**{f"{column}__startswith": text})
    if vendor == "mysql":
        return Q(**{f"{column}__istartswith": text})
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + LAST})
