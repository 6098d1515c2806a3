"""The health of a connection: figures, and notices of what is wrong or soon will be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.db.models import Count, F, Max, Min, Prefetch, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from django_scim.admin.addresses import history_url
from django_scim.api.authentication import AccessTokenAuthentication
from django_scim.api.transport import is_within, parse_address
from django_scim.conf import get_settings
from django_scim.history.refused_tokens import warning_text
from django_scim.history.statistics import RECENT, Refusal, latest_of_times, recent_refusals, time_text
from django_scim.imports import leads_to
from django_scim.models import AccessToken, Connection, Outcome, Record
from django_scim.models.access_token import RefusalReason
from django_scim.operations.breaker import reason_in_words
from django_scim.resources.registry import registry

VIEW_TOKENS = "django_scim.view_accesstoken"

VIEW_EVENTS = "django_scim.view_provisioningevent"

VIEW_RESOURCES = "django_scim.view_record"

MOST_COUNTED = 10_000
"""The most resources that are counted. There may be millions, and nobody needs the exact number."""


class ResourceCount(NamedTuple):
    """How many resources of a type have a link of a connection."""

    name: str
    number: int
    is_exact: bool
    """False if there are more than ``number``."""


@dataclass(frozen=True)
class Health:
    """The figures of a connection, without those that the user may not see."""

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
        return sum(refusal.number for refusal in self.refusals)

    def __bool__(self) -> bool:
        return self.shows_requests or self.shows_events or bool(self.resources)


def health_of(connection: Connection, request: HttpRequest, site: AdminSite) -> Health:
    """Return the figures of a connection that has the annotations of the list of connections."""
    may = request.user.has_perm
    shows_events = may(VIEW_EVENTS)
    return Health(
        shows_requests=may(VIEW_TOKENS),
        last_request=latest_of_times(
            getattr(connection, "last_request", None), getattr(connection, "last_success", None)
        ),
        shows_events=shows_events,
        last_success=getattr(connection, "last_success", None),
        refusals=recent_refusals(connection) if shows_events else [],
        refusals_url=history_url(site, connection__id__exact=connection.pk, outcome__exact=Outcome.REFUSED),
        resources=list(resource_counts(connection)) if may(VIEW_RESOURCES) else [],
    )


def resource_counts(connection: Connection) -> Iterator[ResourceCount]:
    """Yield how many resources of each type have a link of a connection.

    A count is exact if the connection has at most :data:`MOST_COUNTED` links, or if the project has at most
    as many resources of the type. Otherwise only the first links are counted, so that no query reads
    millions of rows. A deleted resource has no links.
    """
    # In the order of an index: otherwise PostgreSQL may read the whole table to find the first links.
    links = connection.links.order_by("record_id").annotate(resource_type=F("record__resource_type"))
    columns = {
        f"count_{index}": Count("pk", filter=Q(resource_type=resource_type.name))
        for index, resource_type in enumerate(registry())
    }
    counts = links[: MOST_COUNTED + 1].aggregate(total=Count("pk"), **columns)
    for index, resource_type in enumerate(registry()):
        count, is_exact = counts[f"count_{index}"], counts["total"] <= MOST_COUNTED
        # The first links alone say too little of a rare type: its own are few, and counted by themselves.
        if not is_exact and count < MOST_COUNTED and has_few(resource_type.name):
            count, is_exact = links.filter(resource_type=resource_type.name).count(), True
        yield ResourceCount(resource_type.endpoint.strip("/"), min(count, MOST_COUNTED), is_exact)


def has_few(resource_type: str) -> bool:
    """Whether a type has at most :data:`MOST_COUNTED` resources."""
    records = Record.objects.filter(resource_type=resource_type).order_by()
    return records[: MOST_COUNTED + 1].count() <= MOST_COUNTED


EXPIRY_WARNING = timedelta(days=14)
"""How long before a token expires the admin warns."""


class Notice(NamedTuple):
    """A problem that somebody has to solve."""

    level: str
    """``error`` or ``warning``, which are classes of the admin's messages."""

    title: str
    """The text in a few words."""

    text: str


def token_figures() -> dict[str, Any]:
    """Return the annotations that the notices about tokens need, for a query of connections."""
    is_kept = Q(is_active=True, tokens__isnull=False, tokens__revoked__isnull=True)
    is_lasting = is_kept & Q(tokens__expires__isnull=True)
    is_limited = is_kept & Q(tokens__expires__gt=timezone.now())
    return {
        "usable_token_count": Count("tokens", filter=is_lasting | is_limited),
        "lasting_token_count": Count("tokens", filter=is_lasting),
        "next_expiry": Min("tokens__expires", filter=is_limited),
        "last_expiry": Max("tokens__expires", filter=is_limited),
        "last_request": Max("tokens__last_used"),
    }


