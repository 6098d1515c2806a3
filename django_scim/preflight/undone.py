"""Transactions that leave nothing behind, on all databases."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connections, router, transaction
from django.db.models import Model
from django.urls import get_urlconf, set_urlconf
from django.utils import timezone, translation

LOGGERS = ("django.request", "django.security.DisallowedHost", "django_scim.access", "django_scim.request")
"""What logs the requests of clients."""


@contextmanager
def undone(databases: Sequence[str]) -> Iterator[None]:
    """Roll back all that the block does. What waits for a commit is never run.

    Reads go where writes go: a replica does not have what is never committed.

    :param databases: The aliases of the databases.
    :raises ImproperlyConfigured: If one of them has no transactions.
    """
    for alias in databases:
        if not connections[alias].features.supports_transactions:
            raise ImproperlyConfigured(
                f"The database '{alias}' has no transactions: nothing could be undone."
            )
    with ExitStack() as stack:
        for alias in databases:
            stack.enter_context(rolled_back(alias))
        reads = ReadsOfWrites()
        router.routers.insert(0, reads)
        stack.callback(router.routers.remove, reads)
        yield


@contextmanager
def rolled_back(alias: str) -> Iterator[None]:
    """Roll back what the block does on one database."""
    with transaction.atomic(using=alias):
        try:
            yield
        finally:
            transaction.set_rollback(True, using=alias)


class Savepoints:
    """Savepoints on several databases: one request that is refused does not break those that follow.

    :param databases: The aliases of the databases.
    """

    def __init__(self, databases: Sequence[str]) -> None:
        self.databases = databases

    @contextmanager
    def around(self) -> Iterator[None]:
        """Keep what the block does, unless :meth:`roll_back` is called in it."""
        with ExitStack() as stack:
            for alias in self.databases:
                stack.enter_context(transaction.atomic(using=alias))
            yield

    def roll_back(self) -> None:
        """Undo what the block has done."""
        for alias in self.databases:
            transaction.set_rollback(True, using=alias)

    def broken_constraint(self) -> str:
        """Return what a constraint says that PostgreSQL looks at when the transaction ends, or ""."""
        for alias in self.databases:
            if connections[alias].vendor == "postgresql":
                try:
                    connections[alias].check_constraints()
                except IntegrityError as error:
                    return str(error).partition("\n")[0]
        return ""


class ReadsOfWrites:
    """A database router: reads what is written."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Return the database that a model is written to."""
        return router.db_for_write(model, **hints)


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
