"""HTTPS: tokens and personal data must not cross a network in clear (RFC 7644 sections 7.2 and 7.4)."""

from __future__ import annotations

import logging

from django.conf import settings
from rest_framework.request import Request
from scim2_models import ForbiddenException

from django_scim.conf import get_settings

logger = logging.getLogger("django_scim.request")


def require_https(request: Request) -> None:
    """Refuse a request that came without TLS, as Django tells it, unless that is allowed.

    Call it before anything looks at the token.

    :raises ForbiddenException: If it did. There is no redirect: the next token would come in clear too.
    """
    if request.is_secure() or settings.DEBUG or get_settings().ALLOW_HTTP:
        return
    logger.warning(
        "A request came by HTTP and was refused. If a proxy ends TLS, set SECURE_PROXY_SSL_HEADER as it does."
    )
    raise ForbiddenException(
        detail="requests have to come by HTTPS; replace a token that was sent without it"
    )
