"""Addresses below the SCIM root that lead nowhere."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import NotFoundException, NotImplementedException

from django_scim.api.views import ScimView


class UnsupportedView(ScimView):
    """Endpoints of RFC 7644 that this version does not have: 501; any other address: 404."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []
    is_known = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer before the method is looked at.

        :raises NotImplementedException: For an endpoint of the RFC.
        :raises NotFoundException: For any other address.
        """
        super().initial(request, *args, **kwargs)
        if self.is_known:
            raise NotImplementedException(detail="this endpoint is not supported")
        raise NotFoundException(detail="there is nothing at this address")

    def answer(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stand for all methods; :meth:`initial` has answered already."""
        raise NotFoundException(detail="there is nothing at this address")


METHODS: dict[str, Any] = dict.fromkeys(("get", "post", "put", "patch", "delete"), "answer")
