"""A profile beside the user, with a manager."""

from django.conf import settings
from django.db import models


class Department(models.Model):
    """Where people work."""

    name = models.CharField(max_length=100, unique=True)


class Profile(models.Model):
    """What the project knows of a user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    title = models.CharField(max_length=100, blank=True)
    number = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=1, blank=True)
    language = models.CharField(max_length=20, blank=True)
    badge = models.CharField(max_length=20, blank=True)
    department = models.ForeignKey(Department, on_delete=models.SET_NULL, null=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="reports"
    )
