"""Profiles and departments."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Department(models.Model):
    """Where people work."""

    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


class Profile(models.Model):
    """What the project keeps of a user beside the user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    title = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=10, blank=True, choices=[("en", "English"), ("fr", "French")])
    phone = models.CharField(max_length=50, blank=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="reports",
    )

    def __str__(self) -> str:
        return str(self.user)
