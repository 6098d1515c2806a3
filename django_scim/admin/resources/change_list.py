"""The list of resources, in pages that are ranges of an index, so that each costs the same at any depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from django_scim.admin.addresses import may_view_rows, row_url
from django_scim.admin.bases import LeanChangeList
from django_scim.admin.resources.authors import authors_of
from django_scim.admin.resources.filters import connection_named
from django_scim.admin.rows import is_active, name_of, resources_of
from django_scim.models import Link, Record
from django_scim.sql.values import INTEGER_RANGE, OutOfRange, in_column


class RecordChangeList(LeanChangeList):
    """A list in pages that nobody counts, which knows what belongs to the records of a page."""

    previous_url: str | None = None
    next_url: str | None = None

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        """Return the records of all pages. The place of a page is no condition, and no link keeps it."""
        self.asked = {name: request.GET[name] for name in (AFTER, BEFORE) if name in request.GET}
        for name in self.asked:
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return the order of the pages, whatever the address says."""
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page, then what belongs to it.

        :raises IncorrectLookupParameters: If the address names no place in the list.
        """
        by_time = "-last_modified" in self.model_admin.get_ordering(request)
        try:
            page = page_of(self.queryset, self.asked, self.list_per_page, by_time=by_time)
        except ValueError as error:
            raise IncorrectLookupParameters from error
        found = listed(page.records, self.model_admin.admin_site, request)
        for record in page.records:
            record.listed = found[record.pk]  # type: ignore[attr-defined]
        if page.before is not None:
            self.previous_url = self.get_query_string({BEFORE: page.before})
        if page.after is not None:
            self.next_url = self.get_query_string({AFTER: page.after})
        self.result_list: Any = page.records
        # Nothing is counted; two equal numbers are not told.
        self.result_count = self.full_result_count = len(page.records)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(page.records)
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)


@dataclass
class Listed:
    """What the list shows of a resource beside its record."""

    name: str | None = None
    url: str | None = None
    is_active: bool | None = None
    author: str | None = None
    external_ids: list[str] = field(default_factory=list)


def listed(records: Sequence[Record], site: AdminSite, request: HttpRequest) -> dict[Any, Listed]:
    """Return what the list shows of records, by their key, in a constant number of queries."""
    found = {record.pk: Listed() for record in records}
    objects = resources_of(records)
    models = {type(obj.instance) for obj in objects.values()}
    with_pages = {model for model in models if may_view_rows(site, request, model)}
    for pk, obj in objects.items():
        found[pk].name = name_of(obj)
        found[pk].is_active = is_active(obj)
        if type(obj.instance) in with_pages:
            found[pk].url = row_url(site, obj.instance)
    for pk, author in authors_of(objects).items():
        found[pk].author = author
    chosen = connection_named(request.GET.get("connection"))
    links = Link.objects.filter(record__in=list(found)).select_related("connection").order_by("pk")
    for link in links if chosen is None else links.filter(connection=chosen):
        text = link.external_id if chosen else f"{link.connection}: {link.external_id}"
        found[link.record_id].external_ids.append(text)
    return found


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
