"""The list of the history."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from django_scim.admin.history_filters import ColumnFilter
from django_scim.admin.history_paginator import LAST, HistoryPage, HistoryPaginator
from django_scim.admin.history_resources import records_of
from django_scim.admin.lean_list import LeanChangeList
from django_scim.admin.resource_addresses import may_view_records, record_url
from django_scim.history.selection import Selection


class HistoryChangeList(LeanChangeList):
    """A list that finds its events by index, whatever the filters, and counts none of them.

    A page is named by the event before or after it; the links to the others have such names.
    """

    selection: Selection
    page: HistoryPage
    ascending = False

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        """Return the events; :attr:`selection` finds them."""
        query, self.query = self.query, ""
        events: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        self.query = query
        equal: dict[str, Any] = {}
        for spec in self.filter_specs:
            if isinstance(spec, ColumnFilter) and not events.query.is_empty():
                equal |= spec.equal
        self.selection = Selection(events, equal=equal, search=query)
        return self.selection.all()

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return one of the two orders that an index has."""
        first, *_ = super().get_ordering(request, queryset)
        self.ascending = first == "time"
        return ["time", "pk"] if self.ascending else ["-time", "-pk"]

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, and which of its resources have a page of their own."""
        self.paginator = HistoryPaginator(self.selection, self.list_per_page, self.ascending)
        self.page = self.paginator.page(request.GET.get(PAGE_VAR, ""))
        events = list(self.page.object_list)
        site = self.model_admin.admin_site
        records = records_of(events) if may_view_records(site, request) else {}
        for event in events:
            record = records.get((event.resource_type, event.resource_id))
            if record is not None:
                event.record_url = record_url(site, record)  # type: ignore[attr-defined]
        self.result_list = events
        # The count of the page stands for all, so that Django says nothing of it.
        self.result_count = self.full_result_count = len(events)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = False

    @property
    def first_url(self) -> str:
        """The address of the first page."""
        return self.get_query_string()

    @property
    def previous_url(self) -> str:
        """The address of the page before this one."""
        return self.get_query_string({PAGE_VAR: self.page.previous_name})

    @property
    def next_url(self) -> str:
        """The address of the page after this one."""
        return self.get_query_string({PAGE_VAR: self.page.next_name})

    @property
    def last_url(self) -> str:
        """The address of the last page."""
        return self.get_query_string({PAGE_VAR: LAST})
