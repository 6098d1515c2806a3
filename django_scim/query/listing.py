"""The resources that a query selects, of one type or of several, in one order and in pages.

A query of several types, such as that of the root (RFC 7644 section 3.4.3), is one collection. Without
``sortBy`` it is one type after the other. With it, the database merges the keys of all, and the rows of
a page are then fetched by type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, F, Field, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan, IsNull, LessThan
from django.db.models.sql.compiler import SQLCompiler

from django_scim.query.ordering import SORT_KEY, Mark, Order
from django_scim.query.statements import KeptQuery
from django_scim.resources.loading import load, load_rows
from django_scim.resources.projection import Projection
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.functions import Comparable
from django_scim.sql.keyset import KeyColumn, Keyset
from django_scim.sql.operand import constant


class Found:
    """A resource of a page, and its place.

    :param part: What selected it.
    :param obj: The resource; None if it went away after its place was found.
    :param mark: The place, where the resource alone does not tell it.
    """

    __slots__ = ("_mark", "obj", "part")

    def __init__(self, part: Part, obj: Resource | None, mark: Mark | None = None) -> None:
        self.part = part
        self.obj = obj
        self._mark = mark

    @property
    def mark(self) -> Mark:
        """The place. A page by index asks for none."""
        if self._mark is not None:
            return self._mark
        assert self.obj is not None
        return self.part.mark(self.obj)


@dataclass(frozen=True)
class Part:
    """What a query selects of one resource type.

    :param position: Which of the query's resource types it is.
    :param select: Returns the rows that the filter selects.
    :param kept: The same query as statements that are kept, if it is one that has some.
    """

    position: int
    resource_type: ResourceType
    select: Callable[[], QuerySet[Any]]
    order: Order
    projection: Projection
    caller: Caller
    kept: KeptQuery | None = None

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """The rows that the filter selects."""
        return self.select()

    @property
    def database(self) -> str:
        """The database that is asked."""
        return self.rows.db if self.kept is None else self.kept.database

    def total(self) -> int:
        """Return how many resources there are."""
        total = None if self.kept is None else self.kept.total()
        return self.rows.count() if total is None else total

    def first(self, count: int, beyond: tuple[Any, ...] | None, *, backwards: bool) -> list[Found]:
        """Return the first resources after a place, or backwards from it the last ones before it."""
        if self.kept is not None and beyond is None and not backwards:
            rows = self.kept.page(count, self.projection)
            if rows is not None:
                return self.located(
                    load_rows(self.resource_type, rows, self.projection, self.caller, has_records=True)
                )
        return self.find(self.order.keyset.first(self.with_keys(), count, beyond=beyond, backwards=backwards))

    def with_keys(self) -> QuerySet[Any]:
        """Return the rows with the key that they are ordered by."""
        return self.order.annotate(self.rows)

    def load(self, rows: QuerySet[Any]) -> list[Resource]:
        return load(self.resource_type, rows, self.projection, self.caller)

    def find(self, rows: QuerySet[Any]) -> list[Found]:
        """Fetch the resources of rows that have the key, with their places."""
        return self.located(self.load(rows))

    def located(self, objects: Sequence[Resource]) -> list[Found]:
        """Return resources with their places."""
        return [Found(self, obj) for obj in objects]

    def mark(self, obj: Resource) -> Mark:
        """Return the place of a resource, whose key is None in an order by primary key alone."""
        return Mark(self.position, to_json(getattr(obj.instance, SORT_KEY, None)), str(obj.instance.pk))

    def key_field(self) -> Field[Any, Any]:
        field: Field[Any, Any] = self.with_keys().query.annotations[SORT_KEY].output_field
        return field

    def key_at(self, mark: Mark) -> Any:
        """Return the key of a place as the database has it."""
        return None if mark.key is None else self.key_field().to_python(mark.key)

    def primary_key(self, text: str) -> Any:
        return self.resource_type.model._meta.pk.to_python(text)

    def place(self, mark: Mark) -> tuple[Any, ...]:
        """Return a place in this part as the key of its order."""
        if self.order.is_unique:
            return (self.key_at(mark),)
        pk = self.primary_key(mark.pk)
        return (pk,) if self.order.expression is None else (self.key_at(mark), pk)


def to_json(key: Any) -> Any:
    """Return a key as JSON has it; what it has no type for becomes text that the field reads again."""
    return key if key is None or isinstance(key, bool | int | float | str) else str(key)


class Listing:
    """Parts one after the other: one resource type, or several without ``sortBy``."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    def totals(self) -> list[int]:
        """Return how many resources each part has."""
        return [part.total() for part in self.parts]

    def page(self, start: int, count: int, totals: Sequence[int]) -> list[Found]:
        """Return the page from a first index on.

        :param start: The index, beginning with 0.
        :param count: The most resources.
        :param totals: What :meth:`totals` returned.
        """
        found: list[Found] = []
        for part, total in zip(self.parts, totals, strict=True):
            wanted = count - len(found)
            if wanted > 0 and start < total:
                rows = part.order.keyset.apply(part.with_keys())
                found += part.find(rows[start : start + wanted])
            start = max(start - total, 0)
        return found

    def beyond(self, mark: Mark | None, count: int, *, backwards: bool = False) -> list[Found]:
        """Return the first resources after a place, or backwards from it the last ones before it.

        :param mark: The place, or None for the start of the collection.
        """
        found: list[Found] = []
        for part in reversed(self.parts) if backwards else self.parts:
            wanted = count - len(found)
            if wanted <= 0:
                break
            place = None
            if mark is not None and part.position == mark.position:
                place = part.place(mark)
            elif mark is not None and (part.position > mark.position) == backwards:
                continue
            found += part.first(wanted, place, backwards=backwards)
        return found


