"""Pages of the list of resources: each is a range of an index, so that it costs the same at any depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from django_scim.models import Record
from django_scim.query.comparable import INTEGER_RANGE, OutOfRange, in_column

AFTER = "after"
BEFORE = "before"
"""The parameters of the address: the page begins after a record, or ends before it."""


@dataclass(frozen=True)
class Place:
    """The place of a record in the list.

    :param time: When it was last modified, where the list is in that order.
    """

    time: datetime | None
    key: int

    @classmethod
    def of(cls, record: Record, by_time: bool) -> Place:
        """Return the place of a record."""
        return cls(record.last_modified if by_time else None, record.pk)

    @classmethod
    def read(cls, text: str, by_time: bool) -> Place:
        """Return the place that an address names.

        :raises ValueError: If it names none, or one in another order.
        """
        key, _, time = text.partition(",")
        if not (key.isascii() and key.isdecimal()) or bool(time) is not by_time:
            raise ValueError(text)
        number = int(key) if len(key) < 20 else -1
        if number not in INTEGER_RANGE or number < 0:
            raise ValueError(text)
        try:
            return cls(in_column(datetime.fromisoformat(time)) if by_time else None, number)
        except OutOfRange as error:
            raise ValueError(text) from error

    def __str__(self) -> str:
        return str(self.key) if self.time is None else f"{self.key},{self.time.isoformat()}"

    def beyond(self, records: QuerySet[Record], direction: str) -> QuerySet[Record]:
        """Return the records on one side of the place.

        :param direction: ``lt`` for those that come after it, ``gt`` for those that come before.
        """
        further = Q(**{f"pk__{direction}": self.key})
        if self.time is None:
            return records.filter(further)
        later = Q(**{f"last_modified__{direction}": self.time})
        return records.filter(later | further, **{f"last_modified__{direction}e": self.time})


@dataclass(frozen=True)
class Page:
    """Some records in their order, and the places where the pages before and after it begin."""

    records: list[Record]
    before: Place | None
    after: Place | None


def page_of(records: QuerySet[Record], asked: Mapping[str, str], size: int, *, by_time: bool) -> Page:
    """Return the page that an address asks for: the first, unless it names a place.

    :param records: In the order of ``-last_modified`` and ``-pk``, or of ``-pk`` alone.
    :raises ValueError: If a place is none.
    """
    is_backward = BEFORE in asked
    named = asked.get(BEFORE, asked.get(AFTER))
    if named is not None:
        records = Place.read(named, by_time).beyond(records, "gt" if is_backward else "lt")
    found = list((records.reverse() if is_backward else records)[: size + 1])
    has_more, found = len(found) > size, found[:size]
    if is_backward:
        found.reverse()
    first, last = (Place.of(found[end], by_time) for end in (0, -1)) if found else (None, None)
    has_before, has_after = (has_more, True) if is_backward else (named is not None, has_more)
    return Page(found, first if has_before else None, last if has_after else None)
