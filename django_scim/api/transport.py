"""How and from where a request comes: by HTTPS (RFC 7644 sections 7.2 and 7.4), and from which address."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from rest_framework.request import Request
from rest_framework.settings import api_settings
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


Address = IPv4Address | IPv6Address

WITH_PORT = re.compile(r"\[(?P<ipv6>[^\]]+)\](?::\d+)?|(?P<ipv4>[^:]+):\d+")
"""An address as some proxies write it."""

IPV6_PREFIX = 64
"""How many bits of an IPv6 address tell clients apart: one client has all addresses that begin with them."""


def client_address(request: Request) -> Address | None:
    """Return the address of the client, or None if it is not known.

    It is that of who opened the connection, unless the settings say how many proxies in front have each added
    an address to the end of ``X-Forwarded-For``. What stands before those, the client may have made up.
    ``NUM_PROXIES`` of Django REST framework means the same; if it is unset, the header counts for nothing.
    """
    proxies = get_settings().TRUSTED_PROXIES or api_settings.NUM_PROXIES
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if not proxies or forwarded is None:
        return parse_address(request.META.get("REMOTE_ADDR", ""))
    addresses = forwarded.split(",")
    return parse_address(addresses[-min(proxies, len(addresses))].strip())


def parse_address(text: str) -> Address | None:
    """Return the address that a text is, with a port or without, or None if it is no address.

    An IPv4 address in the form of IPv6 (RFC 4291 section 2.5.5.2) is the IPv4 address.
    """
    found = WITH_PORT.fullmatch(text)
    try:
        address = ip_address(text if found is None else found["ipv6"] or found["ipv4"])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_within(address: Address | None, networks: Iterable[str]) -> bool:
    """Whether an address is in one of the networks. An unknown address is in no network."""
    return address is not None and any(contains(network, address) for network in networks)


def contains(network: str, address: Address) -> bool:
    """Whether an address is in a network. A text that is no network, which forms refuse, has no address."""
    try:
        return address in ip_network(network)
    except ValueError:
        logger.error("A connection has %r among its networks, which is none.", network)
        return False


def origin_of(request: Request) -> str:
    """Return what the requests of one client have in common: an IPv4 address, or a network of IPv6."""
    address = client_address(request)
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), IPV6_PREFIX), strict=False))
    return str(address or "unknown")