class MergedListing(Listing):
    """Parts merged by their keys: several resource types with ``sortBy``.

    Equal keys are in the order of the parts, and within a part by primary key as text: the parts may have
    keys of different kinds.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__(comparable_parts(parts))

    def page(self, start: int, count: int, totals: Sequence[int]) -> list[Found]:
        return self._fetch([part.with_keys() for part in self.parts], start, count)

    def beyond(self, mark: Mark | None, count: int, *, backwards: bool = False) -> list[Found]:
        if mark is None:
            return self._fetch([part.with_keys() for part in self.parts], 0, count)
        branches = [self._beyond(part, mark, backwards) for part in self.parts]
        return self._fetch(branches, 0, count, backwards=backwards)

    def _beyond(self, part: Part, mark: Mark, backwards: bool) -> QuerySet[Any]:
        if part.position == mark.position:
            tie = Q((LessThan if backwards else GreaterThan)(PK_TEXT, Value(mark.pk)))
        else:
            tie = constant((part.position > mark.position) != backwards)
        condition = part.order.column.beyond(part.key_at(mark), tie, backwards=backwards)
        return part.with_keys().filter(condition)

    def _fetch(
        self, branches: Sequence[QuerySet[Any]], start: int, count: int, *, backwards: bool = False
    ) -> list[Found]:
        """Fetch the places of a page in one query, and its resources in those of each type."""
        selected = [
            rows.order_by()
            .annotate(
                scim_absent=Case(When(IsNull(F(SORT_KEY), True), then=1), default=0),
                scim_position=Value(part.position),
                scim_pk=PK_TEXT,
            )
            .values_list("scim_position", "scim_pk", "scim_absent", SORT_KEY)
            for part, rows in zip(self.parts, branches, strict=True)
        ]
        descending = self.parts[0].order.descending
        keyset = Keyset(
            (
                KeyColumn("scim_absent", is_descending=descending),
                KeyColumn(SORT_KEY, is_descending=descending),
                KeyColumn("scim_position"),
                KeyColumn("scim_pk"),
            )
        )
        union = keyset.apply(selected[0].union(*selected[1:], all=True), backwards=backwards)
        places = list(union[start : start + count])
        objects = self._load({(position, pk) for position, pk, *_ in places})
        return [
            Found(self.parts[position], objects.get((position, pk)), Mark(position, to_json(key), pk))
            for position, pk, _, key in places
        ]

    def _load(self, places: set[tuple[int, str]]) -> dict[tuple[int, str], Resource]:
        objects = {}
        for part in self.parts:
            # The database may write a key in another way than Python does, such as a UUID.
            texts = {part.primary_key(pk): pk for position, pk in places if position == part.position}
            if texts:
                for obj in part.load(part.rows.filter(pk__in=list(texts))):
                    objects[part.position, texts[obj.instance.pk]] = obj
        return objects


PK_TEXT = Comparable(Cast("pk", TextField()), case_exact=True)
"""The primary key as text that every database orders in the same way."""


class Absent(Cast):
    """Null as a value of a type, which PostgreSQL has to know to put it beside others."""

    def as_mysql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it without a type: MariaDB and MySQL cast to few, and take any beside null."""
        return "NULL", ()


def comparable_parts(parts: Sequence[Part]) -> list[Part]:
    """Return parts whose keys are of one type, null where a resource type does not have the attribute."""
    fields = [part.key_field() for part in parts if part.order.expression is not None]
    kinds = {IntegerField if isinstance(field, IntegerField) else type(field) for field in fields}
    field = fields[0] if len(kinds) == 1 else TextField()

    def key(part: Part) -> Any:
        if part.order.expression is None:
            return Absent(Value(None), field)
        if len(kinds) == 1:
            return part.order.expression
        return Comparable(Cast(part.order.expression, TextField()), case_exact=True)

    return [replace(part, order=Order(key(part), part.order.descending)) for part in parts]
