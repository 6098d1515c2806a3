"""Bearer tokens: shown once and stored as a digest (RFC 6750)."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections, models, router
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_scim.models.connection import Connection
from django_scim.token_format import PREFIX, make_token

logger = logging.getLogger("django_scim.request")

SHOWN_CHARACTERS = len(PREFIX) + 6
"""How much of a token is kept in clear, for people to tell tokens apart."""

LAST_USE_RESOLUTION = timedelta(minutes=1)
"""How exact ``last_used`` is: one write a minute at most, not one a request."""


class Scope(models.TextChoices):
    """What a token allows to do: ``write`` includes ``read``, and neither includes the history."""

    READ = "read", _("read")
    WRITE = "write", _("read and write")
    HISTORY = "history", _("read the history")


def read_and_write() -> list[str]:
    """Return the scopes of a token that nothing more is said of: all resources."""
    return [Scope.READ.value, Scope.WRITE.value]


def require_scopes(value: Any) -> None:
    """Check that a value is a list of scopes that allow something.

    Which resource types there are, forms and commands know: see :mod:`django_scim.resources.registry`.

    :raises ValidationError: If it is not.
    """
    if not isinstance(value, list) or not all(isinstance(scope, str) and scope for scope in value):
        raise ValidationError(_("Give a list of scopes."))
    if not set(value) & set(Scope.values):
        raise ValidationError(
            _("A token has to allow something: %(scopes)s."), params={"scopes": ", ".join(Scope.values)}
        )


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal.

    A plain hash is enough: 256 random bits cannot be guessed, so there is nothing for a salt or for
    key stretching to slow down.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class AccessTokenManager(models.Manager["AccessToken"]):
    """Issues tokens and finds the one that a request carries."""

    def issue(self, connection: Connection, **attributes: Any) -> tuple[AccessToken, str]:
        """Create a token for a connection.

        :param attributes: Further field values, such as ``scopes`` and ``expires``.
        :returns: The stored token, and the token itself, which cannot be read again.
        """
        token = make_token()
        stored = self.create(
            connection=connection, digest=digest(token), hint=token[:SHOWN_CHARACTERS], **attributes
        )
        return stored, token

    def usable(self, token: str) -> AccessToken | None:
        """Return the stored token if it may be used now, with its connection, in one query.

        It is read from the database that tokens are written to: on a replica that lags, one would be good
        for a while after its revocation.
        """
        return (
            self.using(router.db_for_write(self.model))
            .select_related("connection")
            .filter(Q(expires__isnull=True) | Q(expires__gt=timezone.now()))
            .filter(digest=digest(token), revoked__isnull=True, connection__is_active=True)
            .first()
        )


class AccessToken(models.Model):
    """A secret that an identity provider sends in the ``Authorization`` header.

    Two may be valid at once, so that one can be replaced without an interruption.
    """

    connection = models.ForeignKey(
        Connection, verbose_name=_("connection"), on_delete=models.CASCADE, related_name="tokens"
    )
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    hint = models.CharField(_("starts with"), max_length=SHOWN_CHARACTERS, editable=False)
    description = models.CharField(_("description"), max_length=200, blank=True)
    scopes = models.JSONField(_("scopes"), default=read_and_write, validators=[require_scopes])
    created = models.DateTimeField(_("created"), auto_now_add=True)
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = AccessTokenManager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        ordering = ("-created", "-pk")

    def __str__(self) -> str:
        return f"{self.hint}…"

    @property
    def resource_scopes(self) -> set[str]:
        """The scopes of the resource types that the token is limited to; empty if it is not limited."""
        return set(self.scopes) - set(Scope.values)

    def allows(self, scope: Scope, resource_scope: str | None = None) -> bool:
        """Whether the token may be used for what ``scope`` names.

        :param resource_scope: The scope of the resource type in question, or None for what is of no type.
        """
        has_scope = scope in self.scopes or (scope == Scope.READ and Scope.WRITE in self.scopes)
        limits = self.resource_scopes
        return has_scope and (not limits or resource_scope is None or resource_scope in limits)

    def revoke(self) -> None:
        """Refuse the token from now on; a token that is revoked already keeps its time."""
        if self.revoked is None:
            self.revoked = timezone.now()
            self.save(update_fields=["revoked"])

    def note_use(self, at: datetime) -> None:
        """Remember that the token was used, to the minute.

        A database that takes no writes for now does not keep the client from reading. A transaction that the
        project has the request in is lost as a whole.
        """
        if self.last_used is not None and at - self.last_used < LAST_USE_RESOLUTION:
            return
        rows = type(self).objects.using(router.db_for_write(type(self), instance=self))
        try:
            rows.filter(pk=self.pk).update(last_used=at)
        except DatabaseError as error:
            if connections[rows.db].in_atomic_block:
                raise
            logger.warning("the use of the token %s could not be noted: %s", self, error)
        else:
            self.last_used = at
