"""What all SCIM views share: media types, authentication, errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils.module_loading import import_string
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from django_scim.api.errors import exception_handler
from django_scim.api.json import JSONParser, JSONRenderer, ScimJSONParser, ScimJSONRenderer
from django_scim.api.negotiation import ScimContentNegotiation
from django_scim.api.permissions import connection_of
from django_scim.conf import get_settings
from django_scim.models import Connection


class ScimView(ViewSet):
    """A DRF viewset that speaks SCIM, whatever the project's own DRF settings say."""

    parser_classes = [ScimJSONParser, JSONParser]
    renderer_classes = [ScimJSONRenderer, JSONRenderer]
    content_negotiation_class = ScimContentNegotiation
    versioning_class = None
    lookup_value_regex = "[^/]+"
    endpoint = ""
    """The path of the view below the SCIM root, such as ``/Users``."""

    def get_exception_handler(self) -> Callable[..., Response]:
        """Answer failures as SCIM errors, without regard to ``EXCEPTION_HANDLER``."""
        return exception_handler

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say which methods there are."""
        return Response(status=204)

    @cached_property
    def base_url(self) -> str:
        """The absolute URL of the SCIM root: the address of the request without the view's part of it."""
        suffix = self.endpoint
        if "pk" in self.kwargs:
            suffix = f"{suffix}/{self.kwargs['pk']}"
        path = self.request.path.rstrip("/").removesuffix(suffix)
        return str(self.request.build_absolute_uri(path))


class ProtectedView(ScimView):
    """A view for authenticated connections."""

    def get_authenticators(self) -> list[Any]:
        """Return what ``AUTHENTICATION_CLASSES`` names."""
        return instances(get_settings().AUTHENTICATION_CLASSES)

    def get_permissions(self) -> list[Any]:
        """Return what ``PERMISSION_CLASSES`` names."""
        return instances(get_settings().PERMISSION_CLASSES)

    def get_throttles(self) -> list[Any]:
        """Return what ``THROTTLE_CLASSES`` names."""
        return instances(get_settings().THROTTLE_CLASSES)

    @property
    def connection(self) -> Connection:
        """The connection that the request acts for.

        :raises PermissionDenied: If the authentication names none.
        """
        connection = connection_of(self.request)
        if connection is None:
            raise PermissionDenied("the authentication names no connection")
        return connection


def instances(paths: Sequence[str]) -> list[Any]:
    """Make an instance of each class that a setting names."""
    return [import_string(path)() for path in paths]
