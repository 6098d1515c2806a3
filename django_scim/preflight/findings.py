"""What a preflight has found, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

PHASES = {
    "configuration": pgettext_lazy("phase", "configuration"),
    "connection": pgettext_lazy("phase", "connection"),
    "connection test": pgettext_lazy("phase", "connection test"),
    "look-up": pgettext_lazy("phase", "look-up"),
    "create": pgettext_lazy("phase", "create"),
    "update": pgettext_lazy("phase", "update"),
    "rename": pgettext_lazy("phase", "rename"),
    "deactivate": pgettext_lazy("phase", "deactivate"),
    "reactivate": pgettext_lazy("phase", "reactivate"),
    "delete": pgettext_lazy("phase", "delete"),
    "hire again": pgettext_lazy("phase", "hire again"),
    "group create": pgettext_lazy("phase", "group create"),
    "member add": pgettext_lazy("phase", "member add"),
    "member remove": pgettext_lazy("phase", "member remove"),
}
"""The parts of a flow, and what comes before it, in words."""


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

    problem: str | Promise
    """What would fail."""

    remedy: str | Promise
    """What to change."""

    attribute: str = ""
    """The SCIM attribute that it is about, or ""."""

    is_failure: bool = True
    """Whether it makes the preflight fail."""

    @property
    def where(self) -> str:
        """In which part of the flow, at which request and for whom."""
        facts = {"phase": PHASES.get(self.phase, self.phase), "request": self.request, "name": self.whom}
        if self.request and self.whom:
            text = _("%(phase)s (%(request)s, for %(name)s)")
        elif self.whom:
            text = _("%(phase)s (for %(name)s)")
        else:
            text = _("%(phase)s (%(request)s)") if self.request else "%(phase)s"
        return text % facts

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
        facts = {"provider": self.provider, "details": ", ".join(self._details())}
        if not failures:
            return _("%(provider)s would work (%(details)s)") % facts
        text = ngettext(
            "%(provider)s would fail: %(number)d problem (%(details)s)",
            "%(provider)s would fail: %(number)d problems (%(details)s)",
            failures,
        )
        return text % {**facts, "number": failures}

    def _details(self) -> Iterator[str]:
        """Yield how much was tried."""
        requests = ngettext("%(number)d request", "%(number)d requests", self.requests)
        yield requests % {"number": self.requests}
        if self.left_out:
            left_out = ngettext(
                "%(number)d not sent because of what failed before",
                "%(number)d not sent because of what failed before",
                self.left_out,
            )
            yield left_out % {"number": self.left_out}
        if self.mails:
            yield ngettext("%(number)d mail kept back", "%(number)d mails kept back", self.mails) % {
                "number": self.mails
            }

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
    members = {name: str(value) for name, value in asdict(finding).items() if name != "is_failure"}
    return {"level": "failure" if finding.is_failure else "note", **members}


def count(number: int, thing: str) -> str:
    """Return a number of things in words."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def all_passed(reports: Iterable[Report]) -> bool:
    """Whether nothing would fail for any provider."""
    return all(report.passed for report in reports)
