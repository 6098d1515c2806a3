"""The list of the history, with pages by key instead of by number (keyset pagination)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from django_scim.admin.addresses import may_view_records, row_url
from django_scim.admin.bases import LeanChangeList
from django_scim.admin.history.filters import ColumnFilter
from django_scim.admin.history.words import attach_summaries
from django_scim.admin.rows import records_of
from django_scim.history.selection import EventSelection, Key
from django_scim.models import ProvisioningEvent
from django_scim.sql.keyset import Page


class HistoryChangeList(LeanChangeList):
    """A list that finds its events by index, whatever the filters, and never counts them.

    The URL of a page names the event before or after it.
    """

    selection: EventSelection
    ascending = False
    previous_name: str | None = None
    next_name: str | None = None
    """The names of the pages before and after this one, or None."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        """Set :attr:`selection`, and return all its events."""
        # Django must not search: the selection does, by index.
        query, self.query = self.query, ""
        events: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        self.query = query
        equal: dict[str, Any] = {}
        for spec in self.filter_specs:
            if isinstance(spec, ColumnFilter) and not events.query.is_empty():
                equal |= spec.equal
        self.selection = EventSelection(events, equal=equal, search=query)
        return self.selection.all()

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return one of the two orders that have an index."""
        first, *_ = super().get_ordering(request, queryset)
        self.ascending = first == "time"
        return ["time", "pk"] if self.ascending else ["-time", "-pk"]

    def get_results(self, request: HttpRequest) -> None:
        """Read the events of the page, and the URLs of their records."""
        page = self.page(request.GET.get(PAGE_VAR, ""))
        if page.has_previous:
            self.previous_name = f"before.{text_of(page.rows[0])}"
        if page.has_next:
            self.next_name = f"after.{text_of(page.rows[-1])}"
        events = list(self.selection.read(page.rows, self.ascending))
        attach_record_urls(events, self.model_admin.admin_site, request)
        attach_summaries(events)
        self.show_uncounted(events)
        self.show_admin_actions = False

    def page(self, name: str) -> Page[Key]:
        """Return the keys of the page with a name, or of the first page if the name is not valid."""
        direction, key = position_of(name)
        page = self.keys(key, backwards=direction == "before" or name == LAST)
        if direction == "before" and not page.has_previous:
            # The first page is always a full one, not what is left over before the others.
            return self.keys(None, backwards=False)
        if direction == "after" and not page.rows:
            return self.keys(None, backwards=True)
        return page

    def keys(self, key: Key | None, *, backwards: bool) -> Page[Key]:
        """Return the keys of the page after or before a key. Without a key: of the first or the last page."""
        return self.selection.page(
            self.list_per_page, beyond=key, ascending=self.ascending, backwards=backwards
        )

    @property
    def first_url(self) -> str:
        return self.get_query_string()

    @property
    def previous_url(self) -> str:
        return self.get_query_string({PAGE_VAR: self.previous_name})

    @property
    def next_url(self) -> str:
        return self.get_query_string({PAGE_VAR: self.next_name})

    @property
    def last_url(self) -> str:
        return self.get_query_string({PAGE_VAR: LAST})


def attach_record_urls(events: Sequence[ProvisioningEvent], site: AdminSite, request: HttpRequest) -> None:
    """Set ``record_url`` of events whose resource has a page, for those who may open it."""
    records = records_of(events) if may_view_records(site, request) else {}
    for event in events:
        record = records.get((event.resource_type, event.resource_id))
        if record is not None:
            event.record_url = row_url(site, record)  # type: ignore[attr-defined]


LAST = "last"
"""The name of the last page."""

POSITION = re.compile(r"(after|before)\.([0-9]{1,18})\.([0-9]{1,18})", re.ASCII)
"""The name of the page after or before an event: its time in microseconds since 1970, and its primary key."""


def text_of(key: Key) -> str:
    """Return a key as the name of a page has it."""
    time, pk = key
    return f"{(time - beginning()) // timedelta(microseconds=1)}.{pk}"


def position_of(name: str) -> tuple[str, Key | None]:
    """Return the direction and the key in the name of a page; of any other text, an empty one and None."""
    match = POSITION.fullmatch(name)
    if match is None:
        return "", None
    direction, microseconds, pk = match.groups()
    try:
        time = beginning() + timedelta(microseconds=int(microseconds))
    except OverflowError:
        return "", None
    return direction, (time, int(pk))


def beginning() -> datetime:
    """Return the beginning of 1970, with a time zone if the times of the project have one."""
    return datetime(1970, 1, 1, tzinfo=UTC if settings.USE_TZ else None)
