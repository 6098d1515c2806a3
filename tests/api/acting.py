"""How a host lets people act for themselves: what the settings of tests name."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from django_scim.adapters.users import UserAdapter
from django_scim.models import Connection


class OwnAccount(BaseAuthentication):
    """Takes the name of an account for the proof, as a token of an OAuth 2 server would be one.

    What people do to themselves goes through the connection of that name.
    """

    def authenticate(self, request: Request) -> tuple[User, Connection] | None:
        """Return the account that a header names."""
        name = request.headers.get("X-Account")
        if name is None:
            return None
        connection, _ = Connection.objects.get_or_create(name="Self-service")
        return User.objects.get(username=name), connection

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge."""
        return 'Account realm="tests"'


def oldest_group(request: Request) -> Group | None:
    """Return the group that a client stands for, which is no account."""
    return Group.objects.order_by("pk").first()


def nothing(request: Request) -> Any:
    """Return what no adapter knows."""
    return Connection.objects.first()


class StaffAdapter(UserAdapter):
    """Shows the staff alone."""

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Return the staff."""
        return super().get_queryset(connection).filter(is_staff=True)
