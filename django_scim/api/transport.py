"""The transport of a request: HTTPS (RFC 7644 sections 7.2 and 7.4), and the address of the client."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterable, MutableMapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.utils.http import parse_header_parameters
from rest_framework.request import Request
from rest_framework.settings import api_settings
from scim2_models import ForbiddenException

from django_scim.conf import get_settings

logger = logging.getLogger("django_scim.request")


def require_https(request: Request) -> None:
    """Refuse a request without TLS, unless ``ALLOW_HTTP`` is on.

    Call it before the token is looked up.

    :raises ForbiddenException: In this case. A redirect would let the client send its token in clear again.
    """
    if is_private(request):
        return
    logger.warning(
        "A request came by HTTP and was refused. If a proxy ends TLS, set SECURE_PROXY_SSL_HEADER as it does."
    )
    raise ForbiddenException(
        detail="requests have to come by HTTPS; replace a token that was sent without it"
    )


def is_private(request: HttpRequest | Request) -> bool:
    """Whether a request has come by HTTPS, or may come without."""
    return bool(request.is_secure() or settings.DEBUG or get_settings().ALLOW_HTTP)


Address = IPv4Address | IPv6Address

WITH_PORT = re.compile(r"\[(?P<ipv6>[^\]]+)\](?::\d+)?|(?P<ipv4>[^:]+):\d+")
"""An address with a port, or in brackets, as some proxies write it."""

IPV6_PREFIX = 64
"""The bits of an IPv6 address that identify a client: one client has all addresses of such a network."""


def client_address(request: HttpRequest | Request) -> Address | None:
    """Return the address of the client, or None if it is not known.

    It is ``REMOTE_ADDR``, unless the settings name the number of proxies in front. Each of these has added an
    address to the end of ``X-Forwarded-For``. The client may have invented the addresses before them.
    ``NUM_PROXIES`` of Django REST framework means the same. Without either, the header is ignored.
    """
    proxies = trusted_proxies()
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if not proxies or forwarded is None:
        return parse_address(request.META.get("REMOTE_ADDR", ""))
    addresses = forwarded.split(",")
    return parse_address(addresses[-min(proxies, len(addresses))].strip())


def trusted_proxies() -> int | None:
    """Return how many proxies the settings trust; None if they do not say."""
    own = get_settings().TRUSTED_PROXIES
    return api_settings.NUM_PROXIES if own is None else own


def parse_address(text: str) -> Address | None:
    """Return an address from a text, with or without a port, or None if it is not an address.

    An IPv4 address in the form of IPv6 (RFC 4291 section 2.5.5.2) becomes the IPv4 address.
    """
    found = WITH_PORT.fullmatch(text)
    try:
        address = ip_address(text if found is None else found["ipv6"] or found["ipv4"])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_within(address: Address | None, networks: Iterable[str]) -> bool:
    """Whether an address is in one of the networks. An unknown address is not."""
    return address is not None and any(contains(network, address) for network in networks)


def contains(network: str, address: Address) -> bool:
    """Whether an address is in a network. A text that is not a network, which no form accepts, has none."""
    try:
        return address in ip_network(network)
    except ValueError:
        logger.error("A connection has %r among its networks, which is none.", network)
        return False


def origin_of(request: HttpRequest | Request) -> str:
    """Return what identifies a client: its IPv4 address, or its IPv6 network."""
    address = client_address(request)
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), IPV6_PREFIX), strict=False))
    return str(address or "unknown")


def without_unreadable_charset(
    environ: MutableMapping[str, Any] | None = None,
    scope: MutableMapping[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Rename a charset that Django could not read the query string in, before it makes the request.

    A receiver of ``request_started``. Django decodes the query string in the charset of the body, before any
    middleware or view is asked: ``rot13``, which Python has as a codec and HTTP has not as a charset, would
    end in an answer of the WSGI server. A name that Python does not know is left to the view: 415.

    :param environ: What WSGI knows of the request.
    :param scope: What ASGI knows of it.
    """
    if environ is not None:
        content_type = environ.get("CONTENT_TYPE") or ""
        if "charset" in content_type.lower():
            query = str(environ.get("QUERY_STRING") or "").encode("latin-1", "replace")
            environ["CONTENT_TYPE"] = readable_type(content_type, query)
    elif scope is not None:
        query = scope.get("query_string", b"")
        scope["headers"] = [
            (name, readable_type(value.decode("latin-1"), query).encode("latin-1"))
            if name.lower() == b"content-type"
            else (name, value)
            for name, value in scope.get("headers", ())
        ]


def readable_type(content_type: str, query: bytes) -> str:
    """Return a ``Content-Type`` whose charset Django can read the query string in, or knows nothing of."""
    charset = parse_header_parameters(content_type)[1].get("charset")
    if not charset:
        return content_type
    try:
        codecs.lookup(charset)
    except LookupError:
        return content_type
    except ValueError:  # It holds NUL.
        return content_type.replace(charset, UNREADABLE)
    try:
        # ASGI has the query as text, where Python decodes what is percent-encoded alone.
        QueryDict(query, encoding=charset)
        QueryDict(query.decode("latin-1"), encoding=charset)
    except (LookupError, ValueError, SuspiciousOperation):
        return content_type.replace(charset, UNREADABLE)
    return content_type


UNREADABLE = "x-unreadable"
"""A charset that nobody knows."""
