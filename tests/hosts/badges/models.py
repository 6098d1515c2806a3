"""Badges."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Badge(models.Model):
    """The badge of a user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    number = models.PositiveIntegerField(unique=True)

    def __str__(self) -> str:
        return str(self.number)
