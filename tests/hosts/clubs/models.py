"""Organisations, the accounts that belong to them, and their teams."""

from __future__ import annotations

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

    organisations = models.ManyToManyField(Organisation, related_name="accounts")
    office = models.ForeignKey(Office, on_delete=models.SET_NULL, null=True, blank=True)
    manager = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True)


class Team(models.Model):
    """Some people of an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    people = models.ManyToManyField(Account, related_name="teams")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="team_of_organisation")]

    def __str__(self) -> str:
        return self.name
