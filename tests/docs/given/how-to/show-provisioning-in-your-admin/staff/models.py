"""An app of the project, with people beside the users."""

from django.db import models


class Person(models.Model):
    """Somebody whom an adapter of the project might serve."""

    name = models.CharField(max_length=100)
