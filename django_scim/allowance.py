"""What the work of one request may cost: one count for all of it, a bulk job as a whole included.

A cost is about a millisecond of work on an ordinary machine. What is dear is counted before it is done, by
what it grows with: the operations, the size of what is kept, the values that a path looks at, passwords,
members. The rates are measured (``python -m tests.cost``), and rounded up. What no rate foresees ends with
the time that the request has taken of the processor: twice of what the costs stand for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from scim2_models import PayloadTooLargeException

Result = TypeVar("Result")

WRITE = 5.0
"""One write, with its locks, its look-ups, its record and its event."""

KILOBYTE = 1.3
"""A thousand characters of a resource that are read or written."""

PATCH_OPERATION = 0.5
"""One operation of a PATCH."""

COMPARISON = 0.07
"""One comparison of a value path with one of the values that it chooses from."""

ENTRY = 0.006
"""A value that is added, for each value that is there already: they are compared."""

PASSWORD = 450.0
"""A password: to hash it slowly is what protects it."""

MEMBER = 0.025
"""A member that a request names, or that it removes."""

SHOWN_MEMBER = 0.02
"""A member in an answer."""

MEMBER_COMPARISON = 110.0
"""One comparison in a filter of members, which looks at all of them."""


class CostExceeded(PayloadTooLargeException):
    """The work of the request would cost more than it may: 413."""

    def __init__(self, most: int) -> None:
        super().__init__(
            detail=f"the work of one request may cost {most} (MAX_REQUEST_COST): ask for less at once"
        )


class Allowance:
    """What a request may still cost.

    :param most: What it may cost in all; None for any cost, which is that of people of the project.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.spent = 0.0
        self.started: float | None = None

    def charge(self, rate: float, count: float = 1) -> None:
        """Count work that is about to be done.

        :raises CostExceeded: If it is too much, together with what was done before.
        """
        self.require(rate, count)
        self.spent += rate * count

    def most_of(self, rate: float) -> int | None:
        """Return how much of some work fits into the whole allowance, or None for any."""
        return None if self.most is None else int(self.most / rate)

    def require(self, rate: float, count: float) -> None:
        """Refuse work that cannot be done, before anything is done for it.

        :raises CostExceeded: In this case.
        """
        if self.most is not None and self.spent + rate * count > self.most:
            raise CostExceeded(self.most)

    def charge_document(self, document: Any) -> None:
        """Count what it takes to read or write a document.

        :raises CostExceeded: If it is too much.
        """
        self.charge(KILOBYTE, len(orjson.dumps(document, default=str)) / 1000)

    def counted_once(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Return work that counts once, however often it is tried: to lose a deadlock is nobody's fault."""
        spent = self.spent

        def tried() -> Result:
            self.spent = spent
            return work()

        return tried

    def require_time(self) -> None:
        """Refuse to begin something else once the request has taken twice the time, whatever it has counted.

        A machine that is busy, or slow, takes longer for the same.

        :raises CostExceeded: In this case.
        """
        if self.most is None:
            return
        # Some systems take long to tell it: a request that does one thing never asks.
        now = time.thread_time()
        self.started = now if self.started is None else self.started
        if (now - self.started) * 1000 > 2 * self.most:
            raise CostExceeded(self.most)
