"""Requests with a token: what a proxy or a firewall lets through, and whether processes count together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

from django_scim.api.throttling import ConnectionThrottle, Counter, rate_of, shared_cache
from django_scim.conf import get_settings
from django_scim.doctor.findings import Finding, failure, fine, note
from django_scim.doctor.http import Answer, Http, Unreachable
from django_scim.doctor.visitor import Visitor
from django_scim.imports import leads_to

METHODS = ("PUT", "PATCH", "DELETE")

FILTER = 'userName eq "o\'brien+scim@example.com" and active eq true'
"""A look-up that firewalls have taken for an attack."""

BODY_SECONDS = 60.0
"""How long the largest body may take."""

PIECE = "x" * 1000

SMALLEST_BODY = 16 * 1024

STRIPPED = (
    "Let the server pass it (Apache: WSGIPassAuthorization On for mod_wsgi, CGIPassAuth On for CGI; nginx: "
    'no proxy_set_header Authorization ""), and no login of the proxy use it. If it passes, this command has '
    "other DATABASES than the server."
)


def authorization(http: Http, base: str, endpoint: str, known: Visitor) -> Iterator[Finding]:
    """Look whether the token arrives, and the connection may read."""
    counters = read_counters(known)
    answer = answered(http, "GET", f"{base}{endpoint}?count=1", known)
    counters |= read_counters(known)
    if isinstance(answer, Finding):
        yield answer
    elif answer.status == 200 and answer.is_scim:
        yield fine("Authorization", f"The token arrives, and {endpoint} can be read.")
        yield from counted(counters)
    elif answer.status == 401 and answer.is_scim:
        yield failure(
            "Authorization",
            "A token that was made a moment ago is refused: something takes the Authorization header away, "
            "or the server has another database.",
            STRIPPED,
        )
    elif answer.status == 401:
        yield failure(
            "Authorization",
            f"Something in front of the app wants a login of its own: {answer.detail}.",
            "Exempt the path of SCIM from it: the Authorization header has the token of the app.",
        )
    elif answer.status == 403 and answer.is_scim:
        yield failure(
            "permissions",
            f"A connection with a right token may not read {endpoint}: {answer.detail}.",
            "Look at PERMISSION_CLASSES.",
        )
    elif answer.status == 404 and answer.is_scim:
        yield failure(
            "tenant",
            f"{endpoint} is not there for this connection: {answer.detail}.",
            "Name a connection of the tenant of this address: --connection NAME.",
        )
    else:
        yield failure(
            "Authorization",
            f"{endpoint} is answered {answer.status}: {answer.detail}.",
            "Look in the log of the app, and of the proxy.",
        )


def answered(
    http: Http, method: str, url: str, known: Visitor, body: bytes | None = None
) -> Answer | Finding:
    """Return the answer to a request with the token, or what to say if there is none."""
    try:
        return http.send(method, url, token=known.token, body=body)
    except Unreachable as error:
        return failure(error.topic, f"{method} {url}: {error.text}", error.remedy)


def read_counters(known: Visitor) -> set[str]:
    """Return the key under which reads of the connection are counted now, if they are."""
    throttles = get_settings().THROTTLE_CLASSES
    rate = rate_of("read")
    if rate is None or not any(leads_to(path, ConnectionThrottle) for path in throttles):
        return set()
    return {Counter("read", known.connection.pk, rate).key}


def counted(keys: set[str]) -> Iterator[Finding]:
    """Look whether the server has counted a request where this process sees it.

    :param keys: The keys of which it may have used one.
    """
    alias = get_settings().CACHE_ALIAS
    try:
        numbers = [shared_cache().get(key) for key in keys]
    except Exception as error:
        yield failure(
            "cache", f"The cache '{alias}' does not answer: {error}", "Start it, or correct CACHES."
        )
        return
    if any(numbers):
        yield fine("cache", f"The server and this process share the cache '{alias}': all count together.")
    elif keys:
        yield note(
            "cache",
            f"The server and this process do not share the cache '{alias}': each process has rate limits of "
            "its own, so that more requests pass than the settings say, or none are counted.",
            'Use Redis or Memcached, for the throttles alone by DJANGO_SCIM["CACHE_ALIAS"] if you like.',
        )


def methods(http: Http, base: str, endpoint: str, known: Visitor) -> Iterator[Finding]:
    """Look whether the methods that change something arrive, at a resource that there is not."""
    refused = []
    for method in METHODS:
        body = None if method == "DELETE" else b"{}"
        answer = answered(http, method, f"{base}{endpoint}/{uuid4()}", known, body)
        if isinstance(answer, Finding):
            yield answer
        elif not answer.is_scim:
            refused.append(f"{method} ({answer.status})")
    if refused:
        yield failure(
            "methods",
            f"Something in front of the app does not let through: {', '.join(refused)}.",
            "Allow PUT, PATCH and DELETE for the path of SCIM in the proxy and the firewall.",
        )
    else:
        yield fine("methods", f"{', '.join(METHODS)} arrive at the app.")


def filters(http: Http, base: str, known: Visitor) -> Iterator[Finding]:
    """Look whether a look-up arrives that has quotes in it."""
    answer = answered(http, "GET", f"{base}/Users?filter={quote(FILTER)}", known)
    if isinstance(answer, Finding):
        yield answer
    elif answer.is_scim:
        yield fine("filters", "Look-ups with quotes arrive at the app.")
    else:
        yield failure(
            "filters",
            f"A look-up by {FILTER} is answered {answer.status} by something in front of the app: "
            f"{answer.detail}.",
            "Exempt the path of SCIM from the rules of the firewall that look for SQL in addresses.",
        )


def bodies(http: Http, base: str, endpoint: str, known: Visitor) -> Iterator[Finding]:
    """Look how large a body may be before something in front of the app refuses it.

    The bodies are lists, which the app refuses without a look at what is in them.
    """
    largest = get_settings().MAX_PAYLOAD_SIZE
    size = largest
    while not passes(http, f"{base}{endpoint}", size, known):
        if size <= SMALLEST_BODY:
            yield failure(
                "bodies",
                "Something in front of the app lets no POST through.",
                "Look in the log of the proxy and of the firewall.",
            )
            return
        size = max(size // 2, SMALLEST_BODY)
    if size == largest:
        yield fine("bodies", f"A body of {in_words(size)}, the most that the app takes, arrives.")
    else:
        yield failure(
            "bodies",
            f"A body of {in_words(size)} arrives, and one of {in_words(min(size * 2, largest))} is refused "
            f"before the app, which says that it takes {in_words(largest)}.",
            f"Let the proxy take {largest} bytes (nginx: client_max_body_size; Apache: LimitRequestBody; "
            'IIS: maxAllowedContentLength), or lower DJANGO_SCIM["MAX_PAYLOAD_SIZE"] to what it takes.',
        )


def passes(http: Http, url: str, size: int, known: Visitor) -> bool:
    """Whether a body of a size arrives at the app."""
    try:
        answer = http.send("POST", url, token=known.token, body=body_of(size), timeout=BODY_SECONDS)
    except Unreachable:
        return False
    return answer.is_scim


def body_of(size: int) -> bytes:
    """Return a JSON list of about a size, and no more."""
    return json.dumps([PIECE] * max((size - 2) // (len(PIECE) + 4), 1)).encode()


def in_words(size: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{size / 1024 / 1024:.1f} MiB" if size >= 1024 * 1024 else f"{size // 1024} KiB"
