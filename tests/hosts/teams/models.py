"""Teams, which hold people with a role and other teams, and squads, which hold people alone."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Team(models.Model):
    """Some people, and other teams."""

    name = models.CharField(max_length=100, unique=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="teams")
    subteams = models.ManyToManyField("self", symmetrical=False, related_name="parents", blank=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Somebody in a team, as something."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"


class Squad(models.Model):
    """Some people, by a foreign key of a model in between."""

    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """Somebody in a squad."""

    squad = models.ForeignKey(Squad, on_delete=models.CASCADE, related_name="seats")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"{self.person} in {self.squad}"
