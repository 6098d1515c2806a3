"""/Me: the resource that the authenticated client is, or acts for (RFC 7644 section 3.11)."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.module_loading import import_string
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import NotImplementedException

from django_scim.api.resources import ResourceViewSet
from django_scim.conf import get_settings
from django_scim.registry import registry


def authenticated_user(request: Request) -> Model | None:
    """Return the account that a request was authenticated as, the default of ``CURRENT_RESOURCE``.

    There is one where an authentication class of the host, such as that of an OAuth 2 server, found a
    user. An access token of this app stands for a connection, and acts for nobody.
    """
    return request.user if isinstance(request.user, Model) else None


class MeViewSet(ResourceViewSet):
    """All methods of one resource, at an address that is the same for everyone."""

    endpoint = "/Me"

    @property
    def path_below_root(self) -> str:
        """The address does not hold the ``id``."""
        return self.endpoint

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the resource once it is known who asks.

        :raises NotImplementedException: If the client acts for no resource.
        """
        self.perform_authentication(request)
        self.check_permissions(request)
        instance = import_string(get_settings().CURRENT_RESOURCE)(request)
        adapter = next((adapter for adapter in registry() if isinstance(instance, adapter.model)), None)
        if instance is None or adapter is None:
            raise NotImplementedException(detail="this token does not act for a resource")
        self.resource_type = adapter.name
        # The dictionary is the one that the handler is called with.
        self.kwargs["pk"] = adapter.identifier(instance)
        super().initial(request, *args, **kwargs)

    def create(self, request: Request, pk: str = "") -> Response:
        """Refuse: whoever is authenticated is there already.

        :raises NotImplementedException: Always.
        """
        raise NotImplementedException(detail="a client cannot register itself")
