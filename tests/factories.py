"""Factories that arrange what a test starts from."""

from __future__ import annotations

import factory.django
from django.contrib.auth.models import Group, User
from factory.declarations import LazyAttribute, Sequence, SubFactory

from django_scim.models import Connection, EventCount


class ConnectionFactory(factory.django.DjangoModelFactory[Connection]):
    """An identity provider."""

    class Meta:
        model = Connection

    name = Sequence(lambda number: f"Identity provider {number}")


class UserFactory(factory.django.DjangoModelFactory[User]):
    """An account of the host project."""

    class Meta:
        model = User

    username = Sequence(lambda number: f"user{number}")
    email = LazyAttribute(lambda user: f"{user.username}@example.com")
    first_name = "Barbara"
    last_name = "Jensen"


class GroupFactory(factory.django.DjangoModelFactory[Group]):
    """A group of the host project."""

    class Meta:
        model = Group

    name = Sequence(lambda number: f"Group {number}")


class EventCountFactory(factory.django.DjangoModelFactory[EventCount]):
    """How many events of a kind there were in an hour."""

    class Meta:
        model = EventCount

    connection = SubFactory(ConnectionFactory)
    outcome = "success"
    status = 200
    duration = 10
    count = 1
