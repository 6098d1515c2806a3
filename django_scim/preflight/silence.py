"""Keeps what a preflight causes to itself: what is logged, and what a request finds around it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.urls import get_urlconf, set_urlconf
from django.utils import timezone, translation

LOGGERS = ("django.request", "django.security.DisallowedHost", "django_scim.access", "django_scim.request")
"""What logs the requests of clients."""

is_replaying: ContextVar[bool] = ContextVar("is_replaying", default=False)
"""Whether this thread replays a flow: other threads of the process answer requests meanwhile."""


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the block logs of requests to itself: refusals that a flow expects are no news."""
    loggers = [logging.getLogger(name) for name in LOGGERS]

    def is_news(record: logging.LogRecord) -> bool:
        return not is_replaying.get()

    replaying = is_replaying.set(True)
    for logger in loggers:
        logger.addFilter(is_news)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_news)
        is_replaying.reset(replaying)


@contextmanager
def surroundings_kept() -> Iterator[None]:
    """Leave a request that is answered the language, the time zone and the routes that it has."""
    urlconf = get_urlconf()
    try:
        with (
            translation.override(translation.get_language()),
            timezone.override(timezone.get_current_timezone()),
        ):
            yield
    finally:
        set_urlconf(urlconf)
