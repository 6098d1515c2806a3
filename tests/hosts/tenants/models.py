"""Organisations, and what belongs to each."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
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


class Member(AbstractBaseUser):
    """Somebody in an organisation; names are unique in it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    login = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    office = models.ForeignKey(Office, on_delete=models.SET_NULL, null=True)
    manager = models.ForeignKey("self", on_delete=models.SET_NULL, null=True)

    objects: ClassVar[BaseUserManager[Member]] = BaseUserManager()

    USERNAME_FIELD = "login"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "login"], name="login_in_organisation")
        ]

    def __str__(self) -> str:
        return self.login


class Team(models.Model):
    """Some people of an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    people = models.ManyToManyField(Member, related_name="teams")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="name_in_organisation")]

    def __str__(self) -> str:
        return self.name
