"""How a connection does, on its page: each figure for those who may see what it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.contrib.admin import AdminSite
from django.db.models import Count, F, Q
from django.http import HttpRequest

from django_scim.admin.addresses import history_url
from django_scim.history.statistics import Refusal, recent_refusals
from django_scim.models import Connection, Outcome, Record
from django_scim.registry import registry

VIEW_TOKENS = "django_scim.view_accesstoken"
VIEW_EVENTS = "django_scim.view_provisioningevent"
VIEW_RESOURCES = "django_scim.view_record"

MOST_COUNTED = 10_000
"""Up to how many resources are counted: there may be millions, and nobody needs to know to the last one."""


class ResourceCount(NamedTuple):
    """How many resources of a type a connection has given an ``externalId``."""

    name: str
    number: int
    is_exact: bool
    """Whether there are so many, and not more."""


@dataclass(frozen=True)
class Health:
    """The figures of a connection; what the user may not see is missing."""

    shows_requests: bool = False
    last_request: datetime | None = None
    shows_events: bool = False
    last_success: datetime | None = None
    refusals: list[Refusal] = field(default_factory=list)
    """Why requests were refused recently, the most frequent reason first."""
    refusals_url: str = ""
    resources: list[ResourceCount] = field(default_factory=list)

    @property
    def refusal_count(self) -> int:
        """How many requests were refused recently."""
        return sum(refusal.number for refusal in self.refusals)

    def __bool__(self) -> bool:
        return self.shows_requests or self.shows_events or bool(self.resources)


def health_of(connection: Connection, request: HttpRequest, site: AdminSite) -> Health:
    """Return the figures of a connection that the list of connections has fetched."""
    may = request.user.has_perm
    shows_events = may(VIEW_EVENTS)
    return Health(
        shows_requests=may(VIEW_TOKENS),
        last_request=getattr(connection, "last_request", None),
        shows_events=shows_events,
        last_success=getattr(connection, "last_success", None),
        refusals=recent_refusals(connection) if shows_events else [],
        refusals_url=history_url(site, connection__id__exact=connection.pk, outcome__exact=Outcome.REFUSED),
        resources=list(resource_counts(connection)) if may(VIEW_RESOURCES) else [],
    )


def resource_counts(connection: Connection) -> Iterator[ResourceCount]:
    """Yield how many resources of each type a connection has given an ``externalId``.

    A count is exact if the connection has few links, or the project has few resources of the type: up to
    :data:`MOST_COUNTED`. Else it is that of the first links alone, so that no query reads millions of
    rows. A resource that is deleted has no links.
    """
    # In the order of an index: else PostgreSQL may look for the first ones through the whole table.
    links = connection.links.order_by("record_id").annotate(resource_type=F("record__resource_type"))
    columns = {
        f"count_{index}": Count("pk", filter=Q(resource_type=adapter.name))
        for index, adapter in enumerate(registry())
    }
    found = links[: MOST_COUNTED + 1].aggregate(total=Count("pk"), **columns)
    for index, adapter in enumerate(registry()):
        count, is_exact = found[f"count_{index}"], found["total"] <= MOST_COUNTED
        if not is_exact and count < MOST_COUNTED and has_few(adapter.name):
            count, is_exact = links.filter(resource_type=adapter.name).count(), True
        yield ResourceCount(adapter.endpoint.strip("/"), min(count, MOST_COUNTED), is_exact)


def has_few(resource_type: str) -> bool:
    """Whether there are so few resources of a type that each can be looked at."""
    records = Record.objects.filter(resource_type=resource_type).order_by()
    return records[: MOST_COUNTED + 1].count() <= MOST_COUNTED
