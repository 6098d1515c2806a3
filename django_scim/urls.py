"""The URLs of SCIM. Include them at the base URL for identity providers, such as ``/scim/v2/``."""

import re
from typing import Any

from django.core.signals import setting_changed
from django.db import connections, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLResolver, clear_url_caches, re_path
from django.urls.resolvers import RegexPattern
from django.views.decorators.common import no_append_slash
from django.views.decorators.csrf import csrf_exempt
from rest_framework.routers import SimpleRouter

from django_scim.api.bulk import BulkViewSet
from django_scim.api.discovery import ResourceTypeViewSet, SchemaViewSet, ServiceProviderConfigViewSet
from django_scim.api.history.views import HistoryViewSet
from django_scim.api.resources import MeViewSet, ResourceViewSet
from django_scim.api.root import METHODS, HealthView, NotFoundView, RootSearchViewSet, RootViewSet
from django_scim.resources.registry import registry

__all__ = ["app_name", "urlpatterns"]

app_name = "django_scim"
"""The namespace, for ``reverse("django_scim:user-list")``."""


class ScimRouter(SimpleRouter):
    """DRF's router, with an optional slash at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


@csrf_exempt
def at_single_slashes(request: HttpRequest, *args: Any, below: str, **kwargs: Any) -> HttpResponseBase:
    """Answer as at the address that has one slash wherever this one has several.

    A base URL that was entered with a slash at its end makes ``/scim/v2//Users`` of what clients send. No
    address of SCIM has an empty segment, so that it means nothing else.

    :param below: The path below the root of SCIM.
    """
    path = re.sub("/+", "/", below).removeprefix("/")
    request.path = request.path.removesuffix(below) + path
    request.path_info = request.path_info.removesuffix(below) + path
    match = URLResolver(RegexPattern("^"), urlpatterns).resolve(path)
    response: HttpResponseBase = match.func(request, *args, *match.args, **{**kwargs, **match.kwargs})
    return response


ME_METHODS: dict[str, Any] = {
    "get": "retrieve",
    "post": "create",
    "put": "update",
    "patch": "partial_update",
    "delete": "destroy",
}


def endpoints() -> list[tuple[str, str]]:
    """Return the names and the endpoints of the resource types."""
    return [(resource_type.name, resource_type.endpoint) for resource_type in registry()]


def routes() -> list[Any]:
    """Return the routes of the resource types, and of the app's other endpoints."""
    router = ScimRouter()
    for name, endpoint in endpoints():
        attributes = {"resource_name": name, "endpoint": endpoint}
        view_set = type(f"{name}ViewSet", (ResourceViewSet,), attributes)
        router.register(endpoint.strip("/"), view_set, name.lower())
    router.register("ServiceProviderConfig", ServiceProviderConfigViewSet, "service-provider-config")
    router.register("ResourceTypes", ResourceTypeViewSet, "resource-type")
    router.register("Schemas", SchemaViewSet, "schema")
    router.register("history", HistoryViewSet, "history")
    patterns: list[Any] = [
        *router.urls,
        re_path(r"^Bulk/?$", BulkViewSet.as_view({"post": "create"}), name="bulk"),
        re_path(r"^health/?$", HealthView.as_view({"get": "retrieve"}), name="health"),
        re_path(r"^Me/?$", MeViewSet.as_view(ME_METHODS), name="me"),
        re_path(r"^\.search/?$", RootSearchViewSet.as_view({"post": "search"}), name="search"),
        re_path(r"^$", RootViewSet.as_view({"get": "list"}), name="root"),
        re_path(r"^(?P<below>/.*|.*//.*)$", at_single_slashes),
        re_path(r"", NotFoundView.as_view(METHODS)),
    ]
    for pattern in patterns:
        # Each write has its own transaction, and its refusal is recorded outside of that.
        for alias in connections:
            pattern.callback = transaction.non_atomic_requests(using=alias)(pattern.callback)
        # A client must not be redirected, not even from the root without a slash to the root with one.
        pattern.callback = no_append_slash(pattern.callback)
    return patterns


_routed = endpoints()

urlpatterns = routes()
"""What ``include("django_scim.urls")`` takes."""


def _forget(*, setting: str, **kwargs: Any) -> None:
    """Make the routes of others after ``override_settings``. The registry, connected first, is up to date."""
    if setting in ("DJANGO_SCIM", "AUTH_USER_MODEL") and endpoints() != _routed:
        _routed[:] = endpoints()
        urlpatterns[:] = routes()
        clear_url_caches()


setting_changed.connect(_forget, dispatch_uid="django_scim.urls")
