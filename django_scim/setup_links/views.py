"""The page that a set-up link leads to: no login, no more than the set-up, and a token at most once.

A GET changes nothing but the time of the last opening: programs that preview the links in mails and chats
send one. A token is made by a POST alone.
"""

from __future__ import annotations

import logging
import re
from functools import partial
from math import ceil
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.encoding import escape_uri_path
from django.utils.log import log_response
from django.utils.translation import gettext as _
from django.views.decorators.common import no_append_slash
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import Throttled

from django_scim.api.errors import scim_error
from django_scim.api.throttling import FailedAuthentications
from django_scim.api.transport import is_private
from django_scim.history.redaction import REDACTED
from django_scim.models import SetupLink
from django_scim.setup_guides import documentation_url
from django_scim.setup_links.addresses import scim_base_url
from django_scim.setup_links.instructions import as_text, guide
from django_scim.setup_links.links import provider_of, take_token
from django_scim.setup_links.progress import progress, zoned
from django_scim.token_format import is_link

logger = logging.getLogger("django_scim.request")

LIKE_A_SECRET = re.compile(r"[\w-]{20,}")
"""A part of an address that may be the secret of a link, or most of one."""

HEADERS = {
    # The page may show a token, and its address is a secret.
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
}
"""The headers of each answer."""


@csrf_exempt  # No session and no cookie lets anybody in here: whoever can forge the request has the link.
@no_append_slash
@sensitive_variables()
def setup_page(request: HttpRequest, secret: str, **enclosing: Any) -> HttpResponse:
    """Answer a request for the page of a link.

    :param enclosing: What the route of the project captured around; it has no meaning here.
    """
    hide(request, secret)
    try:
        response = answer(request, secret)
    except Throttled as error:
        response = problem(request, 429, _("Too many requests"), _("Wait a minute, and open the link again."))
        response["Retry-After"] = str(ceil(getattr(error, "wait", None) or 1))
    except Exception as error:
        response = failure(request, error)
    for name, value in HEADERS.items():
        response[name] = value
    if response.status_code >= 400:
        # Before Django does it.
        level = "error" if response.status_code >= 500 else "info"
        path = escape_uri_path(request.path)
        log_response("%s: %s", response.reason_phrase, path, response=response, request=request, level=level)
    return response


def hide(request: HttpRequest, secret: str) -> None:
    """Take the secret out of the request, whose address Django, servers and reports of errors write down."""
    # A shorter one is none, and could be a part of anything, such as of the client's address.
    if LIKE_A_SECRET.fullmatch(secret):
        for name, value in request.META.items():
            if isinstance(value, str) and secret in value:
                request.META[name] = value.replace(secret, REDACTED)
    request.path = REDACTED.join(request.path.rsplit(secret, 1))
    request.path_info = REDACTED.join(request.path_info.rsplit(secret, 1))
    if request.resolver_match is not None:
        request.resolver_match.kwargs = {**request.resolver_match.kwargs, "secret": REDACTED}


@sensitive_variables()
def answer(request: HttpRequest, secret: str) -> HttpResponse:
    """Return the page of a link. All that is wrong with a link is one answer.

    :raises Throttled: If too many wrong links or tokens came from the same address.
    """
    if not is_private(request):
        text = _("This page is served by HTTPS alone. Ask whoever sent you the link for another one.")
        return problem(request, 403, _("Not by HTTP"), text)
    failures = FailedAuthentications(request)
    failures.require_within_rate(secret, has_form=is_link)
    link = SetupLink.objects.usable(secret) if is_link(secret) else None
    if link is None:
        failures.note_failure()
        text = _("The link is wrong, or it is no longer valid. Ask whoever sent it to you for another one.")
        return problem(request, 404, _("Nothing is here"), text)
    if request.method not in ("GET", "HEAD", "POST"):
        response = problem(request, 405, _("Not like this"), _("Open the link in a browser."))
        response["Allow"] = "GET, HEAD, POST"
        return response
    link.note_opening(timezone.now())
    if request.method == "POST":
        return take_token(link, partial(page, request, link))
    return page(request, link, None)


@sensitive_variables()
def page(request: HttpRequest, link: SetupLink, token: str | None) -> HttpResponse:
    """Return the page of a link that is valid.

    :param token: The token that is shown now, or None.
    """
    if request.method == "POST" and token is None:
        # Another request may have been first.
        link.refresh_from_db(using=link._state.db, fields=["token_shown"])
    provider, base_url = provider_of(link), scim_base_url(request, link.connection)
    found = progress(link.connection)
    context = {
        "provider": provider,
        "guide": guide(provider, base_url),
        "guide_url": documentation_url(provider.guide),
        "text": as_text(provider, base_url),
        "base_url": base_url,
        "link": link,
        "expires": zoned(link.expires),
        "token": token,
        "token_shown": zoned(link.token_shown),
        "progress": found,
        "is_done": all(step.is_done for step in found),
    }
    return render(request, "django_scim/setup/page.html", context)


def problem(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """Return a page that says what is wrong, and nothing of any connection."""
    context = {"title": title, "text": text}
    return render(request, "django_scim/setup/problem.html", context, status=status)


def failure(request: HttpRequest, error: Exception) -> HttpResponse:
    """Log an exception, and return a page that tells nothing of it."""
    known = scim_error(error)
    if known is not None and known.status == 503:
        logger.warning("A set-up page could not be shown: %s", error)
        text = _("The page cannot be shown for now. Try again in a minute.")
        response = problem(request, 503, _("Not now"), text)
        response["Retry-After"] = "1"
        return response
    logger.error("%s %s failed", request.method, escape_uri_path(request.path), exc_info=error)
    got_request_exception.send(sender=None, request=request)
    text = _("The page cannot be shown. Tell whoever sent you the link.")
    return problem(request, 500, _("Something is broken"), text)
