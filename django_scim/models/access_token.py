"""Bearer tokens (RFC 6750): shown once, and stored as a digest."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections, models, router
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from django_scim.models.connection import Connection
from django_scim.sql.prepared import Prepared, Slot
from django_scim.sql.values import column_of
from django_scim.token_format import PREFIX, make_token

logger = logging.getLogger("django_scim.request")

SHOWN_CHARACTERS = len(PREFIX) + 6
"""The characters of a token that are stored in clear, so that people can tell tokens apart."""

LAST_USE_RESOLUTION = timedelta(minutes=1)
"""The precision of ``last_used``: it is written at most once a minute, and not at each request."""

REFUSAL_RESOLUTION = timedelta(minutes=1)
"""The precision of ``refused_at``: however often a token is refused, it is written once a minute at most."""


class Scope(models.TextChoices):
    """What a token allows. ``write`` includes ``read``; neither includes the history."""

    READ = "read", pgettext_lazy("scope", "read")
    WRITE = "write", pgettext_lazy("scope", "read and write")
    HISTORY = "history", pgettext_lazy("scope", "read the history")


class RefusalReason(models.TextChoices):
    """Why a token was refused. Whoever sends it is told nothing of this."""

    REVOKED = "revoked", _("revoked")
    EXPIRED = "expired", _("expired")
    INACTIVE = "inactive", _("its connection was not active")
    NETWORK = "network", _("from outside of the source networks")
    SCOPE = "scope", _("without the scope that the request needs")


def read_and_write() -> list[str]:
    """Return the default scopes of a token: it may read and write all resources."""
    return [Scope.READ.value, Scope.WRITE.value]


def require_scopes(value: Any) -> None:
    """Check that a value is a list of scopes that allow something.

    The scopes of resource types are not checked here, but by forms and commands: see
    :mod:`django_scim.resources.registry`.

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

    A plain hash is enough: nobody can guess 256 random bits, so a salt or key stretching adds nothing.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class AccessTokenManager(models.Manager["AccessToken"]):
    """Issues tokens, and looks up the token of a request."""

    def issue(self, connection: Connection, **attributes: Any) -> tuple[AccessToken, str]:
        """Create a token for a connection.

        :param attributes: Further field values, such as ``scopes`` and ``expires``.
        :returns: The stored token, and the secret itself, which cannot be read again.
        """
        token = make_token()
        stored = self.create(
            connection=connection, digest=digest(token), hint=token[:SHOWN_CHARACTERS], **attributes
        )
        return stored, token

    def usable(self, token: str) -> AccessToken | None:
        """Return the stored token with its connection, or None if it may not be used now, in one query.

        It is read from the database that tokens are written to: on a replica that lags behind, a revoked
        token would still be valid for a while.
        """
        return self._usable(digest(token))

    def still_usable(self, token: AccessToken) -> AccessToken | None:
        """Return a token anew with its connection, or None if it may no longer be used."""
        return self._usable(token.digest)

    def with_digest(self, of_token: str) -> AccessToken | None:
        """Return a token with its connection, whether or not it may be used; None if there is none."""
        using = router.db_for_write(self.model)
        return self.using(using).select_related("connection").filter(digest=of_token).order_by().first()

    def _usable(self, of_token: str) -> AccessToken | None:
        statement = usable_token(router.db_for_write(self.model))
        # A digest is unique, so there is no second one.
        return next(statement.run(digest=of_token, now=timezone.now()), None)


@cache
def usable_token(using: str) -> Prepared[AccessToken]:
    """Return the statement that looks up the token of a request, which each request runs."""
    now = Slot("now", column_of(AccessToken, "expires"))
    rows = (
        AccessToken.objects.select_related("connection")
        .filter(Q(expires__isnull=True) | Q(expires__gt=now))
        .filter(revoked__isnull=True, connection__is_active=True)
        .filter(digest=Slot("digest", column_of(AccessToken, "digest")))
    )
    return Prepared(rows.order_by(), using)


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
    user_agent = models.CharField(_("client"), max_length=200, blank=True, editable=False)
    """What the client calls itself, as of the last use."""
    revoked = models.DateTimeField(_("revoked"), null=True, editable=False)
    refused_at = models.DateTimeField(_("last refused"), null=True, editable=False)
    refused_from = models.CharField(_("last refused from"), max_length=45, blank=True, editable=False)
    """The address of the client, or empty if it was not known."""
    refused_reason = models.CharField(
        _("last refused as"), max_length=20, choices=RefusalReason.choices, blank=True, editable=False
    )

    objects = AccessTokenManager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        ordering = ("-created", "-pk")

    def __str__(self) -> str:
        return f"{self.hint}…"

    @property
    def resource_scopes(self) -> set[str]:
        """The scopes of the resource types that the token is limited to. Empty if it is not limited."""
        return set(self.scopes) - set(Scope.values)

    def allows(self, scope: Scope, resource_scope: str | None = None) -> bool:
        """Whether the token has a scope.

        :param resource_scope: The scope of the resource type, or None if the request has no resource type.
        """
        has_scope = scope in self.scopes or (scope == Scope.READ and Scope.WRITE in self.scopes)
        limits = self.resource_scopes
        return has_scope and (not limits or resource_scope is None or resource_scope in limits)

    def revoke(self) -> None:
        """Revoke the token. A token that is already revoked keeps its time."""
        if self.revoked is None:
            self.revoked = timezone.now()
            self.save(update_fields=["revoked"])

    def note_use(self, at: datetime, user_agent: str = "") -> None:
        """Save the time of the last use, and what the client calls itself, at most once a minute.

        If the database refuses writes, the client may still read. But if the project has put the request in a
        transaction, that is broken, and the error is raised.
        """
        if self.last_used is not None and at - self.last_used < LAST_USE_RESOLUTION:
            return
        limit = column_of(type(self), "user_agent").max_length
        user_agent = "".join(filter(str.isprintable, user_agent))[:limit]
        rows = type(self).objects.using(router.db_for_write(type(self), instance=self))
        try:
            rows.filter(pk=self.pk).update(last_used=at, user_agent=user_agent)
        except DatabaseError as error:
            if connections[rows.db].in_atomic_block:
                raise
            logger.warning("the use of the token %s could not be noted: %s", self, error)
        else:
            self.last_used = at

    def reason_to_refuse(self, at: datetime) -> RefusalReason | None:
        """Return why no request may use the token at a time, or None if the token itself says nothing."""
        if self.revoked is not None:
            return RefusalReason.REVOKED
        if self.expires is not None and self.expires <= at:
            return RefusalReason.EXPIRED
        return None if self.connection.is_active else RefusalReason.INACTIVE

    def note_refusal(self, at: datetime, address: str, reason: RefusalReason) -> None:
        """Save that the token was refused, at most once a minute.

        The database decides whether a minute has passed, so that of requests at once one is noted.

        :raises DatabaseError: If the database refuses the write.
        """
        before = at - REFUSAL_RESOLUTION
        if self.refused_at is not None and self.refused_at > before:
            return
        rows = type(self).objects.using(router.db_for_write(type(self), instance=self)).filter(pk=self.pk)
        rows.filter(Q(refused_at__isnull=True) | Q(refused_at__lte=before)).update(
            refused_at=at, refused_from=address, refused_reason=reason
        )
