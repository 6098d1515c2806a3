"""Pages by key: each begins where another one ends, so that it costs the same at any depth.

Rows are in the order of some columns, of which the last one is unique. A row's values of them are its *key*.
What comes after a key is a range of an index, and needs no row with that key to be there still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

Row = TypeVar("Row")

AnyModel = TypeVar("AnyModel", bound=Model)


@dataclass(frozen=True)
class KeyColumn:
    """One of the columns that rows are ordered by.

    :param name: The name of a field or of an annotation.
    :param is_nullable: Whether it may be null. Nulls come last in ascending order, first in descending order.
    :param expression: What the database sorts by in place of the column, which has to be the same order.
    """

    name: str
    is_descending: bool = False
    is_nullable: bool = False
    expression: Any = None

    def goes_down(self, backwards: bool) -> bool:
        """Whether values descend in the direction of reading."""
        return self.is_descending != backwards

    def ordering(self, *, backwards: bool = False) -> OrderBy:
        """Return the part of ``ORDER BY``."""
        goes_down = self.goes_down(backwards)
        # Where to put nulls is left open if there are none: some databases use no index otherwise.
        nulls = {"nulls_first" if goes_down else "nulls_last": True} if self.is_nullable else {}
        expression = F(self.name) if self.expression is None else self.expression
        return OrderBy(expression, descending=goes_down, **nulls)

    def beyond(self, value: Any, tie: Q, *, backwards: bool = False) -> Q:
        """Return the condition of what comes after a value, or before it on the way back.

        :param tie: The condition of those that have the same value.
        """
        goes_down = self.goes_down(backwards)
        if value is None:
            tie &= Q(**{f"{self.name}__isnull": True})
            return tie | Q(**{f"{self.name}__isnull": False}) if goes_down else tie
        side = "lt" if goes_down else "gt"
        # The first condition says nothing that the second does not, but it is one that an index serves.
        reached = Q(**{f"{self.name}__{side}e": value})
        further = reached & (Q(**{f"{self.name}__{side}": value}) | tie)
        return further if goes_down or not self.is_nullable else further | Q(**{f"{self.name}__isnull": True})


@dataclass(frozen=True)
class Keyset:
    """The order of rows by some columns.

    :param columns: The columns. The last one is unique and never null, so that no two rows have one place.
    """

    columns: tuple[KeyColumn, ...]

    def key_of(self, row: Model) -> tuple[Any, ...]:
        return tuple(getattr(row, column.name) for column in self.columns)

    def apply(self, rows: QuerySet[AnyModel], *, backwards: bool = False) -> QuerySet[AnyModel]:
        """Return rows in this order, or in the reverse of it."""
        return rows.order_by(*(column.ordering(backwards=backwards) for column in self.columns))

    def beyond(self, key: Sequence[Any], *, backwards: bool = False) -> Q:
        """Return the condition of what comes after a key, or before it on the way back."""
        *others, last = zip(self.columns, key, strict=True)
        unique, value = last
        condition = Q(**{f"{unique.name}__{'lt' if unique.goes_down(backwards) else 'gt'}": value})
        for column, value in reversed(others):
            condition = column.beyond(value, condition, backwards=backwards)
        return condition

    def first(
        self,
        rows: QuerySet[AnyModel],
        limit: int,
        *,
        beyond: Sequence[Any] | None = None,
        backwards: bool = False,
    ) -> QuerySet[AnyModel]:
        """Return the first rows after a key, or backwards from it the last ones before it.

        :param beyond: The key, or None for the beginning, or backwards for the end.
        """
        if beyond is not None:
            rows = rows.filter(self.beyond(beyond, backwards=backwards))
        return self.apply(rows, backwards=backwards)[:limit]


BY_PRIMARY_KEY = Keyset((KeyColumn("pk"),))
"""The order of primary keys alone."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """A page: its rows in their order, also if it was read backwards, and whether there are others."""

    rows: list[Row]
    has_previous: bool
    has_next: bool


def read_page(
    fetch: Callable[[int], Iterable[Row]], size: int, *, has_key: bool, backwards: bool = False
) -> Page[Row]:
    """Read a page, and one row more to know whether another page follows.

    :param fetch: Returns the first rows, at most as many as its argument says.
    :param size: How many rows a page has; for 0, nothing is fetched.
    :param has_key: Whether the page begins, or ends, at a key. Then there is a page where the key is from.
    """
    found = list(fetch(size + 1)) if size else []
    has_more, rows = len(found) > size, found[:size]
    has_origin = has_key and bool(rows)
    if backwards:
        return Page(rows[::-1], has_previous=has_more, has_next=has_origin)
    return Page(rows, has_previous=has_origin, has_next=has_more)
