"""Runs the handler of a request in transactions that are rolled back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import DatabaseError, InterfaceError
from scim2_models import ConflictException

from django_scim.history.events import Attempt
from django_scim.rehearsal.memory import Again, Left, keep, left_by
from django_scim.resources.resource import Caller
from django_scim.sql.timeouts import transaction_within_limits
from django_scim.sql.undone import broken_constraint, undone, written_databases

logger = logging.getLogger("django_scim.request")

Answer = TypeVar("Answer")


def rehearse(
    handler: Callable[[], Answer], caller: Caller, names: Sequence[str], attempts: Sequence[Attempt]
) -> Answer:
    """Return what a handler answers, and undo all that it does. Its events are written afterwards.

    What waits for a commit, such as signals and e-mails, is never run. What the project does at once and
    outside of its databases is not undone.

    :param names: The texts by which the request names resources: see :func:`~.naming.named_in`.
    :param attempts: What the request tries; the handler adds to it.
    :raises ConflictException: If a constraint refuses the change that is looked at when a transaction ends.
    """
    databases = written_databases()
    lefts: list[Left] = []
    with undone(databases, begin=transaction_within_limits):
        Again(caller).do(names)
        answer = handler()
        if attempts:
            lefts = left_by(attempts, caller)
            if text := broken_constraint(databases):
                raise ConflictException(detail=text)
    try:
        for attempt in attempts:
            attempt.write_again()
        keep(lefts, caller.acting)
    except (DatabaseError, InterfaceError):
        logger.exception("what was rehearsed could not be kept")
    return answer
