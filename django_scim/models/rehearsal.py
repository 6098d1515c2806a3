"""What a connection in rehearsal would have done, and is answered as if it had."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from django_scim.models.connection import Connection


class RehearsedResource(models.Model):
    """One resource as a rehearsal has left it: nothing of the project has changed.

    ``document`` is what a GET of it answers, so that the next request that names it goes on from there. It is
    None for what was deleted, and for a resource that has too many members to be kept.
    """

    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.CASCADE, related_name="rehearsed"
    )
    resource_type = models.CharField(_("resource type"), max_length=100)
    identifier = models.CharField(_("id in SCIM"), max_length=400)
    display = models.CharField(_("resource"), max_length=255, blank=True)
    display_key = models.CharField(max_length=255, blank=True, editable=False)
    external_id = models.CharField(_("external id"), max_length=500, blank=True)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    document = models.JSONField(_("document"), null=True)
    is_made = models.BooleanField(_("created"), default=False)
    is_matched = models.BooleanField(_("matched"), default=False)
    is_changed = models.BooleanField(_("changed"), default=False)
    is_managed = models.BooleanField(default=False)
    """Whether the connection would manage a resource that there is."""
    was_active = models.BooleanField(_("active before"), null=True)
    """As it is in the project; None for a resource that was made."""
    is_active = models.BooleanField(_("active after"), default=True)
    is_deleted = models.BooleanField(_("deleted"), default=False)
    created = models.DateTimeField(_("created"), null=True)
    last_modified = models.DateTimeField(_("last modified"), null=True)
    revision = models.PositiveBigIntegerField(_("revision"), default=0)

    class Meta:
        verbose_name = _("rehearsed resource")
        verbose_name_plural = _("rehearsed resources")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "resource_type", "identifier"], name="scim_rehearsed_identifier"
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "display_key"], name="scim_rehearsed_display"),
            models.Index(fields=["connection", "digest"], name="scim_rehearsed_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_type} {self.display or self.identifier}"
