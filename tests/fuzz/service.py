"""The service in this process: it is sent requests, and each answer and the database are looked at."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from django.core.signals import got_request_exception
from django.test import Client

from tests.fuzz.answers import DELIBERATE, Answer
from tests.fuzz.database import Tables
from tests.fuzz.population import Population
from tests.fuzz.sent import Sent

ROOT = "/scim/v2"

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")

EVERY = 25
"""Of how many requests the contents of the tables are compared for one; the numbers of rows are for all."""


@dataclass(frozen=True)
class Failure:
    """A request that was not answered as it has to be."""

    sent: Sent
    faults: list[str]
    answer: Answer
    traceback: str = ""
    is_partial_write: bool = False

    @property
    def is_server_error(self) -> bool:
        """Whether the server failed."""
        return self.answer.is_server_error


@dataclass
class Outcome:
    """What came of all requests."""

    requests: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    """How often each way to make requests had each status."""
    failures: list[Failure] = field(default_factory=list)
    slowest: tuple[float, Sent | None] = (0.0, None)

    @property
    def server_errors(self) -> int:
        """How many requests the server failed to answer."""
        return sum(failure.is_server_error for failure in self.failures)

    @property
    def deliberate_errors(self) -> int:
        """How many answers were 501 or 503, which say what they mean and are no failures."""
        return sum(count for name, count in self.statuses.items() if int(name.split()[1]) in DELIBERATE)

    @property
    def partial_writes(self) -> int:
        """How many refused requests have changed something."""
        return sum(failure.is_partial_write for failure in self.failures)

    @property
    def wrong_answers(self) -> int:
        """How many answers were wrong in another way, such as their form."""
        known = (failure.is_server_error or failure.is_partial_write for failure in self.failures)
        return len(self.failures) - sum(known)


Send = Callable[[], Answer]


class Service:
    """Sends requests of one batch after the other.

    :param outcome: What came of it is added here.
    """

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.tables = Tables()
        self.client = Client(raise_request_exception=False)
        self.traceback = ""
        got_request_exception.connect(self.note_exception)

    def renew(self) -> None:
        """Make the rows anew."""
        self.population = Population()
        self.identifiers = self.population.identifiers()
        self.counts = self.tables.counts()

    def note_exception(self, **kwargs: Any) -> None:
        """Keep the traceback of what the server has caught."""
        self.traceback = traceback.format_exc()

    def send(self, kind: str, sent: Sent) -> Answer:
        """Send a request, note what is wrong with its answer, and return it."""
        return self.watch(kind, sent, lambda: self.request(sent))

    def request(self, sent: Sent) -> Answer:
        """Return the answer to a request."""
        resolved = sent.resolved(self.identifiers)
        headers, body = dict(resolved.headers), resolved.body or b""
        token = self.population.tokens[sent.client]
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {token}")
        extra: dict[str, Any] = {"wsgi.input": BytesIO(body)}
        response = self.client.generic(
            resolved.method,
            f"{ROOT}{resolved.path}",
            body,
            content_type=headers.pop("Content-Type", "application/scim+json"),
            secure=True,
            headers=headers,
            **extra,
        )
        return Answer(response.status_code, dict(response.items()), response.content)

    def watch(self, kind: str, sent: Sent, send: Send) -> Answer:
        """Let a request be sent, look at its answer and at the database, and return the answer."""
        self.outcome.requests += 1
        self.traceback = ""
        digest = self.tables.digest() if self.outcome.requests % EVERY == 0 else None
        started = time.monotonic()
        answer = send()
        duration = time.monotonic() - started
        self.outcome.slowest = max(self.outcome.slowest, (duration, sent), key=lambda item: item[0])
        self.outcome.statuses[f"{kind} {answer.status}"] += 1
        changed = list(self.changes(sent, answer, digest))
        faults = [*answer.faults(sent.method), *changed]
        if faults:
            self.outcome.failures.append(Failure(sent, faults, answer, self.traceback, bool(changed)))
        return answer

    def changes(self, sent: Sent, answer: Answer, digest: str | None) -> Iterator[str]:
        """Yield what a request has changed that must change nothing: one that is refused, or that reads."""
        before, self.counts = self.counts, self.tables.counts()
        may_write = answer.status < 400 and sent.method.upper() not in SAFE and ".search" not in sent.path
        if may_write:
            return
        if before != self.counts:
            yield f"a {answer.status} has changed {self.tables.difference(before, self.counts)}"
        elif digest is not None and digest != self.tables.digest():
            yield f"a {answer.status} has changed rows"
