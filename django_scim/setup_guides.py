"""What to enter at each identity provider: the data of the set-up page in the admin.

The guides in ``docs/how-to/providers`` are longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GUIDES = "how-to/providers/"
"""The path of the guides on the documentation site."""


class Given(Enum):
    """A value that is different for each connection."""

    BASE_URL = "base URL"
    TOKEN = "token"  # noqa: S105 - the name of a secret, and not one.


@dataclass(frozen=True)
class Field:
    """A field in the console of an identity provider."""

    label: str
    """Its name in the console, in English and not translated."""

    value: Given | str
    """A value of the connection, or the text to type or to choose."""


class Filled(NamedTuple):
    """A field with its value."""

    label: str
    value: str
    is_secret: bool


@dataclass(frozen=True)
class Provider:
    """How to set up an identity provider."""

    slug: str
    """The name of its guide."""

    name: str | Promise

    steps: tuple[Promise, ...]
    """What to do in its console. The names of pages, tabs and buttons are in English."""

    fields: tuple[Field, ...]
    """What to enter there, in the order of the console."""

    dialect: str = ""
    """The dialect of its connection: see :data:`django_scim.dialects.registry.DIALECTS`."""

    @property
    def guide(self) -> str:
        """The path of its guide on the documentation site."""
        return f"{GUIDES}{self.slug}/"


def filled(provider: Provider, base_url: str, token: str = "") -> list[Filled]:
    """Return the fields of a provider with their values.

    :param base_url: The SCIM base URL of the project, without a slash at the end.
    :param token: The token, if it is known: it is shown only once. Otherwise the secret field is empty.
    """
    given = {Given.BASE_URL: base_url, Given.TOKEN: token}
    return [
        Filled(
            field.label,
            given[field.value] if isinstance(field.value, Given) else field.value,
            is_secret=field.value is Given.TOKEN,
        )
        for field in provider.fields
    ]


PROVIDERS = {
    provider.slug: provider
    for provider in (
        # help.okta.com, Add SCIM provisioning to app integrations
        Provider(
            slug="okta",
            name="Okta",
            steps=(
                _("Create an app integration with SAML 2.0 or SWA: Okta adds SCIM to no other."),
                _("General → App Settings → Provisioning: choose SCIM, and save."),
                _("Provisioning → Integration: fill in the fields, test, and save."),
                _("Provisioning → To App: enable Create Users, Update User Attributes and Deactivate Users."),
                _("Assign people under Assignments, and push groups under Push Groups."),
            ),
            fields=(
                Field("SCIM connector base URL", Given.BASE_URL),
                Field("Unique identifier field for users", "userName"),
                Field("Supported provisioning actions", "Push New Users, Push Profile Updates, Push Groups"),
                Field("Authentication Mode", "HTTP Header"),
                Field("Authorization", Given.TOKEN),
            ),
        ),
        # learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint, Getting started
        Provider(
            slug="entra",
            name="Microsoft Entra ID",
            steps=(
                _("Enterprise apps → New application → Create your own application: choose Non-gallery."),
                _("Provisioning → New configuration: fill in the fields, test the connection, and create."),
                _("Review the attribute mappings, and assign users and groups."),
                _("Try one user with Provision on demand, then choose Start provisioning."),
            ),
            fields=(
                Field("Tenant URL", Given.BASE_URL),
                Field("Secret Token", Given.TOKEN),
            ),
            dialect="entra",
        ),
        # developers.onelogin.com, Create a SCIM Test App, Test Your SCIM Implementation
        Provider(
            slug="onelogin",
            name="OneLogin",
            steps=(
                _("Applications → Add App: save SCIM Provisioner with SAML (SCIM v2 Enterprise)."),
                _("Configuration: fill in the fields, look at the SCIM JSON Template, and save."),
                _("Configuration → API Status: choose Enable, which tests the connection."),
                _("Provisioning: check Enable provisioning, and choose what happens to deleted users."),
                _("Give users access by a role, and approve what is pending."),
            ),
            fields=(
                Field("SCIM Base URL", Given.BASE_URL),
                Field("SCIM Bearer Token", Given.TOKEN),
            ),
        ),
        # jumpcloud.com, Identity Management using a Custom SCIM Integration
        Provider(
            slug="jumpcloud",
            name="JumpCloud",
            steps=(
                _("SSO Applications → Add New Application → Custom Application: Export users to this app."),
                _("Identity Management: fill in the fields, and a Test User Email that no account has."),
                _("Check Enable management of User Groups and Group Membership in this application."),
                _("Choose Test Connection, then Activate, and save."),
                _("User Groups: choose the groups that have the application."),
            ),
            fields=(
                Field("SCIM Version", "SCIM 2.0"),
                Field("Base URL", Given.BASE_URL),
                Field("Token Key", Given.TOKEN),
            ),
        ),
        # support.google.com, About automated user provisioning
        Provider(
            slug="google-workspace",
            name="Google Workspace",
            steps=(
                _("Set up single sign-on for the app: Google provisions apps of its catalog alone."),
                _("Apps → Web and mobile apps → the app → Auto-provisioning: configure it with the fields."),
                _("Map the attributes, and choose the groups whose members are provisioned."),
                _("Choose when users who leave are deprovisioned, then turn auto-provisioning on."),
            ),
            fields=(
                Field("Access token", Given.TOKEN),
                Field("Endpoint URL", Given.BASE_URL),
            ),
        ),
        # docs.goauthentik.io, Create a SCIM provider
        Provider(
            slug="authentik",
            name="authentik",
            steps=(
                _("Applications → Providers: create a SCIM provider with the fields."),
                _("Applications → Applications: edit the application that people sign in to."),
                _("Add the provider under Backchannel providers, and save."),
            ),
            fields=(
                Field("URL", Given.BASE_URL),
                Field("Token", Given.TOKEN),
            ),
        ),
        # github.com/mitodl/keycloak-scim and its fork github.com/pelotech/keycloak-scim
        Provider(
            slug="keycloak",
            name="Keycloak",
            steps=(
                _("Install keycloak-scim: Keycloak provisions nobody by itself."),
                _("Realm settings → Events: add scim to the event listeners."),
                _("User federation → Add scim provider: fill in the fields, and save."),
            ),
            fields=(
                Field("SCIM 2.0 endpoint", Given.BASE_URL),
                Field("Endpoint content type", "application/scim+json"),
                Field("Auth mode", "BEARER"),
                Field("Auth password/token", Given.TOKEN),
            ),
        ),
        # docs.pingidentity.com, Creating a SCIM connection
        Provider(
            slug="pingone",
            name="PingOne",
            steps=(
                _("Integrations → Provisioning → New Connection → Identity Store: choose SCIM Outbound."),
                _("Configure Authentication: fill in the fields, and test the connection."),
                _("Configure Preferences: choose the user filter, and what happens to removed users."),
                _("Add a rule from PingOne to the connection, and turn both on."),
            ),
            fields=(
                Field("SCIM Base URL", Given.BASE_URL),
                Field("Users Resource", "/Users"),
                Field("SCIM Version", "2.0"),
                Field("Groups Resource", "/Groups"),
                Field("Authentication Method", "OAuth 2 Bearer Token"),
                Field("OAuth Access Token", Given.TOKEN),
                Field("Auth Type Header", "Bearer"),
            ),
        ),
        Provider(
            slug="other",
            name=_("Another provider"),
            steps=(
                _("Look for provisioning by SCIM 2.0 with a bearer token in its documentation."),
                _("Fill in the fields. A whole authorization header is Bearer, a space, and the token."),
                _("Choose userName as what identifies a user."),
                _("Test the connection, and assign one user first."),
            ),
            fields=(
                Field("SCIM base URL", Given.BASE_URL),
                Field("Bearer token", Given.TOKEN),
            ),
        ),
    )
}
"""The providers by their slug, in the order of the set-up page."""
