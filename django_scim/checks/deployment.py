"""Checks of what makes the endpoints safe: TLS, proxies and caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Warning, register

from django_scim.api.transport import trusted_proxies
from django_scim.conf import get_settings

SHARED_CACHE = 'Use Redis or Memcached, for the throttles alone by DJANGO_SCIM["CACHE_ALIAS"] if you like.'


@register("django_scim")
def check_throttling(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report a cache that does not exist, and bulk jobs that a rate always refuses."""
    return [*missing_cache(), *bulk_over_rate()]


@register("django_scim", deploy=True)
def check_exposure(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report what matters once the project can be reached from outside."""
    return [*plain_http(), *unknown_addresses(), *unfit_cache()]


def missing_cache() -> Iterator[CheckMessage]:
    """Report a ``CACHE_ALIAS`` that ``CACHES`` does not have."""
    alias = get_settings().CACHE_ALIAS
    if alias not in settings.CACHES:
        yield Error(
            f"""DJANGO_SCIM["CACHE_ALIAS"] is '{alias}', which CACHES does not have: nothing is limited.""",
            id="django_scim.E040",
        )


def bulk_over_rate() -> Iterator[CheckMessage]:
    """Warn of bulk jobs that the server says it takes, and always refuses."""
    from django_scim.api.throttling import rate_of

    largest = get_settings().MAX_BULK_OPERATIONS
    for name in ("bulk", "address_bulk"):
        rate = rate_of(name)
        if rate is not None and rate.limit < largest:
            yield Warning(
                f"""DJANGO_SCIM["THROTTLE_RATES"]["{name}"] is less than MAX_BULK_OPERATIONS: a job that """
                "is larger than the rate is always refused.",
                hint="Lower MAX_BULK_OPERATIONS, or raise the rate.",
                id="django_scim.W040",
            )


def plain_http() -> Iterator[CheckMessage]:
    """Warn of requests without TLS, or of a project that cannot tell which requests have it."""
    if get_settings().ALLOW_HTTP:
        yield Warning(
            'DJANGO_SCIM["ALLOW_HTTP"] is on: tokens and personal data may cross the network in clear.',
            hint="Leave it out. If a proxy ends TLS, set SECURE_PROXY_SSL_HEADER.",
            id="django_scim.W041",
        )
    elif not (settings.SECURE_PROXY_SSL_HEADER or settings.SECURE_SSL_REDIRECT):
        yield Warning(
            "No setting tells that the project is behind TLS. A request that comes without is refused.",
            hint="If a proxy ends TLS, set SECURE_PROXY_SSL_HEADER. If the project's own server does, set "
            "SECURE_SSL_REDIRECT.",
            id="django_scim.W042",
        )


def unknown_addresses() -> Iterator[CheckMessage]:
    """Warn of clients that all seem to have the address of a proxy."""
    is_behind_proxy = settings.SECURE_PROXY_SSL_HEADER or settings.USE_X_FORWARDED_HOST
    if is_behind_proxy and trusted_proxies() is None:
        yield Warning(
            "The project is behind a proxy, whose address all clients seem to have: they share the rates of "
            "one address, and the source networks of a connection refuse everybody.",
            hint='Set DJANGO_SCIM["TRUSTED_PROXIES"] to the number of proxies that add to X-Forwarded-For.',
            id="django_scim.W043",
        )


def unfit_cache() -> Iterator[CheckMessage]:
    """Warn of a cache whose counters are not those of all processes, or not exact."""
    alias = get_settings().CACHE_ALIAS
    if settings.DEBUG or alias not in settings.CACHES:
        return
    cache = caches[alias]
    if isinstance(cache, LocMemCache | DummyCache):
        yield Warning(
            f"The cache '{alias}' is not shared: each process has rate limits of its own, or none.",
            hint=SHARED_CACHE,
            id="django_scim.W044",
        )
    elif type(cache).incr is BaseCache.incr:
        yield Warning(
            f"The cache '{alias}' does not count atomically: of requests at once, some are not counted.",
            hint=SHARED_CACHE,
            id="django_scim.W045",
        )
