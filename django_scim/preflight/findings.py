"""What a preflight has found, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing that would fail, or that somebody should know."""

    provider: str
    """For which identity provider."""

    phase: str
    """In which part of its flow, such as ``create``."""

    request: str
    """The method and the path of the request, or "" if none was sent."""

    whom: str
    """For whom it would fail: the user or group of the request, or ""."""

    problem: str
    """What would fail."""

    remedy: str
    """What to change."""

    attribute: str = ""
    """The SCIM attribute that it is about, or ""."""

    is_failure: bool = True
    """Whether it makes the preflight fail."""

    @property
    def where(self) -> str:
        """In which part of the flow, at which request and for whom."""
        where = ", ".join(filter(None, (self.request, f"for {self.whom}" if self.whom else "")))
        return f"{self.phase}{f' ({where})' if where else ''}"

    def lines(self) -> list[str]:
        """Return what people read of it."""
        return [
            f"{'FAILS' if self.is_failure else 'Note '}  {self.where}",
            f"       {self.problem}",
            f"       → {self.remedy}",
        ]


@dataclass
class Report:
    """What came of the flow of one provider."""

    provider: str
    requests: int = 0
    """How many requests were answered as the provider expects, or otherwise."""

    left_out: int = 0
    """How many could not be sent, since something before them failed."""

    mails: int = 0
    """How many mails the project would have sent."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing would fail."""
        return not any(finding.is_failure for finding in self.findings)

    def add(self, finding: Finding) -> None:
        """Add a finding, unless the same was found at another request."""
        key = (finding.attribute, finding.problem)
        if key not in {(known.attribute, known.problem) for known in self.findings}:
            self.findings.append(finding)

    @property
    def summary(self) -> str:
        """What came of it, in a line."""
        failures = sum(finding.is_failure for finding in self.findings)
        result = "would work" if self.passed else f"would fail: {count(failures, 'problem')}"
        left_out = f", {self.left_out} not sent because of what failed before" if self.left_out else ""
        mails = f", {count(self.mails, 'mail')} kept back" if self.mails else ""
        return f"{self.provider} {result} ({count(self.requests, 'request')}{left_out}{mails})"

    def __str__(self) -> str:
        return "\n".join([self.summary, *(line for finding in self.findings for line in finding.lines())])

    def as_json(self) -> dict[str, Any]:
        """Return the report for a program."""
        return {
            "provider": self.provider,
            "passed": self.passed,
            "requests": self.requests,
            "leftOut": self.left_out,
            "mails": self.mails,
            "findings": [as_json(finding) for finding in self.findings],
        }


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding for a program."""
    members = asdict(finding)
    return {"level": "failure" if members.pop("is_failure") else "note", **members}


def count(number: int, thing: str) -> str:
    """Return a number of things in words."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def all_passed(reports: Iterable[Report]) -> bool:
    """Whether nothing would fail for any provider."""
    return all(report.passed for report in reports)
