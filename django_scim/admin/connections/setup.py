"""How to set up a connection at its identity provider, for its page in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest

from django_scim.api.addresses import needs_tenant
from django_scim.dialects.registry import dialect_of
from django_scim.models import Connection
from django_scim.setup_guides import PROVIDERS, Provider, documentation_url, likely_provider
from django_scim.setup_links.addresses import scim_base_url
from django_scim.setup_links.instructions import as_text


@dataclass(frozen=True)
class Guide:
    """What to do at one identity provider."""

    provider: Provider
    dialect: str
    """The dialect that the connection should have, or empty if it has the right one."""
    url: str | None
    """The URL of its guide in the documentation."""
    is_likely: bool
    """Whether the connection seems to be one of this provider."""
    text: str
    """What to do and to fill in as plain text, to be sent to somebody else."""


@dataclass(frozen=True)
class Setup:
    """How to set up a connection at each identity provider."""

    base_url: str | None
    is_secure: bool
    """Whether the base URL begins with ``https``. Requests by HTTP are refused."""
    guides: list[Guide]
    needs_tenant: bool
    """Whether the base URL would name a tenant, and the connection has none that it could name."""


def setup_of(connection: Connection, request: HttpRequest) -> Setup:
    """Return the set-up of a connection, with the values of this project filled in."""
    base_url = scim_base_url(request, connection)
    return Setup(
        base_url=base_url,
        is_secure=(base_url or "").startswith("https:"),
        guides=list(guides(connection, base_url)),
        needs_tenant=base_url is None and needs_tenant(getattr(request, "urlconf", None)),
    )


def guides(connection: Connection, base_url: str | None) -> Iterator[Guide]:
    """Yield what to do at each identity provider."""
    likely = likely_provider(connection)
    for provider in PROVIDERS.values():
        is_other = provider.dialect not in ("", connection.dialect)
        yield Guide(
            provider=provider,
            dialect=str(dialect_of(provider.dialect).label) if is_other else "",
            url=documentation_url(provider.guide),
            is_likely=provider == likely,
            text=as_text(provider, base_url),
        )
