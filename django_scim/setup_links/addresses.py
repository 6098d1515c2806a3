"""Where the set-up pages are."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from django_scim.api.addresses import base_path
from django_scim.models import Connection

NAMESPACE = "django_scim_setup"
"""The ``app_name`` of :mod:`django_scim.setup_urls`."""

ROUTE = 'path("scim-setup/", include("django_scim.setup_urls"))'
"""What a project adds to its URLs."""


def page_path(secret: str, urlconf: Any = None) -> str | None:
    """Return the path of the page of a link.

    :param urlconf: As a request has it; None for that of the request that is answered, or of the settings.
    :returns: None where the project does not include the routes, or below an argument of its own.
    """
    try:
        return reverse(f"{NAMESPACE}:page", urlconf=urlconf, kwargs={"secret": secret})
    except NoReverseMatch:
        return None


def is_routed(urlconf: Any = None) -> bool:
    """Whether the project has the pages."""
    return page_path("secret", urlconf) is not None


def scim_base_url(request: HttpRequest, connection: Connection | None) -> str | None:
    """Return the absolute base URL that an identity provider asks for, without a slash at the end.

    It names the tenant of the connection, if the routes of the project do. The routes are those of the
    request: ``request.urlconf``, if a middleware has set it.

    Return None if the project routes SCIM in such a way that the URL is not known here.
    """
    path = base_path(connection, getattr(request, "urlconf", None))
    return None if path is None else str(request.build_absolute_uri(path))
