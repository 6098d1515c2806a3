"""What the page of a connection says of setting it up at its identity provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from django_scim.dialects.registry import dialect_of
from django_scim.models import Connection
from django_scim.setup_guides import PROVIDERS, Filled, Provider, filled

DISTRIBUTION = "django-scim-provisioning"


@dataclass(frozen=True)
class ProviderSetup:
    """What to do at one identity provider."""

    provider: Provider
    fields: list[Filled]
    dialect: str
    """The dialect that its connection should have and has not; empty if there is nothing to be changed."""
    guide_url: str | None
    is_likely: bool
    """Whether the connection is that of this provider, as far as can be told."""


@dataclass(frozen=True)
class Setup:
    """What leads through the set-up of a connection."""

    base_url: str | None
    is_secure: bool
    """Whether the base URL begins with ``https``, without which requests are refused."""
    providers: list[ProviderSetup]


def setup_of(connection: Connection, request: HttpRequest) -> Setup:
    """Return what to do at each identity provider, with the values of this project filled in."""
    base_url = scim_base_url(request)
    return Setup(
        base_url=base_url,
        is_secure=(base_url or "").startswith("https:"),
        providers=list(provider_setups(connection, base_url)),
    )


def provider_setups(connection: Connection, base_url: str | None) -> Iterator[ProviderSetup]:
    """Yield what to do at each identity provider."""
    likely = likely_provider(connection)
    for provider in PROVIDERS.values():
        is_other = provider.dialect not in ("", connection.dialect)
        yield ProviderSetup(
            provider=provider,
            fields=filled(provider, base_url or _("the SCIM base URL")),
            dialect=str(dialect_of(provider.dialect).label) if is_other else "",
            guide_url=documentation_url(provider.guide),
            is_likely=provider == likely,
        )


def likely_provider(connection: Connection) -> Provider | None:
    """Return the provider that has the connection's dialect, or else one that its name mentions, or None."""
    words = re.findall(r"[a-z]+", connection.name.lower())
    for provider in PROVIDERS.values():
        if provider.dialect and provider.dialect == connection.dialect:
            return provider
    return next((one for one in PROVIDERS.values() if one.slug.partition("-")[0] in words), None)


@cache
def documentation_url(path: str) -> str | None:
    """Return the address of a page of the documentation, or None if the package does not name a site."""
    try:
        entries = metadata(DISTRIBUTION).get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    root = dict(entry.split(", ", 1) for entry in entries).get("Documentation")
    return root and f"{root.rstrip('/')}/{path}"


def scim_base_url(request: HttpRequest) -> str | None:
    """Return the absolute base URL that an identity provider asks for, without a final slash.

    None if the project routes SCIM in a way that cannot be told from here.
    """
    try:
        path = reverse("django_scim:service-provider-config-list")
    except NoReverseMatch:
        return None
    return request.build_absolute_uri(path).rstrip("/").rpartition("/")[0]
