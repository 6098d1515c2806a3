"""What a request costs: seconds of CPU, bytes of history, and memory."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from django.db import connection
from django.db.models import Max
from django.db.models.functions import Coalesce

from django_scim.models import ProvisioningEvent
from tests.cost.population import Population

ORDINARY = 0.035
"""The seconds that an ordinary processor takes for :func:`work`. Those that are told are its seconds: shared
machines differ by a factor of three, from each other and from one minute to the next."""


def work() -> int:
    """Do what every interpreter does alike."""
    total = 0
    for number in range(1_000_000):
        total += number
    return total


def slowness() -> float:
    """Return how much slower than an ordinary processor this one is now."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) / ORDINARY


@dataclass(frozen=True)
class Cost:
    """What one request has cost."""

    name: str
    answer: str
    seconds: float
    history: int
    memory: int


class Meter:
    """Sends requests, and notes what each costs."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self.costs: list[Cost] = []
        self.server = server_process()

    def measure(self, name: str, send: Callable[[], Any]) -> None:
        """Send one request."""
        newest = ProvisioningEvent.objects.aggregate(newest=Coalesce(Max("pk"), 0))["newest"]
        before = slowness()
        memory, used = resident(), self.used()
        answer = send()
        measured = self.used() - used
        seconds = measured / ((before + slowness()) / 2)
        history = sum(size_of(event) for event in ProvisioningEvent.objects.filter(pk__gt=newest).iterator())
        cost = Cost(name, told(answer), seconds, history, resident() - memory)
        self.costs.append(cost)
        print(
            f"{seconds:6.2f} s ({measured:6.2f})  {history:9} B  {cost.memory:5} MB  {name}: {cost.answer}",
            flush=True,
        )

    def used(self) -> float:
        """Return the seconds of CPU that this process and the database's server have used."""
        own = time.process_time()
        return own if self.server is None else own + seconds_of(self.server)

    def report(self, most: float) -> int:
        """Print the worst of each; return 1 if a request cost more than it may, or was a failure."""
        worst = max(self.costs, key=lambda cost: cost.seconds)
        history = max(self.costs, key=lambda cost: cost.history)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"dearest: {worst.seconds:.2f} s, {worst.name}")
        print(f"most history: {history.history} bytes, {history.name}")
        print(f"most memory: {peak} MB")
        failed = [cost for cost in self.costs if cost.answer.startswith("500") or cost.seconds > most]
        print(f"{len(self.costs) - len(failed)} passed, {len(failed)} failed")
        return int(bool(failed))


def told(answer: Any) -> str:
    """Return the status of an answer, with the statuses of a job's operations and the reason of a refusal."""
    body = orjson.loads(answer.content) if answer.content else {}
    operations = [found["status"] for found in body.get("Operations", ())]
    statuses = ", ".join(f"{operations.count(status)} x {status}" for status in sorted(set(operations)))
    return " ".join(filter(None, (str(answer.status_code), statuses, body.get("detail", "")[:160])))


def size_of(event: ProvisioningEvent) -> int:
    """Return how many bytes an event takes, about."""
    values = [getattr(event, field.attname) for field in event._meta.concrete_fields]
    return sum(len(orjson.dumps(value, default=str)) for value in values)


def resident() -> int:
    """Return the memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024**2


def server_process() -> Path | None:
    """Return where the system tells of the database's server, or None if it runs elsewhere or in here."""
    with suppress(Exception), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_backend_pid()")
        else:
            cursor.execute("SELECT @@pid_file")
        (found,) = cursor.fetchone()
        process = (
            Path("/proc") / str(found if isinstance(found, int) else Path(found).read_text().strip()) / "stat"
        )
        return process if process.exists() else None
    return None


def seconds_of(process: Path) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = process.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
