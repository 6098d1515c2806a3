"""Where identity providers find SCIM."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


def scim_base_url(request: HttpRequest) -> str | None:
    """Return the absolute base URL that an identity provider asks for, without a final slash.

    There is none where the project routes SCIM in a way that cannot be told from here.
    """
    try:
        path = reverse("django_scim:service-provider-config-list")
    except NoReverseMatch:
        return None
    return request.build_absolute_uri(path).rstrip("/").rpartition("/")[0]
