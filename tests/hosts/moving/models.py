"""The models as django-scim2 has left them: without its mixins, whose columns are the project's now."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models


class ScimColumns(models.Model):
    """What django-scim2 kept of each resource in the resource's own row."""

    scim_id = models.CharField(max_length=254, null=True, blank=True, default=None, unique=True)
    scim_external_id = models.CharField(  # noqa: DJ001
        max_length=254, null=True, blank=True, default=None, db_index=True
    )

    class Meta:
        abstract = True


class User(ScimColumns, AbstractUser):  # noqa: DJ008 - AbstractUser has it
    """An account. New ones get the ``id`` that this app makes up."""

    scim_username = models.CharField(max_length=254, null=True, blank=True, default=None, db_index=True)  # noqa: DJ001


class Team(ScimColumns):
    """A group. New ones get their ``id`` from the project, as they did: the primary key as text."""

    scim_display_name = models.CharField(max_length=254, unique=True)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    objects: ClassVar[models.Manager[Team]] = models.Manager()

    def __str__(self) -> str:
        return self.scim_display_name

    def save(self, **options: Any) -> None:
        """Set the ``id`` once the primary key is known."""
        is_new = self.pk is None
        super().save(**options)
        if is_new:
            self.scim_id = str(self.pk)
            type(self).objects.filter(pk=self.pk).update(scim_id=self.scim_id)


class Membership(models.Model):
    """That somebody is in a team."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    team = models.ForeignKey(Team, on_delete=models.CASCADE)

    objects: ClassVar[models.Manager[Membership]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
