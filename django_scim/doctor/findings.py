"""What the doctor has found, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    FAILURE = "failure"


HEADS = {Level.OK: "ok   ", Level.NOTE: "Note ", Level.FAILURE: "FAILS"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    topic: str
    """What it is about, in a word or two."""

    text: str
    """What was found."""

    remedy: str = ""
    """What to change, or "" if it is as it should be."""

    @property
    def is_failure(self) -> bool:
        """Whether identity providers cannot work with it."""
        return self.level is Level.FAILURE

    def lines(self) -> list[str]:
        """Return what people read of it."""
        lines = [f"{HEADS[self.level]}  {self.topic}: {self.text}"]
        return [*lines, f"       → {self.remedy}"] if self.remedy else lines


def fine(topic: str, text: str) -> Finding:
    """Return what is as it should be."""
    return Finding(Level.OK, topic, text)


def note(topic: str, text: str, remedy: str) -> Finding:
    """Return what somebody should know."""
    return Finding(Level.NOTE, topic, text, remedy)


def failure(topic: str, text: str, remedy: str) -> Finding:
    """Return what identity providers cannot work with."""
    return Finding(Level.FAILURE, topic, text, remedy)


@dataclass
class Report:
    """All that the doctor has looked at."""

    url: str
    findings: list[Finding] = field(default_factory=list)

    def add(self, found: Iterable[Finding]) -> bool:
        """Add findings, and return whether none of them is a failure."""
        added = list(found)
        self.findings += added
        return not any(finding.is_failure for finding in added)

    @property
    def failures(self) -> int:
        """How many problems there are."""
        return sum(finding.is_failure for finding in self.findings)

    def __str__(self) -> str:
        problems = f"{self.failures} problem{'' if self.failures == 1 else 's'}"
        head = f"{self.url}: {problems if self.failures else 'no problem'}"
        return "\n".join([head, *(line for finding in self.findings for line in finding.lines())])

    def as_json(self) -> dict[str, Any]:
        """Return the report for a program."""
        return {
            "url": self.url,
            "passed": not self.failures,
            "findings": [asdict(finding) for finding in self.findings],
        }
