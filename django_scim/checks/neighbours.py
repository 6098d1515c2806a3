"""Checks of what else the project has: django-allauth, and what is left of django-scim2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from django_scim.checks.rows import tables_of
from django_scim.resources.registry import registry

ALLAUTH = "allauth.account"

PREDECESSOR = "django-scim2"
"""The distribution of another app, whose package is called ``django_scim`` too."""

OLD_SETTING = "SCIM_SERVICE_PROVIDER"

OLD_MIDDLEWARE = "django_scim.middleware."

OLD_COLUMN = "scim_id"
"""The column in which it kept the ``id``."""


@register("django_scim")
def check_neighbours(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report addresses that django-allauth does not know of, and leftovers of django-scim2."""
    return [*unknown_addresses(), *leftovers(), *forgotten_identifiers()]


def unknown_addresses() -> Iterator[CheckMessage]:
    """Warn of e-mail addresses that are not in the table by which django-allauth knows people."""
    users = registry().get("User")
    if not apps.is_installed(ALLAUTH) or users is None:
        return
    mapping = users.mappings.get("emails")
    addresses: Any = apps.get_app_config("account").get_model("EmailAddress")
    # What a mapping of the project's own does with them cannot be told.
    if mapping is None or not type(mapping).__module__.startswith("django_scim."):
        return
    key = addresses._meta.get_field("user")
    if key.related_model is users.model and addresses not in tables_of(mapping):
        relation = key.remote_field.get_accessor_name()
        yield Warning(
            f"{users.setting}: 'emails' is not mapped to the addresses of django-allauth: people cannot sign "
            "in, and set no password, by an address that comes from an identity provider.",
            hint=f'Map them: "emails": Rows("{relation}", value="email", primary="primary", '
            'defaults={"verified": True}).',
            obj=type(users.adapter),
            id="django_scim.W015",
        )


def leftovers() -> Iterator[CheckMessage]:
    """Report what is installed of django-scim2, or in the settings for it."""
    try:
        distribution(PREDECESSOR)
    except PackageNotFoundError:
        pass
    else:
        yield Error(
            "django-scim2 is installed beside this app: both are the package django_scim, and the files of "
            "one have replaced some of the other.",
            hint="Uninstall both, and then install django-scim-provisioning.",
            id="django_scim.E018",
        )
    for path in settings.MIDDLEWARE:
        if path.startswith(OLD_MIDDLEWARE):
            yield Error(
                f"MIDDLEWARE has '{path}', which is of django-scim2 and is not there: no server starts.",
                hint="Take it out: the endpoints authenticate by tokens of their own.",
                id="django_scim.E018",
            )
    if hasattr(settings, OLD_SETTING):
        yield Warning(
            "The setting SCIM_SERVICE_PROVIDER is of django-scim2, and means nothing here.",
            hint="Take it out, and say what is still needed of it in DJANGO_SCIM.",
            id="django_scim.W016",
        )


def forgotten_identifiers() -> Iterator[CheckMessage]:
    """Warn of the identifiers that identity providers know, in a column that nothing names."""
    for resource_type in registry():
        columns = [field.name for field in resource_type.model._meta.concrete_fields]
        if OLD_COLUMN in columns and resource_type.adapter.id_field is None:
            yield Warning(
                f"{resource_type.setting}: {resource_type.model._meta.label} has the column 'scim_id' of "
                "django-scim2, which is not the 'id_field': identity providers that know its identifiers "
                "find nobody, and make everybody anew.",
                hint="Set 'id_field' to 'scim_id', or remove the column if no identity provider knows it.",
                obj=type(resource_type.adapter),
                id="django_scim.W016",
            )
