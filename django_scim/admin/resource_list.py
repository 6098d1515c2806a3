"""What the list shows of each resource, fetched for the page as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from django_scim.admin.resource_addresses import may_view_rows, row_url
from django_scim.admin.resource_authors import authors_of
from django_scim.admin.resource_filters import connection_named
from django_scim.admin.rows import is_active, name_of, resources_of
from django_scim.models import Link, Record


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
