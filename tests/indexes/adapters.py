"""A resource type whose table has not been made yet."""

from __future__ import annotations

from django.db import models

from django_scim.adapters.adapter import Adapter
from django_scim.schema.types import Group


class Ghost(models.Model):
    """A row of a table that there is not."""

    name = models.CharField(max_length=50, unique=True)

    class Meta:
        app_label = "small"
        managed = False
        db_table = "ghost"

    def __str__(self) -> str:
        return self.name


class GhostAdapter(Adapter):
    """Looked up by a column that there is not."""

    resource = Group
    model = Ghost
    name = "Ghost"
    endpoint = "/Ghosts"
    attributes = {"displayName": "name"}
