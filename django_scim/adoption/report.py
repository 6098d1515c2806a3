"""The report of an adoption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django_scim.resources.resource import Resource

MOST_NAMES = 10
"""How many accounts the report names for each reason."""

DELETED = "it was deleted by SCIM"
PROTECTED = "it is protected, and SCIM may only read it"
OTHER = "another connection manages it"
POWERFUL = "it has power in the project: hand it over with --with-power"
TOO_LONG = "its externalId is too long"
SHARED = "several have its externalId"
TAKEN = "another resource has its externalId already"
CHANGED = "the connection has given it another externalId since"
NO_ID = "it has no id, and none can be made up"


@dataclass
class Report:
    """How many accounts were adopted, and why the others were not.

    :param unchanged: The number of accounts that were adopted already.
    """

    selected: int = 0
    recorded: int = 0
    linked: int = 0
    identified: int = 0
    unchanged: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    conflicts: Counter[str] = field(default_factory=Counter)
    names: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, obj: Resource, reason: str) -> None:
        """Count an account that was not adopted."""
        self.skipped[reason] += 1
        self.add_name(obj, reason)

    def conflict(self, obj: Resource, attribute: str) -> None:
        """Count an account with a unique value that another account also has."""
        self.conflicts[attribute] += 1
        self.add_name(obj, attribute)

    def add_name(self, obj: Resource, reason: str) -> None:
        """Keep the name of an account, unless there are enough for the reason."""
        names = self.names.setdefault(reason, [])
        if len(names) < MOST_NAMES:
            names.append(f"{obj.resource_type.adapter.row_name(obj.instance)} ({obj.instance.pk})")

    def add(self, other: Report) -> None:
        for name in ("selected", "recorded", "linked", "identified", "unchanged"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.skipped.update(other.skipped)
        self.conflicts.update(other.conflicts)
        for reason, names in other.names.items():
            known = self.names.setdefault(reason, [])
            known += names[: MOST_NAMES - len(known)]

    def lines(self) -> Iterator[str]:
        counts = {
            "Selected": self.selected,
            "Recorded": self.recorded,
            "With an externalId": self.linked,
            "Given an id": self.identified,
            "Already there": self.unchanged,
            "Skipped": self.skipped.total(),
        }
        width = max(map(len, counts))
        for label, count in counts.items():
            yield f"{label.ljust(width)}  {count}"
        for reason, count in self.skipped.items():
            yield f"Skipped, since {reason}: {self.listed(reason, count)}"
        for attribute, count in self.conflicts.items():
            yield f"Adopted, but not alone with its {attribute}: {self.listed(attribute, count)}"

    def listed(self, reason: str, count: int) -> str:
        """Return the names for a reason, and how many more accounts there are."""
        names = self.names[reason]
        more = f", and {count - len(names)} more" if count > len(names) else ""
        return f"{', '.join(names)}{more}"
