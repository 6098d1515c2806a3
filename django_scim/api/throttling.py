"""Rate limits: counters in Django's cache, which all processes share.

A counter is one number for one period of the clock, such as a minute. So it costs the same for any rate, and
one atomic operation of the cache changes it. Around the end of a period, twice the rate may pass.
If the cache does not answer, nothing is limited: provisioning goes on without it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import BaseCache, caches
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from django_scim.api.permissions import connection_of
from django_scim.api.transport import origin_of
from django_scim.conf import DEFAULT_THROTTLE_RATES, get_settings
from django_scim.models import AccessToken, Scope
from django_scim.options import Rate, parse_rate

__all__ = ["AddressThrottle", "ConnectionThrottle", "RateThrottle"]

logger = logging.getLogger("django_scim.request")

FAILED = "failed_authentication"

KNOWN_SECONDS = 7 * 24 * 60 * 60
"""How long the cache remembers that a token was right."""

RENEWED_AFTER = 24 * 60 * 60
"""How old that memory gets before another use renews it: not each request writes to the cache."""


def rate_of(name: str) -> Rate | None:
    """Return a rate of ``THROTTLE_RATES``, or None if it is switched off."""
    text: Any = {**DEFAULT_THROTTLE_RATES, **get_settings().THROTTLE_RATES}[name]
    return None if text is None else parse_rate(text)


def shared_cache() -> BaseCache:
    """Return the cache that counts."""
    return caches[get_settings().CACHE_ALIAS]


@contextmanager
def open_on_outage() -> Iterator[None]:
    """Log an error of the cache, and go on. Each cache backend has its own exceptions."""
    try:
        yield
    except Exception as error:
        logger.error("The cache does not answer, and nothing is limited: %s", error)


class Counter:
    """Counts the requests of a client in the current period of the clock.

    :param name: The name of the rate in ``THROTTLE_RATES``.
    :param client: The connection or the origin.
    """

    def __init__(self, name: str, client: object, rate: Rate) -> None:
        now = time.time()
        self.rate = rate
        self.key = f"django_scim:{name}:{client}:{int(now // rate.seconds)}"
        self.seconds_left = rate.seconds - now % rate.seconds

    def add(self, amount: int = 1) -> int:
        """Add to the counter, and return the sum."""
        cache = shared_cache()
        try:
            return cache.incr(self.key, amount)
        except ValueError:
            # The key lives longer than the period, so that it does not expire between two operations.
            if cache.add(self.key, amount, 2 * self.rate.seconds):
                return amount
        return cache.incr(self.key, amount)

    def take(self, amount: int) -> bool:
        """Add to the counter if the sum is within the rate, and return whether it is."""
        if self.add(amount) <= self.rate.limit:
            return True
        shared_cache().decr(self.key, amount)
        return False


class RateThrottle(BaseThrottle):
    """Limits the requests of a client, reads and writes separately, and the operations of bulk jobs."""

    prefix = ""
    """The beginning of the names of the rates."""

    seconds: float | None = None
    """The seconds until a refused request may be sent again."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count a request, and return whether it is within the rate.

        A write with a token that may only read is refused, and uses up no writes of the connection.
        """
        may_write = not isinstance(request.auth, AccessToken) or request.auth.allows(Scope.WRITE)
        return self.allow(request, "write" if view.required_scope is Scope.WRITE and may_write else "read")

    def allow(self, request: Request, kind: str, amount: int = 1) -> bool:
        """Count a request, and return whether it is within the rate. A refused one is not counted.

        :param kind: ``read``, ``write`` or ``bulk``.
        :param amount: The number of operations.
        """
        name, whose = f"{self.prefix}{kind}", self.client_of(request)
        rate = rate_of(name)
        if rate is None or whose is None:
            return True
        counter = Counter(name, whose, rate)
        is_allowed = True
        with open_on_outage():
            is_allowed = counter.take(amount)
        if not is_allowed:
            self.seconds = counter.seconds_left
            logger.warning("The rate %s is used up by %s: a request was refused.", name, whose)
        return is_allowed

    def wait(self) -> float | None:
        """Return the seconds until the next period begins."""
        return self.seconds

    def client_of(self, request: Request) -> object | None:
        """Return the client that a request is counted for, or None if it is not counted."""
        raise NotImplementedError


class ConnectionThrottle(RateThrottle):
    """Limits each connection, whatever its tokens and addresses are."""

    def client_of(self, request: Request) -> object | None:
        connection = connection_of(request)
        return None if connection is None else connection.pk


class AddressThrottle(RateThrottle):
    """Limits each address, whatever its connections are."""

    prefix = "address_"

    def client_of(self, request: Request) -> object | None:
        return origin_of(request)


class FailedAuthentications:
    """Counts the wrong tokens from the origin of a request.

    Over the rate, only tokens that were right before are looked up. Otherwise anybody behind the same proxy,
    or at the same hosting provider, could lock an identity provider out. A token that was right before is
    still looked up each time.
    """

    def __init__(self, request: Request, token: str) -> None:
        self.origin = origin_of(request)
        self.rate = rate_of(FAILED)
        fingerprint = salted_hmac(FAILED, token, algorithm="sha256").hexdigest()
        self.known_key = f"django_scim:known_token:{fingerprint}"
        self.is_known = False
        self.is_fresh = False

    def require_within_rate(self) -> None:
        """Refuse the request before the token is looked up, if there were too many wrong tokens.

        :raises Throttled: In this case.
        """
        if self.rate is None:
            return
        counter = Counter(FAILED, self.origin, self.rate)
        cached: dict[str, Any] = {}
        with open_on_outage():
            cached = shared_cache().get_many([counter.key, self.known_key])
        self.is_known = self.known_key in cached
        self.is_fresh = time.time() - cached.get(self.known_key, 0) < RENEWED_AFTER
        if not self.is_known and cached.get(counter.key, 0) >= self.rate.limit:
            logger.warning("Too many wrong tokens came from %s: no other is looked at.", self.origin)
            raise Throttled(wait=counter.seconds_left)

    def note_failure(self) -> None:
        """Count a wrong token."""
        if self.rate is None:
            return
        with open_on_outage():
            Counter(FAILED, self.origin, self.rate).add()
            if self.is_known:
                shared_cache().delete(self.known_key)

    def note_success(self) -> None:
        """Remember the token as a right one, with the time."""
        if self.rate is None or self.is_fresh:
            return
        with open_on_outage():
            shared_cache().set(self.known_key, time.time(), KNOWN_SECONDS)
