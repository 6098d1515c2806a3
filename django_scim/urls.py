"""The SCIM root: include it where the identity providers are told to look, such as ``/scim/v2/``."""

from django.db import transaction
from django.urls import re_path
from rest_framework.routers import SimpleRouter

from django_scim.api.discovery import ResourceTypeViewSet, SchemaViewSet, ServiceProviderConfigViewSet
from django_scim.api.resources import ResourceViewSet
from django_scim.api.unsupported import METHODS, UnsupportedView
from django_scim.registry import registry

app_name = "django_scim"


class ScimRouter(SimpleRouter):
    """DRF's router, with and without a slash at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


def resource_view_set(name: str, endpoint: str) -> type[ResourceViewSet]:
    """Return the viewset of one resource type."""
    return type(f"{name}ViewSet", (ResourceViewSet,), {"resource_type": name, "endpoint": endpoint})


router = ScimRouter()
for adapter in registry():
    router.register(
        adapter.endpoint.strip("/"), resource_view_set(adapter.name, adapter.endpoint), adapter.name.lower()
    )
router.register("ServiceProviderConfig", ServiceProviderConfigViewSet, "service-provider-config")
router.register("ResourceTypes", ResourceTypeViewSet, "resource-type")
router.register("Schemas", SchemaViewSet, "schema")

urlpatterns = [
    *router.urls,
    re_path(r"^(?:Me|Bulk|(?:\w+/)?\.search)/?$", UnsupportedView.as_view(METHODS, is_known=True)),
    re_path(r"", UnsupportedView.as_view(METHODS)),
]
for pattern in urlpatterns:
    # Each write is a transaction of its own, and its refusal is recorded outside of it.
    pattern.callback = transaction.non_atomic_requests(pattern.callback)
