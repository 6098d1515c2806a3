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
    external_id = models.CharField(_("external id"), max_length=500, blank=True)
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

    def __str__(self) -> str:
        return f"{self.resource_type} {self.display or self.identifier}"


class RehearsedName(models.Model):
    """A text that a request may name a rehearsed resource by: its ``id``, a name, an address.

    It is kept as a digest of its lower case, so that one index finds all of them on any database. Names and
    resources go with their connection. To cascade from one to the other, Django would read all documents
    before it deletes them.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    resource = models.ForeignKey(
        RehearsedResource, on_delete=models.DO_NOTHING, related_name="names", db_constraint=False
    )
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("rehearsed name")
        verbose_name_plural = _("rehearsed names")
        indexes = [models.Index(fields=["connection", "digest"], name="scim_rehearsed_name")]

    def __str__(self) -> str:
        return self.digest
