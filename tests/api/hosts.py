"""What a host project plugs in: classes that the settings of tests name."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from django_scim.models import Connection


class TwoRequests(UserRateThrottle):
    """Lets each connection send two requests a minute."""

    rate = "2/min"


class Broken(BasePermission):
    """Fails as only a bug does."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raise what nobody foresaw."""
        raise ZeroDivisionError("the password of the database is swordfish")


class ReadOnlyOnSundays(BasePermission):
    """Refuses with a reason of its own."""

    message = "this project is read-only on Sundays"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse."""
        return False


class NamedConnection(BaseAuthentication):
    """Takes the name of the connection for the proof, as a gateway in front of the project might."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the connection that a header names."""
        name = request.headers.get("X-Connection")
        if name is None:
            return None
        connection = Connection.objects.filter(name=name).first()
        if connection is None:
            raise AuthenticationFailed("the gateway sent an unknown name")
        return object(), connection

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge."""
        return 'Gateway realm="tests"'


class Stranger(BaseAuthentication):
    """Knows who asks, but of no connection."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return somebody."""
        return object(), None
