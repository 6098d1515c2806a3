"""The search of the list of resources, and the page of somebody of whom SCIM has no record yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from django_scim.admin.addresses import may_view_events
from django_scim.admin.bases import FurtherPages
from django_scim.admin.resources.panel import ResourcePanel
from django_scim.models import Record
from django_scim.operations.staff import has_identifier
from django_scim.resources.registry import registry
from django_scim.why.finding import SCANNED, Found, find
from django_scim.why.naming import names_of
from django_scim.why.verdict import missing

CACHE = "_django_scim_found"
"""The attribute of a request that has what was found: Django asks for it several times."""

MOST_WITHOUT_RECORD = 20
"""How many rows without a record a search names."""


class SearchedResources(FurtherPages):
    """An admin of records that finds people by any part of a name, an address or an id."""

    def get_urls(self) -> list[URLPattern]:
        view: Callable[..., HttpResponse] = self.admin_site.admin_view(self.why)
        own = path("why/<str:resource_type>/<path:key>/", view, name="django_scim_record_why")
        return [own, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Record], search_term: str
    ) -> tuple[QuerySet[Record], bool]:
        """Return the records of the resources that are found."""
        return (queryset.filter(found_in(request, search_term).condition) if search_term else queryset), False

    def search_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the list says of a search: who else is found, who is not there, what was left out."""
        term = request.GET.get("q", "").strip()
        if not term:
            return {}
        found = found_in(request, term)
        is_told = may_view_events(self.admin_site, request)
        return {
            "without_record": self.without_record(found),
            "missing": missing(term, others_are_found=any(found.keys.values())) if is_told else None,
            "scanned": None if found.is_complete else SCANNED,
        }

    def without_record(self, found: Found) -> list[tuple[str, str, str]]:
        """Return resource type, name and address of what is found and has no record."""
        rows = []
        for resource_type, keys in found.keys.items():
            column = resource_type.record_key
            known = resource_type.records().filter(**{f"{column}__in": keys}).values_list(column, flat=True)
            others = [key for key in keys if key not in set(known)][:MOST_WITHOUT_RECORD]
            for key, name in (names_of(resource_type, others) if others else {}).items():
                url = reverse(
                    "admin:django_scim_record_why",
                    args=(resource_type.name, key),
                    current_app=self.admin_site.name,
                )
                rows.append((resource_type.name, name, url))
        return rows[:MOST_WITHOUT_RECORD]

    def why(self, request: HttpRequest, resource_type: str, key: str) -> HttpResponse:
        """Show what is known of a row that has no record.

        :raises PermissionDenied: If the user may not see resources.
        :raises Http404: If there is no such row.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        served = registry().get(resource_type)
        if served is None:
            raise Http404
        try:
            row = served.model._base_manager.filter(pk=key).first()
        except (ValueError, TypeError, ValidationError, OverflowError):
            row = None
        if row is None or not has_identifier(served, row):
            raise Http404
        panel = ResourcePanel(self.admin_site, request, served, row)
        name = served.adapter.row_name(row)
        context = {"title": name, "original": name, "provisioning": panel}
        return self.further_page(request, "record/why.html", context)


def found_in(request: HttpRequest, term: str) -> Found:
    """Return what a request searches for, which is looked up once."""
    kept: dict[str, Found] = getattr(request, CACHE, {})
    setattr(request, CACHE, kept)
    if term.strip() not in kept:
        kept[term.strip()] = find(term)
    return kept[term.strip()]
