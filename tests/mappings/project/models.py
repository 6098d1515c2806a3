"""What the project keeps beside the stock user."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import CASCADE, SET_NULL


class Profile(models.Model):
    """What belongs to one user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=CASCADE)
    title = models.CharField(max_length=50, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=SET_NULL, null=True, related_name="reports"
    )

    def __str__(self) -> str:
        return self.title


class Address(models.Model):
    """An email address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=CASCADE, related_name="addresses")
    email = models.EmailField()
    is_primary = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.email


class Guest(models.Model):
    """Somebody who is in a group for a while."""

    group = models.ForeignKey(Group, on_delete=CASCADE, related_name="guests")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.person}"
