"""What a refused token has left at its connection, in words, and what to do about it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from django_scim.history.statistics import time_text
from django_scim.models import AccessToken
from django_scim.models.access_token import RefusalReason


def refusal_text(token: AccessToken) -> str:
    """Return when a token was refused last, from where and why, or an empty text if it never was."""
    if token.refused_at is None:
        return ""
    return _("refused: last at %(date)s from %(address)s, %(reason)s") % words(token)


def warning_text(token: AccessToken) -> str:
    """Return that a token is still sent, and what to do about it."""
    said = _("A refused token is still sent: %(token)s, %(reason)s; last at %(date)s from %(address)s.")
    return f"{said % words(token)} {remedy(token)}"


def words(token: AccessToken) -> dict[str, str]:
    """Return the words of the texts about a token that was refused."""
    return {
        "token": str(token),
        "date": "" if token.refused_at is None else time_text(token.refused_at),
        "address": token.refused_from or _("an unknown address"),
        "reason": reason_text(token),
    }


def reason_text(token: AccessToken) -> str:
    """Return why a token was refused last."""
    if token.refused_reason == RefusalReason.REVOKED and token.revoked is not None:
        return _("revoked on %(date)s") % {"date": time_text(token.revoked)}
    if token.refused_reason == RefusalReason.EXPIRED and token.expires is not None:
        return _("expired on %(date)s") % {"date": time_text(token.expires)}
    return str(token.get_refused_reason_display())


def remedy(token: AccessToken) -> str:
    """Return what to do about a token that was refused, or an empty text if it never was."""
    match token.refused_reason:
        case RefusalReason.REVOKED | RefusalReason.EXPIRED:
            return _("Enter a usable token at the identity provider.")
        case RefusalReason.INACTIVE:
            return _("Make the connection active, or stop provisioning at the identity provider.")
        case RefusalReason.NETWORK:
            return _(
                "If the address is the identity provider's, add it to the source networks; if it is not, "
                "replace the token."
            )
        case RefusalReason.SCOPE:
            return _("Give the identity provider a token with the scopes that it needs.")
    return ""
