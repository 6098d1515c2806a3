"""Rate limits: counters in Django's cache, which all processes share.

A counter is one number for one period of the clock, such as a minute. So it costs the same for any rate, and
one atomic operation of the cache changes it. Around the end of a period, twice the rate may pass.
If the cache does not answer, nothing is limited: provisioning goes on without it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import BaseCache, caches
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from django_scim.api.permissions import connection_of
from django_scim.api.transport import origin_of
from django_scim.conf import DEFAULT_THROTTLE_RATES, get_settings
from django_scim.models import AccessToken, Scope
from django_scim.options import Rate, parse_rate
from django_scim.token_format import is_token

__all__ = ["AddressThrottle", "ConnectionThrottle", "RateThrottle"]

logger = logging.getLogger("django_scim.request")

FAILED = "failed_authentication"


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
    except Throttled:
        raise
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
    """Counts the wrong tokens from the origin of a request, and the wrong set-up links.

    A token that is right gets in, however many wrong ones came from the same address: anybody behind the same
    proxy, or at the same hosting provider, could lock an identity provider out otherwise. Beyond the rate,
    what has not the form of a token is refused without a look at the database.
    """

    def __init__(self, request: HttpRequest | Request) -> None:
        self.origin = origin_of(request)
        self.rate = rate_of(FAILED)

    def require_within_rate(self, token: str, has_form: Callable[[str], bool] = is_token) -> None:
        """Refuse what cannot be a token, if there were too many wrong ones.

        :param has_form: Whether a text can be one.
        :raises Throttled: In this case.
        """
        if self.rate is None or has_form(token):
            return
        counter = Counter(FAILED, self.origin, self.rate)
        with open_on_outage():
            self.refuse_beyond(counter, shared_cache().get(counter.key, 0) + 1)

    def note_failure(self) -> None:
        """Count a wrong token.

        :raises Throttled: If there were too many.
        """
        if self.rate is None:
            return
        counter = Counter(FAILED, self.origin, self.rate)
        with open_on_outage():
            self.refuse_beyond(counter, counter.add())

    def refuse_beyond(self, counter: Counter, number: int) -> None:
        """Refuse the request, if its wrong token is one too many.

        :raises Throttled: In this case.
        """
        if number > counter.rate.limit:
            logger.warning("Too many wrong tokens came from %s.", self.origin)
            raise Throttled(wait=counter.seconds_left)


class DiscoveryThrottle(RateThrottle):
    """Limits what anybody may ask without a token, by address."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count a request, and return whether it is within the rate."""
        return self.allow(request, "discovery")

    def client_of(self, request: Request) -> object | None:
        return origin_of(request)
