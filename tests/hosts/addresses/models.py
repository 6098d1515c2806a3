"""Phone numbers and the names of messengers, a row for each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

KINDS = [("work", "Work"), ("home", "Home"), ("mobile", "Mobile")]


class Phone(models.Model):
    """A number of a user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="phones")
    number = models.CharField(max_length=30)
    kind = models.CharField(max_length=20, blank=True, choices=KINDS)

    def __str__(self) -> str:
        return self.number


class Handle(models.Model):
    """The name of a user in a messenger, which nobody else has in any case of letters."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="handles")
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="unique_handle")]

    def __str__(self) -> str:
        return self.name