REFUSED_TOKENS = "refused_tokens"
"""The attribute of a connection with its tokens that were refused within the last day, the last first."""


def refused_tokens() -> Prefetch[str]:
    """Return what fills :data:`REFUSED_TOKENS`, in one query for all connections of a page."""
    refused = AccessToken.objects.filter(refused_at__gt=timezone.now() - RECENT).order_by("-refused_at")
    return Prefetch("tokens", refused, to_attr=REFUSED_TOKENS)


def notices(connection: Connection) -> list[Notice]:
    """Return what is wrong with a connection, the worst first.

    Notices about tokens are left out if the connection has no annotations of :func:`token_figures`, and those
    about refused ones without :func:`refused_tokens`.
    """
    found = list(notices_of_state(connection))
    if connection.is_active and hasattr(connection, "usable_token_count") and takes_tokens_alone():
        found += notices_of_tokens(connection)
    return [*found, *notices_of_refusals(connection)]


def takes_tokens_alone() -> bool:
    """Whether requests need one of the app's own tokens: a project may authenticate them otherwise."""
    paths = get_settings().AUTHENTICATION_CLASSES
    return all(leads_to(path, AccessTokenAuthentication) for path in paths)


def notices_of_state(connection: Connection) -> Iterator[Notice]:
    """Yield the notices that need only the connection itself."""
    if not connection.is_active:
        yield Notice(
            "warning", _("Not active"), _("The connection is not active: all of its requests are refused.")
        )
    if connection.rehearsal_since is not None:
        date = {"date": time_text(connection.rehearsal_since)}
        yield Notice(
            "warning",
            _("In rehearsal since %(date)s") % date,
            _("In rehearsal since %(date)s: requests are answered as if they worked, and change nothing.")
            % date,
        )
    if connection.paused_at is not None:
        since = {"date": time_text(connection.paused_at), "reason": reason_in_words(connection.pause_reason)}
        yield Notice(
            "error",
            _("Paused since %(date)s") % since,
            _("Writes are refused since %(date)s, until the connection is resumed. Reason: %(reason)s.")
            % since,
        )


def notices_of_tokens(connection: Any) -> Iterator[Notice]:
    """Yield a notice if no token is usable, or if one expires soon."""
    soon = timezone.now() + EXPIRY_WARNING
    if not connection.usable_token_count:
        yield Notice(
            "error",
            _("No usable token"),
            _("No token is usable: each request is refused with 401 until there is a new token."),
        )
    elif not connection.lasting_token_count and connection.last_expiry <= soon:
        date = {"date": time_text(connection.last_expiry)}
        yield Notice(
            "warning",
            _("Last token expires on %(date)s") % date,
            _(
                "On %(date)s the last usable token expires. From then on each request is refused with 401, "
                "and nothing else changes: accounts stay as they are. Create a second token before."
            )
            % date,
        )
    elif connection.next_expiry is not None and connection.next_expiry <= soon:
        date = {"date": time_text(connection.next_expiry)}
        yield Notice(
            "warning",
            _("Token expires on %(date)s") % date,
            _(
                "On %(date)s a token expires, and another one is valid for longer: see to it that the "
                "identity provider sends that one."
            )
            % date,
        )


def notices_of_refusals(connection: Connection) -> Iterator[Notice]:
    """Yield a notice for each token that was refused within the last day, and would be again."""
    for token in getattr(connection, REFUSED_TOKENS, ()):
        if is_refused_still(token, connection):
            yield Notice(
                "warning", _("The token %(token)s is refused") % {"token": token}, warning_text(token)
            )


def is_refused_still(token: AccessToken, connection: Connection) -> bool:
    """Whether a token that was refused would be refused for the same reason now.

    Of the scope, nobody knows: it is what the last day says.
    """
    reason = token.refused_reason
    if reason == RefusalReason.NETWORK and token.revoked is None:
        address = parse_address(token.refused_from)
        return bool(connection.networks) and not is_within(address, connection.networks)
    if reason == RefusalReason.SCOPE:
        return token.revoked is None
    token.connection = connection
    return token.reason_to_refuse(timezone.now()) == reason
