"""Accounts with a role, and teams of them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Account(AbstractBaseUser):
    """Somebody who signs in. An owner may do everything; nothing of ``django.contrib.auth`` says so."""

    login = models.CharField(max_length=100, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20, default="member")
    is_active = models.BooleanField(default=True)

    objects: ClassVar[BaseUserManager[Account]] = BaseUserManager()

    USERNAME_FIELD = "login"

    def __str__(self) -> str:
        return self.login


class Team(models.Model):
    """Some accounts."""

    name = models.CharField(max_length=100, unique=True)
    members = models.ManyToManyField(Account, related_name="teams", blank=True)

    def __str__(self) -> str:
        return self.name
