"""Whether the app answers at the public address, and nothing else in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

from django.conf import settings
from django.http.request import validate_host

from django_scim.doctor.findings import Finding, failure, fine, note
from django_scim.doctor.http import Answer, Http, Unreachable

DISCOVERY = "/ServiceProviderConfig"
"""What everybody may read without a token (RFC 7644 section 4)."""

LOGIN = re.compile(r"log-?in|sign-?in|/auth|sso|saml|oauth|accounts", re.IGNORECASE)
"""What addresses of login pages have in them."""

MOST_CLOCK_DIFFERENCE = timedelta(seconds=60)

PROXY_HEADER = (
    "Let the proxy set X-Forwarded-Proto (and take away the one that clients send), and the settings "
    'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https").'
)

EXEMPT = "Exempt the path of SCIM from it: identity providers send a token, and follow no redirects."


def reach(http: Http, base: str) -> Iterator[Finding]:
    """Look at the answer that anybody gets."""
    url = base + DISCOVERY
    try:
        answer = http.send("GET", url)
    except Unreachable as error:
        yield failure(error.topic, error.text, error.remedy)
        return
    if 300 <= answer.status < 400:
        yield redirected(url, answer)
        return
    if not (answer.status == 200 and answer.is_scim):
        yield refused(url, answer)
        return
    is_https = base.startswith("https:")
    yield fine("reach", f"The app answers at {base}{', with a trusted certificate' if is_https else ''}.")
    yield from named(base, answer)
    yield from clock(answer)
    yield from with_slash(http, url)
    if is_https and urlsplit(base).port in (None, 443):
        yield from without_tls(http, url)


def redirected(url: str, answer: Answer) -> Finding:
    """Return what a redirect says: clients of SCIM do not follow it, or lose the body of what they send."""
    target = urljoin(url, answer.headers.get("Location", ""))
    before, after = urlsplit(url), urlsplit(target)
    is_same_place = (before.hostname, before.path) == (after.hostname, after.path)
    what = f"It redirects to {target}"
    if target == url:
        return failure(
            "proxy header",
            f"{what}, the same address, without end: Django takes each request for one without TLS.",
            PROXY_HEADER,
        )
    if is_same_place and after.scheme == "https":
        return failure(
            "redirects",
            f"{what}.",
            "Give identity providers the address with https: they follow no redirects.",
        )
    if is_same_place and after.scheme == "http":
        return failure(
            "redirects", f"{what}, without TLS.", "Take that rule out of the proxy. " + PROXY_HEADER
        )
    if before.path.rstrip("/") == after.path.rstrip("/") and before.hostname == after.hostname:
        return slashed(target)
    if LOGIN.search(after.path + (after.hostname or "")):
        return failure("login", f"{what}, a login page.", EXEMPT)
    return failure(
        "redirects", f"{what}.", f"Give identity providers that address, or take the rule away. {EXEMPT}"
    )


def slashed(target: str) -> Finding:
    """Return that a redirect changes the slash at the end alone."""
    return failure(
        "redirects",
        f"It redirects to {target}: what is written is lost at a redirect for the slash at the end.",
        "Take the rule of the proxy or the middleware away for this path: the app takes addresses with a "
        "slash and without.",
    )


def refused(url: str, answer: Answer) -> Finding:
    """Return what an answer means that is not the one of the app, or a refusal of it."""
    said = f"It is answered {answer.status}: {answer.detail}."
    is_https = url.startswith("https:")
    if answer.status == 403 and answer.is_scim:
        if is_https:
            return failure(
                "proxy header", f"{said} The request came by HTTPS, which Django does not know.", PROXY_HEADER
            )
        return failure(
            "TLS", said, "Give the address with https: without TLS, tokens could be read on the way."
        )
    if answer.status == 400 and not is_allowed(urlsplit(url).hostname or ""):
        return failure(
            "ALLOWED_HOSTS",
            f"{said} ALLOWED_HOSTS has no {urlsplit(url).hostname}.",
            "Add this host name to ALLOWED_HOSTS, and restart the server.",
        )
    if answer.status in (502, 503, 504) and not answer.is_scim:
        return failure(
            "reach", f"{said} The proxy does not reach the app.", "Look whether the app runs, and in its log."
        )
    if answer.status >= 500:
        return failure("reach", said, "Look in the log of the app, where the error is.")
    if answer.status == 404:
        return failure(
            "URLs",
            f"{said} SCIM is not there.",
            'Include "django_scim.urls" in the routes that this host serves, restart the server, and let the '
            "proxy pass the whole path.",
        )
    if answer.status == 429:
        return failure("rate", said, "Wait a minute, and run the command again.")
    if answer.status in (401, 403, 405, 406):
        return failure(
            "firewall",
            f"{said} Something in front of the app refuses.",
            f"Look for a firewall or a login. {EXEMPT}",
        )
    if answer.status == 200:
        return failure(
            "login", f"{said} Another page is there, such as a login or a single-page app.", EXEMPT
        )
    return failure("reach", said, "Look in the log of the proxy, and of the app.")


def is_allowed(host: str) -> bool:
    """Whether the settings allow a host name, as Django looks at it."""
    allowed = settings.ALLOWED_HOSTS
    if settings.DEBUG and not allowed:
        allowed = [".localhost", "127.0.0.1", "[::1]"]
    return validate_host(host, allowed)


def named(base: str, answer: Answer) -> Iterator[Finding]:
    """Compare the address that the app believes it has with the one that was asked."""
    meta = (answer.json or {}).get("meta")
    location = meta.get("location", "") if isinstance(meta, dict) else ""
    asked, said = urlsplit(base + DISCOVERY), urlsplit(str(location))
    if not said.scheme or said == asked:
        yield fine("addresses", "The app knows its address: the locations of resources lead there.")
    elif said.scheme != asked.scheme:
        yield failure("proxy header", f"The app gives addresses such as {location}.", PROXY_HEADER)
    elif said.netloc.lower() != asked.netloc.lower():
        yield failure(
            "addresses",
            f"The app gives addresses such as {location}, where nobody may find it.",
            "Let the proxy pass the Host header (nginx: proxy_set_header Host $host; Apache: "
            "ProxyPreserveHost On), or X-Forwarded-Host with USE_X_FORWARDED_HOST.",
        )
    elif said.path != asked.path:
        yield failure(
            "addresses",
            f"The app gives addresses such as {location}: the proxy has changed the path.",
            "Let the proxy pass the whole path, or set FORCE_SCRIPT_NAME to what it takes away.",
        )


def clock(answer: Answer) -> Iterator[Finding]:
    """Compare the clock of the server with that of this machine, by the ``Date`` header."""
    try:
        date = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return
    difference = abs(datetime.now(UTC) - (date if date.tzinfo else date.replace(tzinfo=UTC)))
    if difference > MOST_CLOCK_DIFFERENCE:
        yield note(
            "clock",
            f"The clock of the server differs from the one here by {difference.total_seconds():.0f} seconds: "
            "tokens and cursors end too early or too late.",
            "Let both machines set their clocks by NTP.",
        )
    else:
        yield fine("clock", "The clock of the server is right.")


def with_slash(http: Http, url: str) -> Iterator[Finding]:
    """Look whether a slash at the end leads elsewhere, as some identity providers send one."""
    try:
        answer = http.send("GET", url + "/")
    except Unreachable as error:
        yield failure(error.topic, error.text, error.remedy)
        return
    if 300 <= answer.status < 400:
        yield slashed(urljoin(url, answer.headers.get("Location", "")))
    else:
        yield fine("redirects", "Nothing redirects, with a slash at the end or without.")


def without_tls(http: Http, url: str) -> Iterator[Finding]:
    """Look whether the same is answered without TLS."""
    parts = urlsplit(url)
    plain = urlunsplit(("http", parts.netloc.removesuffix(":443"), parts.path, "", ""))
    try:
        answer = http.send("GET", plain)
    except Unreachable:
        yield fine("TLS", "Without TLS, nothing is answered.")
        return
    if answer.status == 200 and answer.is_scim:
        yield note(
            "TLS",
            f"{plain} is answered too: a token that is sent there can be read on the way.",
            "Redirect HTTP to HTTPS in the proxy, and leave ALLOW_HTTP and DEBUG off.",
        )
    else:
        yield fine("TLS", "Without TLS, the app does not answer.")
