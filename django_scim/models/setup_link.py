"""Links to the set-up of a connection, for people without a login: shown once, and stored as a digest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_scim.models.access_token import AccessToken, digest
from django_scim.models.connection import Connection
from django_scim.token_format import LINK_PREFIX, make_link

SHOWN_CHARACTERS = len(LINK_PREFIX) + 6
"""The characters of a link that are stored in clear, so that people can tell links apart."""

OPENING_RESOLUTION = timedelta(minutes=1)
"""The precision of ``last_opened``: the page asks for news every few seconds."""


class SetupLinkManager(models.Manager["SetupLink"]):
    """Makes links, and looks up the link of a request."""

    def issue(self, connection: Connection, **attributes: Any) -> tuple[SetupLink, str]:
        """Make a link for a connection.

        :param attributes: Further field values; ``expires`` has to be among them.
        :returns: The stored link, and its secret, which cannot be read again.
        """
        secret = make_link()
        stored = self.create(
            connection=connection, digest=digest(secret), hint=secret[:SHOWN_CHARACTERS], **attributes
        )
        return stored, secret

    def usable(self, secret: str) -> SetupLink | None:
        """Return the link of a secret with its connection, or None if it leads nowhere now, in one query.

        It is read from the database that links are written to: on a replica that lags behind, a revoked link
        would still be valid for a while.
        """
        rows = self.using(router.db_for_write(self.model)).select_related("connection", "token")
        return rows.filter(
            digest=digest(secret), revoked=None, expires__gt=timezone.now(), connection__is_active=True
        ).first()


class SetupLink(models.Model):
    """A link that shows somebody without a login what to fill in at an identity provider, for some days.

    If ``may_show_token`` is on, whoever opens it may have a token made and shown, once. ``created_by`` and
    ``created_by_key`` are the name and the primary key of who has made the link, as text: the project may
    have any user model, and the link stays when the account is deleted. Both are empty if it was made on the
    command line.
    """

    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.CASCADE, related_name="setup_links"
    )
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    hint = models.CharField(_("starts with"), max_length=SHOWN_CHARACTERS, editable=False)
    description = models.CharField(_("for whom"), max_length=200, blank=True)
    provider = models.CharField(_("identity provider"), max_length=50)
    """The slug of a provider of :mod:`django_scim.setup_guides`."""
    may_show_token = models.BooleanField(_("may show a token"), default=False)
    token_days = models.PositiveSmallIntegerField(_("days the token is valid"), null=True, blank=True)
    """Counted from the moment at which it is shown; None for a token without an end."""
    token = models.ForeignKey(
        AccessToken,
        verbose_name=_("token"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    token_shown = models.DateTimeField(_("token shown"), null=True, editable=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.CharField(_("created by"), max_length=255, blank=True, editable=False)
    created_by_key = models.CharField(max_length=255, blank=True, editable=False)
    expires = models.DateTimeField(_("expires"))
    last_opened = models.DateTimeField(_("last opened"), null=True, editable=False)
    revoked = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = SetupLinkManager()

    class Meta:
        verbose_name = _("set-up link")
        verbose_name_plural = _("set-up links")
        ordering = ("-created", "-pk")
        indexes = [models.Index(fields=["expires"], name="scim_setup_link_expires")]

    def __str__(self) -> str:
        return f"{self.hint}…"

    @property
    def is_open(self) -> bool:
        """Whether the link is neither revoked nor expired."""
        return self.revoked is None and self.expires > timezone.now()

    def revoke(self) -> None:
        """Revoke the link. One that is already revoked keeps its time."""
        if self.revoked is None:
            self.revoked = timezone.now()
            self.save(update_fields=["revoked"])

    def note_opening(self, at: datetime) -> None:
        """Save when the link was last opened, at most once a minute."""
        if self.last_opened is not None and at - self.last_opened < OPENING_RESOLUTION:
            return
        rows = type(self).objects.using(router.db_for_write(type(self), instance=self))
        rows.filter(pk=self.pk).update(last_opened=at)
        self.last_opened = at
