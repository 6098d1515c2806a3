"""Phone numbers, a row for each."""

from __future__ import annotations

from django.conf import settings
from django.db import models

KINDS = [("work", "Work"), ("home", "Home"), ("mobile", "Mobile")]


class Phone(models.Model):
    """A number of a user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="phones")
    number = models.CharField(max_length=30)
    kind = models.CharField(max_length=20, blank=True, choices=KINDS)

    def __str__(self) -> str:
        return self.number
