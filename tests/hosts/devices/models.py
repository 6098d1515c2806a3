"""Devices."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Device(models.Model):
    """A computer that somebody may have."""

    serial = models.CharField(max_length=50, unique=True)
    label = models.CharField(max_length=100, blank=True)
    cores = models.PositiveIntegerField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)

    def __str__(self) -> str:
        return self.serial
