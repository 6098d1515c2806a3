"""What people have been told of connections, so that they are told once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_scim.models.connection import Connection


class SentNotification(models.Model):
    """One thing that people are told once, whichever process finds it first.

    A process claims the ``key``, which is unique, tells people, and then says so. If it dies in between, the
    next one takes the claim over.
    """

    key = models.CharField(_("key"), max_length=150, unique=True)
    """What is told, such as ``silent:4:2026-03-01T12:30:00+00:00``: one silence, and no later one."""
    connection = models.ForeignKey(
        Connection,
        verbose_name=_("connection"),
        on_delete=models.CASCADE,
        null=True,
        related_name="notifications",
    )
    claimed = models.DateTimeField(_("claimed"))
    told = models.DateTimeField(_("told"), null=True)
    """None while somebody is at it."""

    class Meta:
        verbose_name = _("sent notification")
        verbose_name_plural = _("sent notifications")
        ordering = ("-claimed", "-pk")

    def __str__(self) -> str:
        return self.key
