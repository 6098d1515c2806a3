"""What a refused token leaves at its connection.

It is written when the answer is out. So the answer takes the same time whether or not the database knows the
token, and a project that has each request in a transaction keeps the note although that is rolled back.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import NamedTuple

from django.db import Error
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from django_scim.api.transport import client_address
from django_scim.models import AccessToken
from django_scim.models.access_token import RefusalReason, digest
from django_scim.token_format import is_token

logger = logging.getLogger("django_scim.request")

KEPT = "_django_scim_refused_token"


class RefusedToken(NamedTuple):
    """A token that a request was refused for."""

    token: AccessToken | str
    """The stored token, or the digest of what was sent if only usable tokens have been looked up."""

    reason: RefusalReason | None
    """Why, unless the stored token says so itself."""

    at: datetime
    address: str


def remember(request: Request, token: AccessToken | str, reason: RefusalReason | None = None) -> None:
    """Keep with a request that its token is refused, for :func:`note_when_sent`.

    :param token: The stored token, or what was sent. What has not the form of a token is not kept.
    """
    if isinstance(token, str):
        if not is_token(token):
            return
        token = digest(token)
    # Without the zone of an IPv6 address (RFC 4007), in which a client behind a proxy can write anything.
    address = str(client_address(request) or "").partition("%")[0]
    setattr(request._request, KEPT, RefusedToken(token, reason, timezone.now(), address))


def note_when_sent(request: Request, response: HttpResponse) -> None:
    """Note the refused token of a request, if there is one, as soon as its response has been sent."""
    refused: RefusedToken | None = getattr(request._request, KEPT, None)
    if refused is not None:
        # Django's handler adds what is to be closed after a response in the same way.
        response._resource_closers.append(lambda: note(refused))  # type: ignore[attr-defined]


def note(refused: RefusedToken) -> None:
    """Note a refusal at its token, if there is such a token.

    A database that refuses the write, or is away, loses the note and nothing else. The log says so for those
    who debug alone: whoever has an old token could fill it otherwise.
    """
    token = refused.token
    try:
        stored = token if isinstance(token, AccessToken) else AccessToken.objects.with_digest(token)
        if stored is not None:
            reason = stored.reason_to_refuse(refused.at) or refused.reason
            if reason is not None:
                stored.note_refusal(refused.at, refused.address, reason)
    except Error as error:
        logger.debug("the refusal of a token could not be noted: %s", error)
