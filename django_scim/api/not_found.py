"""Addresses below the SCIM root that lead nowhere."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import NotFoundException

from django_scim.api.views import ScimView
from django_scim.registry import registry


class NotFoundView(ScimView):
    """Answers 404 with a SCIM error, whatever the method and whoever asks."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer before the method is looked at.

        :raises ImproperlyConfigured: If the settings name a resource type that could not be made.
        :raises NotFoundException: Otherwise.
        """
        super().initial(request, *args, **kwargs)
        registry().require_complete()
        raise NotFoundException(detail="there is nothing at this address")

    def answer(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stand for all methods; :meth:`initial` has answered already."""
        raise NotFoundException(detail="there is nothing at this address")


METHODS: dict[str, Any] = dict.fromkeys(("get", "post", "put", "patch", "delete"), "answer")
