"""Addresses that name a tenant, such as ``/orgs/acme/scim/v2/``, and the addresses of the app's routes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from scim2_models import NotFoundException

from django_scim.conf import get_settings
from django_scim.models import Connection

logger = logging.getLogger("django_scim.request")

NAMESPACE = "django_scim"
"""The ``app_name`` of the app's routes."""

OWN_KEYWORD = "pk"
"""The keyword of the app's own routes. An enclosing route cannot have it: the inner one counts."""

OWN_KEYWORDS = re.compile(rf"[<:]{OWN_KEYWORD}>")

UNNAMED_GROUP = re.compile(r"(?<!\\)\((?!\?)")


@dataclass(frozen=True)
class Enclosing:
    """Where a project includes the routes of the app."""

    route: str
    """The route as Django writes it, such as ``orgs/<slug:org>/scim/v2/``."""

    keywords: frozenset[str]
    """The keyword arguments that it gives to views."""

    @property
    def is_clear(self) -> bool:
        """Whether views learn all that it captures: see :data:`OWN_KEYWORD`; groups have names."""
        return OWN_KEYWORD not in self.keywords and UNNAMED_GROUP.search(self.route) is None


def enclosing_routes(urlconf: Any = None) -> Iterator[Enclosing]:
    """Yield each place where the routes of the app are included.

    :param urlconf: As a request has it; None for that of the request that is answered, or of the settings.
    """
    yield from routes_below(get_resolver(urlconf), "", frozenset())


def routes_below(resolver: URLResolver, route: str, keywords: frozenset[str]) -> Iterator[Enclosing]:
    """Yield each place below a resolver, whose own pattern is in the route already."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = route + str(pattern.pattern)
            own = {*pattern.pattern.regex.groupindex, *pattern.default_kwargs}
            if pattern.app_name == NAMESPACE:
                yield Enclosing(inner, keywords | own)
            else:
                yield from routes_below(pattern, inner, keywords | own)


# What a request names


def require_served(request: HttpRequest, named: Mapping[str, Any], unnamed: tuple[Any, ...]) -> None:
    """Refuse an address that says something that the settings give no meaning.

    :param named: The keyword arguments of the enclosing route.
    :param unnamed: Its other arguments.
    :raises NotFoundException: If ``TENANT_IN_ADDRESS`` has not all of the keywords.
    """
    match = request.resolver_match
    route = "" if match is None else match.route
    is_hidden = len(OWN_KEYWORDS.findall(route)) > 1 or UNNAMED_GROUP.search(route) is not None
    known = get_settings().TENANT_IN_ADDRESS.keys() - {OWN_KEYWORD}
    if unnamed or is_hidden or not named.keys() <= known:
        raise nothing_here()


def require_tenant(connection: Connection, named: Mapping[str, Any]) -> None:
    """Refuse a connection at an address that names another tenant than its own.

    :raises NotFoundException: As for an address that leads nowhere.
    """
    if named and not is_tenant(connection, named):
        logger.warning("The connection %s was used at an address that is not its tenant's.", connection)
        raise nothing_here()


def nothing_here() -> NotFoundException:
    """Return the answer to an address that leads nowhere."""
    return NotFoundException(detail="there is nothing at this address")


def is_tenant(connection: Connection, named: Mapping[str, Any]) -> bool:
    """Whether the keyword arguments of an address name the tenant of a connection.

    They are compared as text: a column of UUIDs fits ``<uuid:org>`` and ``<str:org>``.
    """
    own = tenant_keywords(connection)
    return all(name in own and str(own[name]) == str(value) for name, value in named.items())


def tenant_keywords(connection: Connection) -> dict[str, Any]:
    """Return what addresses name the tenant of a connection by: without a tenant, nothing."""
    tenant = tenant_object(connection)
    values = {
        keyword: getattr(tenant, attribute, None)
        for keyword, attribute in get_settings().TENANT_IN_ADDRESS.items()
    }
    return {keyword: value for keyword, value in values.items() if value is not None and value != ""}


def tenant_object(connection: Connection) -> Any:
    """Return the tenant of a connection, or None if it has none or if that is gone."""
    kind = connection.tenant_type_id
    # Content types are kept in memory, where the foreign key would ask the database.
    if kind is None or ContentType.objects.get_for_id(kind).model_class() is None:
        return None
    try:
        return connection.tenant
    except (ValueError, ValidationError):
        return None  # The key is none of the model's.


# The address of a connection


def base_path(connection: Connection | None, urlconf: Any = None) -> str | None:
    """Return the path of the SCIM root for a connection, without a slash at the end.

    An address that names its tenant goes before one that names none. It is None where the routes of the app
    are not in the project's, or in such a way that the address is not known here.
    """
    own = {} if connection is None else tenant_keywords(connection)
    choices: set[frozenset[str]] = {frozenset()}
    choices.update(frozenset(own) & route.keywords for route in enclosing_routes(urlconf))
    for keywords in sorted(choices, key=len, reverse=True):
        chosen = {name: own[name] for name in keywords}
        try:
            path = reverse(f"{NAMESPACE}:service-provider-config-list", urlconf=urlconf, kwargs=chosen)
        except NoReverseMatch:
            continue
        return path.rstrip("/").rpartition("/")[0]
    return None


def needs_tenant(urlconf: Any = None) -> bool:
    """Whether each address of the app names a tenant."""
    routes = list(enclosing_routes(urlconf))
    return bool(routes) and all(route.keywords for route in routes)


def site() -> str | None:
    """Return the address of the site by the first host that ``ALLOWED_HOSTS`` names, or None."""
    for name in settings.ALLOWED_HOSTS:
        if name and name.strip("*.") == name:
            return f"https://{name}"
    return None
