"""The sessions of an account. Django itself can find the account of a session, but not the reverse."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LoginSession(models.Model):
    """A session in which somebody has signed in.

    ``user_key`` is the text of the account's primary key that the session itself contains. So the host's user
    model has no relation to this model, and may have a key of any type. See
    :mod:`django_scim.deprovisioning.sessions`.
    """

    user_key = models.CharField(_("user key"), max_length=255)
    session_key = models.CharField(_("session key"), max_length=255, unique=True)
    time = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("login session")
        verbose_name_plural = _("login sessions")
        indexes = [models.Index(fields=["user_key", "time"], name="scim_login_session_user")]

    def __str__(self) -> str:
        return f"{self.user_key} {self.time:%Y-%m-%d %H:%M}"
