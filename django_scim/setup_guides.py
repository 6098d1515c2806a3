"""The identity providers of the set-up page in the admin.

What to do and what to enter at each of them is in a template of its own. The guides in
``docs/how-to/providers`` are longer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from django_scim.models import Connection

DISTRIBUTION = "django-scim-provisioning"


@dataclass(frozen=True)
class Provider:
    """An identity provider."""

    slug: str
    """The name of its guide and of its template."""

    name: str | Promise

    dialect: str = ""
    """The dialect of its connection: see :data:`django_scim.dialects.registry.DIALECTS`."""

    @property
    def guide(self) -> str:
        """The path of its guide on the documentation site."""
        return f"how-to/providers/{self.slug}/"

    @property
    def template(self) -> str:
        """The template with the steps and the fields, in the order of its console.

        The steps are translated. The names of pages, tabs, buttons and fields in them are in English.
        """
        return f"admin/django_scim/connection/providers/{self.slug}.html"


PROVIDERS = {
    provider.slug: provider
    for provider in (
        Provider("okta", "Okta", dialect="okta"),
        Provider("entra", "Microsoft Entra ID", dialect="entra"),
        Provider("onelogin", "OneLogin"),
        Provider("jumpcloud", "JumpCloud"),
        Provider("google-workspace", "Google Workspace"),
        Provider("authentik", "authentik"),
        Provider("keycloak", "Keycloak"),
        Provider("pingone", "PingOne"),
        Provider("other", _("Another provider")),
    )
}
"""The providers by their slug, in the order of the set-up page."""


def likely_provider(connection: Connection) -> Provider | None:
    """Return the provider with the dialect of a connection, or else with a word of its name, or None."""
    words = re.findall(r"[a-z]+", connection.name.lower())
    for provider in PROVIDERS.values():
        if provider.dialect and provider.dialect == connection.dialect:
            return provider
    return next((one for one in PROVIDERS.values() if one.slug.partition("-")[0] in words), None)


@cache
def documentation_url(path: str) -> str | None:
    """Return the URL of a page of the documentation, or None if the package does not name its site."""
    try:
        entries = metadata(DISTRIBUTION).get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    root = dict(entry.split(", ", 1) for entry in entries).get("Documentation")
    return root and f"{root.rstrip('/')}/{path}"
