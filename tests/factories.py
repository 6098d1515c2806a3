"""Factories that arrange what a test starts from."""

from __future__ import annotations

from typing import TypeVar

import factory.django
from django.contrib.auth.models import Group, User
from django.db.models import Model
from factory.declarations import LazyAttribute, Sequence, SubFactory

from django_scim.models import Connection, EventCount, ProvisioningEvent, Record
from django_scim.resources.registry import registry


class ConnectionFactory(factory.django.DjangoModelFactory[Connection]):
    """An identity provider."""

    class Meta:
        model = Connection

    name = Sequence(lambda number: f"Identity provider {number}")
    adoption = "all"
    """Most tests arrange what a request is about by hand."""


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


RowOfHost = TypeVar("RowOfHost", bound=Model)


def managed(connection: Connection, row: RowOfHost) -> RowOfHost:
    """Let a connection manage the resource of a row, as if it had made it; return the row."""
    resource_type = next(each for each in registry() if isinstance(row, each.model))
    key = {"resource_type": resource_type.name, resource_type.record_key: row.pk}
    Record.objects.update_or_create(defaults={"managed_by": connection}, **key)
    return row


class EventFactory(factory.django.DjangoModelFactory[ProvisioningEvent]):
    """An event of the history."""

    class Meta:
        model = ProvisioningEvent

    connection = SubFactory(ConnectionFactory)
    operation = "create"
    resource_type = "User"
    outcome = "success"
    status = 201
    duration = 10


class EventCountFactory(factory.django.DjangoModelFactory[EventCount]):
    """How many events of a kind there were in an hour."""

    class Meta:
        model = EventCount

    connection = SubFactory(ConnectionFactory)
    outcome = "success"
    status = 200
    duration = 10
    count = 1
