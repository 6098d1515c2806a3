"""The rows that the requests find: made anew for each batch, so that each batch can be repeated alone."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models import Model

from django_scim.models import AccessToken, Connection
from django_scim.resources.registry import registry
from tests.hosts.small.models import Device, Legacy

ACCOUNTS = 8
TEAMS = 4

CLIENTS = ("writer", "other", "reader", "users", "nobody", "stranger")
"""Who asks: two connections, each also with a token that may do less, nobody, and a wrong token."""


class Population:
    """The rows of one batch, and the tokens of those who ask."""

    def __init__(self) -> None:
        call_command("flush", interactive=False, verbosity=0)
        self.tokens = {"nobody": None, "stranger": "wrong", **self.issued()}
        accounts = [
            User(username=f"user{number}", email=f"user{number}@example.com", first_name="Barbara")
            for number in range(ACCOUNTS)
        ]
        accounts[-1].is_superuser = True
        User.objects.bulk_create(accounts)
        Group.objects.bulk_create([Group(name=f"Team {number}") for number in range(TEAMS)])
        Device.objects.bulk_create([Device(id=UUID(int=n), name=f"d{n}") for n in range(1, 3)])
        Legacy.objects.bulk_create([Legacy(name=f"l{n}", number=n) for n in range(2)])
        # Read again: not every database tells the keys of the rows that it has made.
        self.accounts: list[Model] = list(User.objects.order_by("pk"))
        self.teams: list[Model] = list(Group.objects.order_by("pk"))
        self.devices: list[Model] = list(Device.objects.order_by("pk"))
        self.legacies: list[Model] = list(Legacy.objects.order_by("pk"))
        for size, team in enumerate(Group.objects.order_by("pk")):
            team.user_set.set(User.objects.order_by("pk")[: size * 2])

    def issued(self) -> dict[str, str]:
        """Return a token of each client that has one, by the name of the client."""
        # They adopt whatever they write, so that requests get as far as they can.
        names = ("Identity provider 0", "Identity provider 1")
        first, second = (Connection.objects.create(name=name, adoption="all") for name in names)
        scopes = {
            "writer": (first, ["read", "write"]),
            "other": (second, ["read", "write"]),
            "reader": (first, ["read"]),
            "users": (second, ["read", "write", "users"]),
        }
        return {
            name: AccessToken.objects.issue(connection, scopes=allowed)[1]
            for name, (connection, allowed) in scopes.items()
        }

    def identifiers(self) -> dict[str, str]:
        """Return what stands for the names that requests have for rows, such as ``<user3>``."""
        found: dict[str, str] = {}
        for name, rows in (
            ("user", self.accounts),
            ("group", self.teams),
            ("device", self.devices),
            ("legacy", self.legacies),
        ):
            adapter = next(adapter for adapter in registry() if isinstance(rows[0], adapter.model))
            found |= {f"<{name}{number}>": adapter.identifier(row) for number, row in enumerate(rows)}
        return found
