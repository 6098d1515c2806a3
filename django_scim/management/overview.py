"""What commands say of a connection: its address, how it does, and what is to be done next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import override

from django_scim.api.addresses import base_path, needs_tenant, site
from django_scim.api.authentication import takes_own_tokens
from django_scim.history.counting import roll_up
from django_scim.history.export import in_utc
from django_scim.history.refused_tokens import refusal_text, remedy
from django_scim.history.statistics import last_success, latest_of_times, recent_refusals
from django_scim.management.sharing import link_document, link_line, time_or_never
from django_scim.models import AccessToken, Connection
from django_scim.setup_guides import documentation_url, likely_provider

MOST_MANAGED = 10_000
"""Up to how many resources are counted."""


def base_url(connection: Connection) -> str | None:
    """Return the SCIM base URL of a connection, or None if the routes have none for it.

    Where no setting names the host, it begins with ``https://<host>``.
    """
    path = base_path(connection)
    return None if path is None else f"{site() or 'https://<host>'}{path}"


def watched() -> QuerySet[Any]:
    """Return the connections with the annotations ``usable``, ``last_request`` and ``last_success``."""
    roll_up()
    is_usable = Q(tokens__revoked=None) & (Q(tokens__expires=None) | Q(tokens__expires__gt=timezone.now()))
    return (
        Connection.objects.annotate(
            usable=Count("tokens", filter=is_usable),
            last_request=Max("tokens__last_used"),
            last_success=last_success(),
        )
        .select_related("tenant_type")
        .prefetch_related("tokens", "setup_links")
        .order_by("name")
    )


def last_request(connection: Any) -> datetime | None:
    """Return when a connection of :func:`watched` sent something last."""
    return latest_of_times(connection.last_request, connection.last_success)


def state(connection: Connection) -> str:
    """Return whether a connection works, and why not."""
    if not connection.is_active:
        return "not active: all of its requests are refused"
    if connection.paused_at is not None:
        return f"paused since {time_or_never(connection.paused_at)}: {connection.pause_reason}"
    if connection.rehearsal_since is not None:
        return (
            f"in rehearsal since {time_or_never(connection.rehearsal_since)}: nothing of the project changes"
        )
    return "active"


def token_state(token: AccessToken) -> str:
    """Return whether a token is usable, and why not."""
    if token.revoked is not None:
        return f"revoked on {time_or_never(token.revoked)}"
    if token.expires is not None and token.expires <= timezone.now():
        return f"expired on {time_or_never(token.expires)}"
    return "usable" if token.expires is None else f"usable until {time_or_never(token.expires)}"


def token_line(token: AccessToken) -> str:
    """Return what people read of a token."""
    by = f" by {token.user_agent}" if token.user_agent else ""
    used = f"last used {time_or_never(token.last_used)}{by}"
    description = f" ({token.description})" if token.description else ""
    with override(None):
        refusal = f"; {refusal_text(token)}. {remedy(token)}" if token.refused_at is not None else ""
    return f"{token}{description}: {', '.join(token.scopes)}; {token_state(token)}; {used}{refusal}"


def overview(connection: Any) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of a connection of :func:`watched`, each with its name."""
    managed = connection.managed.order_by()[: MOST_MANAGED + 1].count()
    limit = connection.deprovisioning_limit
    yield "base URL", base_url(connection) or "not known"
    yield "state", state(connection)
    yield "dialect", connection.dialect or "standard"
    yield "tenant", "none" if connection.tenant_type is None else tenant_text(connection)
    with override(None):
        adoption = str(connection.get_adoption_display())
    yield "adoption", f"{connection.adoption}: {adoption}"
    yield "e-mail domains", ", ".join(connection.domains) or "any"
    yield "networks", ", ".join(connection.networks) or "any"
    yield "told of trouble", ", ".join(connection.notify) or "the ADMINS of the settings"
    yield "deprovisioning limit", "that of the settings" if limit is None else str(limit)
    yield (
        "manages",
        f"{managed} resources" if managed <= MOST_MANAGED else f"more than {MOST_MANAGED} resources",
    )
    yield "last request", time_or_never(last_request(connection))
    yield "last success", time_or_never(connection.last_success)
    yield "refused in 24 hours", str(sum(refusal.number for refusal in recent_refusals(connection)))
    for token in connection.tokens.all():
        yield "token", token_line(token)
    for link in connection.setup_links.all():
        yield "set-up link", link_line(link)


