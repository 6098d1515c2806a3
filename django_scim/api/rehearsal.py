"""Has the requests of a connection in rehearsal answered as if they worked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import SCIMException

from django_scim.api.views import ProtectedView
from django_scim.rehearsal.naming import named_in
from django_scim.rehearsal.running import rehearse

View = TypeVar("View", bound=ProtectedView)
Parameters = ParamSpec("Parameters")


def rehearsable(
    handler: Callable[Concatenate[View, Request, Parameters], Response],
) -> Callable[Concatenate[View, Request, Parameters], Response]:
    """Have a handler of a view rehearsed, if its connection is in rehearsal."""

    @wraps(handler)
    def run(view: View, request: Request, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Response:
        if view.connection.rehearsal_since is None:
            return handler(view, request, *args, **kwargs)
        return rehearse(
            lambda: handler(view, request, *args, **kwargs),
            view.caller,
            named_in(*view.kwargs.values(), *request.query_params.values(), body_of(view)),
            view.rehearsed,
        )

    return run


def body_of(view: ProtectedView) -> Any:
    """Return the body of a request, or None if it has none. The handler says what is wrong with it."""
    with suppress(SCIMException, APIException):
        return view.body
    return None
