"""Organisations, the memberships of accounts in them, and what belongs to each."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


class Organisation(models.Model):
    """A customer."""

    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Office(models.Model):
    """Where people of an organisation work."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Account(AbstractUser):
    """Somebody who signs in, whatever organisations they are in."""


class Membership(models.Model):
    """An account in an organisation."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    role = models.CharField(max_length=100, default="member")
    is_active = models.BooleanField(default=True)
    office = models.ForeignKey(Office, on_delete=models.SET_NULL, null=True)
    manager = models.ForeignKey("self", on_delete=models.SET_NULL, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="once_in_organisation")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}"


class Place(models.Model):
    """An account in an organisation, as long as there is this row."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="places")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="place_in_organisation")]

    def __str__(self) -> str:
        return f"{self.user} at {self.organisation}"


class Team(models.Model):
    """Some people of an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    people = models.ManyToManyField(Membership, related_name="teams")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="team_in_organisation")]

    def __str__(self) -> str:
        return self.name


class Arrival(models.Model):
    """What the project has been told of accounts that come and go."""

    username = models.CharField(max_length=150)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    is_departure = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.username
