"""Transactions that leave nothing behind, on all databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connections, router, transaction
from django.db.models import Model

IS_UNDONE: ContextVar[bool] = ContextVar("django_scim_is_undone", default=False)
"""Whether what is done now is rolled back: other threads go on reading where they read."""


@contextmanager
def undone(
    databases: Sequence[str], *, begin: Callable[[str], AbstractContextManager[Any]] = transaction.atomic
) -> Iterator[None]:
    """Roll back all that the block does. What waits for a commit is never run.

    Reads go where writes go: a replica does not have what is never committed.

    :param databases: The aliases of the databases.
    :param begin: What begins a transaction.
    :raises ImproperlyConfigured: If one of them has no transactions.
    """
    for alias in databases:
        if not connections[alias].features.supports_transactions:
            raise ImproperlyConfigured(
                f"The database '{alias}' has no transactions: nothing could be undone."
            )
    with ExitStack() as stack:
        for alias in databases:
            stack.enter_context(rolled_back(alias, begin))
        if not any(isinstance(each, ReadsOfWrites) for each in router.routers):
            router.routers.insert(0, ReadsOfWrites())
        stack.callback(IS_UNDONE.reset, IS_UNDONE.set(True))
        yield


@contextmanager
def rolled_back(alias: str, begin: Callable[[str], AbstractContextManager[Any]]) -> Iterator[None]:
    """Roll back what the block does on one database."""
    with begin(alias):
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
        return broken_constraint(self.databases)


def broken_constraint(databases: Sequence[str]) -> str:
    """Return what a constraint says that PostgreSQL looks at when the transaction ends, or ""."""
    for alias in databases:
        if connections[alias].vendor == "postgresql":
            try:
                connections[alias].check_constraints()
            except IntegrityError as error:
                return str(error).partition("\n")[0]
    return ""


def written_databases() -> list[str]:
    """Return the databases that the models of the project are written to."""
    return list(dict.fromkeys(router.db_for_write(model) for model in apps.get_models()))


class ReadsOfWrites:
    """A database router: what is undone reads what it writes."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Return the database that a model is written to, or None if nothing is undone now."""
        return router.db_for_write(model, **hints) if IS_UNDONE.get() else None
