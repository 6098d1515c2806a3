"""Requests that were once answered wrongly: they are sent again in each run, and each failure can become one.

A file is a list of objects with a ``comment`` on what it once broke, a ``request``, and the ``status`` of the
right answer. Each request finds the rows of a new batch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.fuzz.sent import Sent
from tests.fuzz.service import Failure, Service

HERE = Path(__file__).resolve().parent / "corpus"


def entries() -> list[dict[str, Any]]:
    """Return all entries."""
    return [entry for file in sorted(HERE.glob("*.json")) for entry in json.loads(file.read_text())]


def run(service: Service) -> None:
    """Send the requests of the corpus."""
    service.renew()
    for entry in entries():
        sent = Sent.from_json(entry["request"])
        answer = service.send("corpus", sent)
        if answer.status != entry["status"]:
            faults = [f"the status is {answer.status}, not {entry['status']}: {entry['comment']}"]
            service.outcome.failures.append(Failure(sent, faults, answer))
        if answer.status < 400 and sent.method != "GET":
            service.renew()


def save(name: str, failures: list[Failure]) -> None:
    """Add failures to a file of the corpus, for somebody to say what the right status is."""
    file = HERE / f"{name}.json"
    known: list[Any] = json.loads(file.read_text()) if file.exists() else []
    known += [
        {"comment": "; ".join(failure.faults), "request": failure.sent.to_json(), "status": 400}
        for failure in failures
    ]
    file.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n")
