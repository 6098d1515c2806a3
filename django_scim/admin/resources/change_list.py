"""The list of resources. Each page is a range of an index, so that all pages cost the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from django_scim.admin.addresses import may_view_rows, row_url
from django_scim.admin.bases import LeanChangeList
from django_scim.admin.resources.authors import authors_of
from django_scim.admin.resources.filters import connection_by_key
from django_scim.admin.rows import is_active, name_of, resources_of
from django_scim.models import Link, Record
from django_scim.resources.vacating import VACANT
from django_scim.sql.keyset import KeyColumn, Keyset, Page, read_page
from django_scim.sql.values import INTEGER_RANGE, OutOfRange, in_column


class RecordChangeList(LeanChangeList):
    """A list that is never counted. It loads what the columns need for a whole page at once."""

    previous_url: str | None = None
    next_url: str | None = None

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        """Return the records of all pages.

        The position of a page is not a filter, and the links of the filters do not contain it.
        """
        self.position = {name: request.GET[name] for name in (AFTER, BEFORE) if name in request.GET}
        for name in self.position:
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        records = super().get_queryset(request, exclude_parameters)
        # Of a row that is gone, or new in its place, nothing is known; who is looked for is shown anyway.
        return records if self.query else records.exclude(VACANT)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        """Read the records of the page, then what the columns show of them.

        :raises IncorrectLookupParameters: If the URL has a position that is not valid.
        """
        order = BY_TIME if "-last_modified" in self.model_admin.get_ordering(request) else BY_KEY
        try:
            page = page_of(self.queryset, self.position, self.list_per_page, order)
        except ValueError as error:
            raise IncorrectLookupParameters from error
        columns = columns_of(page.rows, self.model_admin.admin_site, request)
        for record in page.rows:
            record.columns = columns[record.pk]  # type: ignore[attr-defined]
        if page.has_previous:
            self.previous_url = self.get_query_string({BEFORE: place_of(page.rows[0], order)})
        if page.has_next:
            self.next_url = self.get_query_string({AFTER: place_of(page.rows[-1], order)})
        self.show_uncounted(page.rows)
        self.show_admin_actions = bool(page.rows)


@dataclass
class Columns:
    """What the list shows of a resource beside its record."""

    name: str | None = None
    url: str | None = None
    is_active: bool | None = None
    author: str | None = None
    external_ids: list[str] = field(default_factory=list)


def columns_of(records: Sequence[Record], site: AdminSite, request: HttpRequest) -> dict[Any, Columns]:
    """Return what the list shows of records, by their key, in a constant number of queries."""
    found = {record.pk: Columns() for record in records}
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
    chosen = connection_by_key(request.GET.get("connection"))
    links = Link.objects.filter(record__in=list(found)).select_related("connection").order_by("pk")
    for link in links if chosen is None else links.filter(connection=chosen):
        text = link.external_id if chosen else f"{link.connection}: {link.external_id}"
        found[link.record_id].external_ids.append(text)
    return found


AFTER = "after"

BEFORE = "before"
"""The parameters of the URL: the page begins after a position, or ends before it."""

BY_KEY = Keyset((KeyColumn("pk", is_descending=True),))

BY_TIME = Keyset((KeyColumn("last_modified", is_descending=True), *BY_KEY.columns))
"""The two orders of the list: the newest resource first, or the last modified first."""


def read_place(text: str, order: Keyset) -> tuple[Any, ...]:
    """Return the key of the record that an address names: ``5``, or ``5,2025-06-30T12:00:00+00:00``.

    :raises ValueError: If it names no record, or a place in another order.
    """
    key, _, time = text.partition(",")
    by_time = order is BY_TIME
    if not (key.isascii() and key.isdecimal()) or bool(time) is not by_time:
        raise ValueError(text)
    # A number that is too long for Python to read is out of range too.
    number = int(key) if len(key) < 20 else -1
    if number not in INTEGER_RANGE or number < 0:
        raise ValueError(text)
    try:
        return (in_column(datetime.fromisoformat(time)), number) if by_time else (number,)
    except OutOfRange as error:
        raise ValueError(text) from error


def place_of(record: Record, order: Keyset) -> str:
    """Return the place of a record as an address names it."""
    *times, key = order.key_of(record)
    return ",".join([str(key), *(time.isoformat() for time in times)])


def page_of(records: QuerySet[Record], position: Mapping[str, str], size: int, order: Keyset) -> Page[Record]:
    """Return the page that an address asks for: the first, unless it names a place.

    :param position: The parameters :data:`AFTER` and :data:`BEFORE` of the address, as far as it has them.
    :raises ValueError: If a parameter is no place in the list.
    """
    backwards = BEFORE in position
    text = position.get(BEFORE, position.get(AFTER))
    place = None if text is None else read_place(text, order)
    return read_page(
        lambda limit: order.first(records, limit, beyond=place, backwards=backwards),
        size,
        has_key=place is not None,
        backwards=backwards,
    )
