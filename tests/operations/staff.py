"""Hosts that serve some of their users, whom they find by more than a condition."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet

from django_scim.adapters.users import UserAdapter
from django_scim.models import Connection


class JoinedAdapter(UserAdapter):
    """Users who are in a group; one of two groups is found twice."""

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Join the groups."""
        return User.objects.filter(groups__isnull=False)


class DistinctAdapter(JoinedAdapter):
    """The same users, each once."""

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Join the groups, and leave out what is found twice."""
        return super().get_queryset(connection).distinct()


class CountedAdapter(UserAdapter):
    """Users who are in two groups at least."""

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Count the groups."""
        return User.objects.annotate(number=Count("groups")).filter(number__gte=2)


class UnitedAdapter(UserAdapter):
    """Users who are in a group, and those who are staff."""

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Unite two conditions."""
        rows = User.objects.filter(groups__isnull=False)
        return rows.distinct() | User.objects.filter(is_staff=True).distinct()


class RelatedAdapter(UserAdapter):
    """Users with a row beside them, that may be missing."""

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Join the token that a user may have."""
        return User.objects.select_related("auth_token").order_by("-date_joined")
