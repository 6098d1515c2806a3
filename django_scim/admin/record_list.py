"""The list of resources."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from django_scim.admin.lean_list import LeanChangeList
from django_scim.admin.resource_list import listed
from django_scim.admin.resource_pages import AFTER, BEFORE, page_of


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
