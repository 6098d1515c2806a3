"""A profile beside the user."""

from django.conf import settings
from django.db import models


class Profile(models.Model):
    """What the project knows of a user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    number = models.CharField(max_length=20, blank=True)