def tenant_text(connection: Connection) -> str:
    """Return the tenant of a connection as the argument that names it."""
    model = None if connection.tenant_type is None else connection.tenant_type.model_class()
    label = str(connection.tenant_type) if model is None else model._meta.label
    return f"{label}:{connection.tenant_id}"


def document(connection: Any) -> dict[str, Any]:
    """Return a connection of :func:`watched` for a program."""
    return {
        "id": connection.pk,
        "name": connection.name,
        "baseUrl": base_url(connection),
        "active": connection.is_active,
        "pausedAt": None if connection.paused_at is None else in_utc(connection.paused_at),
        "pauseReason": connection.pause_reason,
        "dialect": connection.dialect,
        "tenant": None if connection.tenant_type is None else tenant_text(connection),
        "adoption": connection.adoption,
        "domains": connection.domains,
        "networks": connection.networks,
        "notify": connection.notify,
        "deprovisioningLimit": connection.deprovisioning_limit,
        "lastRequest": None if (time := last_request(connection)) is None else in_utc(time),
        "lastSuccess": None if connection.last_success is None else in_utc(connection.last_success),
        "tokens": [token_document(token) for token in connection.tokens.all()],
        "setupLinks": [link_document(link) for link in connection.setup_links.all()],
        "next": list(next_steps(connection)),
    }


def token_document(token: AccessToken) -> dict[str, Any]:
    """Return what is known of a token for a program; the token itself is not stored."""
    times = {
        "created": token.created,
        "expires": token.expires,
        "lastUsed": token.last_used,
        "revoked": token.revoked,
    }
    return {
        "id": token.pk,
        "hint": token.hint,
        "description": token.description,
        "scopes": token.scopes,
        **{name: None if time is None else in_utc(time) for name, time in times.items()},
        "client": token.user_agent,
        "refused": refusal_document(token),
    }


def refusal_document(token: AccessToken) -> dict[str, str] | None:
    """Return when, from where and why a token was refused last, and what to do; None if it never was."""
    if token.refused_at is None:
        return None
    with override(None):
        return {
            "at": in_utc(token.refused_at),
            "from": token.refused_from,
            "reason": token.refused_reason,
            "remedy": remedy(token),
        }


def next_steps(connection: Any) -> Iterator[str]:
    """Yield what is to be done until a connection of :func:`watched` works."""
    name, url = shlex.quote(connection.name), base_url(connection)
    if url is None and needs_tenant():
        yield f"Give it a tenant, which its address names: scim_connection change {name} --tenant MODEL:KEY"
    elif url is None:
        yield 'Include the routes of the app: path("scim/v2/", include("django_scim.urls")) in ROOT_URLCONF'
    if not connection.is_active:
        yield f"Make it active: scim_connection change {name} --active"
    if connection.paused_at is not None:
        yield f"Look what it did, and resume it: scim_connection resume {name}"
    if url is None or not takes_own_tokens():
        return
    if not connection.usable:
        yield f"Make a token: scim_token {name}"
    elif connection.last_request is None:
        provider = likely_provider(connection)
        guide = documentation_url(provider.guide) if provider else None
        place = f" ({guide})" if guide else ""
        yield f"Try what the identity provider will send: scim_preflight --connection {name}"
        yield f"Look whether it can reach the project: scim_doctor {url}"
        yield f"Enter the base URL and the token at the identity provider{place}: {url}"
