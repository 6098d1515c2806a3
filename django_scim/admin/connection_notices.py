"""What is wrong with a connection, or soon will be: for the list and for its page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from django_scim.api.authentication import AccessTokenAuthentication
from django_scim.checks import leads_to
from django_scim.conf import get_settings
from django_scim.history.statistics import current
from django_scim.models import Connection

EXPIRY_WARNING = timedelta(days=14)
"""How long before a token expires there is a warning."""


class Notice(NamedTuple):
    """Something that somebody has to do something about."""

    level: str
    """``error`` or ``warning``, which are classes of the admin's messages."""

    title: str
    """The same in a few words."""

    text: str


def token_figures() -> dict[str, Any]:
    """Return what the notices need to know of the tokens, as columns of a query of connections."""
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


def notices(connection: Connection) -> list[Notice]:
    """Return what is wrong with a connection, the worst first.

    Those about tokens are left out where the connection was fetched without :func:`token_figures`.
    """
    found = [*notices_of_state(connection)]
    if connection.is_active and hasattr(connection, "usable_token_count") and takes_tokens_alone():
        found += notices_of_tokens(connection)
    return found


def takes_tokens_alone() -> bool:
    """Whether requests need one of the app's own tokens: a project may authenticate them otherwise."""
    paths = get_settings().AUTHENTICATION_CLASSES
    return all(leads_to(path, AccessTokenAuthentication) for path in paths)


def notices_of_state(connection: Connection) -> Iterator[Notice]:
    """Return what the connection itself says."""
    if not connection.is_active:
        yield Notice(
            "warning", _("Not active"), _("The connection is not active: all of its requests are refused.")
        )
    if connection.paused_at is not None:
        since = {"date": dated(connection.paused_at), "reason": connection.pause_reason}
        yield Notice(
            "error",
            _("Paused since %(date)s") % since,
            _("Writes are refused since %(date)s, until the connection is resumed. Reason: %(reason)s.")
            % since,
        )


def notices_of_tokens(connection: Any) -> Iterator[Notice]:
    """Return what the tokens say: whether requests are refused for want of one, now or soon."""
    soon = timezone.now() + EXPIRY_WARNING
    if not connection.usable_token_count:
        yield Notice(
            "error",
            _("No usable token"),
            _("No token is usable: each request is refused with 401 until there is a new token."),
        )
    elif not connection.lasting_token_count and connection.last_expiry <= soon:
        date = {"date": dated(connection.last_expiry)}
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
        date = {"date": dated(connection.next_expiry)}
        yield Notice(
            "warning",
            _("Token expires on %(date)s") % date,
            _(
                "On %(date)s a token expires, and another one is valid for longer: see to it that the "
                "identity provider sends that one."
            )
            % date,
        )


def dated(moment: datetime) -> str:
    """Return a time as people read it, in their time zone."""
    return date_format(current(moment), "DATETIME_FORMAT")
