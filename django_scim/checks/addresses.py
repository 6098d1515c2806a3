"""Checks of the routes that include the app's, and of the tenants that they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured

from django_scim.adapters.tenancy import tenancy_of
from django_scim.api.addresses import OWN_KEYWORD, Enclosing, enclosing_routes
from django_scim.conf import get_settings
from django_scim.imports import nearest


@register("django_scim")
def check_addresses(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report routes whose arguments the settings give no meaning, and what no tenant has."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    routes = list(enclosing_routes(settings.ROOT_URLCONF))
    return [*unknown_keywords(routes), *unused_keywords(routes), *unknown_attributes()]


def unknown_keywords(routes: Sequence[Enclosing]) -> Iterator[CheckMessage]:
    """Report routes at which each request is 404."""
    known = get_settings().TENANT_IN_ADDRESS
    for route in routes:
        if not route.is_clear:
            yield Error(
                f"The route '{route.route}' of django_scim.urls has a group that has no name, or is called "
                f"'{OWN_KEYWORD}': it cannot be told which tenant it names, and each request there is 404.",
                hint="Give its group a name of its own, such as <slug:org>.",
                id="django_scim.E060",
            )
        for keyword in sorted(route.keywords - known.keys() - {OWN_KEYWORD}):
            yield Error(
                f"The route '{route.route}' of django_scim.urls has the argument '{keyword}', to which "
                f'DJANGO_SCIM["TENANT_IN_ADDRESS"] gives no meaning: each request there is 404.',
                hint=f'Name the attribute of the tenant that it stands for, such as {{"{keyword}": "slug"}}.',
                id="django_scim.E060",
            )


def unused_keywords(routes: Sequence[Enclosing]) -> Iterator[CheckMessage]:
    """Warn of keywords that no route has. Where no routes are found, another urlconf may have them."""
    found = {keyword for route in routes for keyword in route.keywords}
    for keyword in get_settings().TENANT_IN_ADDRESS if routes else ():
        if keyword not in found:
            yield Warning(
                f"""DJANGO_SCIM["TENANT_IN_ADDRESS"] names '{keyword}', which no route of django_scim.urls """
                "has: nothing is compared with it.",
                hint=nearest(keyword, found)
                if found
                else "Include the URLs at such as orgs/<slug:org>/scim/v2/.",
                id="django_scim.W060",
            )


def unknown_attributes() -> Iterator[CheckMessage]:
    """Report attributes that no model of tenants has, where a ``tenant_field`` leads to one."""
    from django_scim.resources.registry import registry

    models: set[Any] = set()
    for each in registry():
        if each.adapter.tenant_field is not None:
            with suppress(ImproperlyConfigured):
                models.add(tenancy_of(each.model, each.adapter.tenant_field).model)
    for keyword, attribute in get_settings().TENANT_IN_ADDRESS.items() if models else ():
        if not any(hasattr(model, attribute) for model in models):
            names = [field.name for model in models for field in model._meta.concrete_fields]
            yield Error(
                f"""DJANGO_SCIM["TENANT_IN_ADDRESS"]["{keyword}"] is '{attribute}', which no tenant has.""",
                hint=nearest(attribute, names),
                id="django_scim.E060",
            )
