"""A plugin of pytest: tests of a project's own mapping, with what identity providers send.

It is there once the app is installed, and needs pytest-django. ``scim_client`` is a client of a new
connection; ``scim_idp("okta")`` is an identity provider::

    def test_okta_can_provision_into_this_project(scim_idp):
        scim_idp("okta").require_working()

Public are the fixtures and the types of what they give. pytest loads this module before Django is set up:
what needs models is imported when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django_scim.models import Connection
    from django_scim.preflight.client import ScimClient
    from django_scim.preflight.findings import Finding, Report
    from django_scim.preflight.idp import IdentityProvider

__all__ = [
    "Finding",
    "IdentityProvider",
    "IdentityProviders",
    "Report",
    "ScimClient",
    "scim_client",
    "scim_idp",
]

MODULES = {
    "Finding": "findings",
    "IdentityProvider": "idp",
    "Report": "findings",
    "ScimClient": "client",
}


class IdentityProviders:
    """What the fixture ``scim_idp`` gives: makes identity providers by their names."""

    def __call__(self, name: str, connection: Connection | None = None) -> IdentityProvider:
        """Return an identity provider that is connected with the project.

        :param name: ``authentik``, ``entra``, ``google``, ``jumpcloud``, ``keycloak``, ``okta``,
            ``onelogin``, ``pingone``, ``rippling`` or ``sailpoint``.
        :param connection: The connection to act for, such as one with a tenant; a new one by default.
        :raises ValueError: If no such provider is known.
        """
        from django_scim.preflight.idp import IdentityProvider

        return IdentityProvider(name, connection)


@pytest.fixture
def scim_client(db: None) -> ScimClient:
    """A client of a new connection, with a token that may read and write."""
    from django_scim.models import Connection
    from django_scim.preflight.client import ScimClient

    return ScimClient(Connection.objects.create(name="scim_client"))


@pytest.fixture
def scim_idp(db: None) -> IdentityProviders:
    """Makes identity providers that send what the real ones send: ``scim_idp("okta")``."""
    return IdentityProviders()


def __getattr__(name: str) -> Any:
    """Import a class from its module, once Django is set up."""
    if name not in MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"django_scim.preflight.{MODULES[name]}"), name)
