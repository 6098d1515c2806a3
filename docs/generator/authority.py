"""Who may touch what, from the one table in the code that decides it."""

from __future__ import annotations

from django.utils.translation import override

from django_scim.models import AdoptionPolicy
from django_scim.resources.authority import PERMITTED, Act

WORDS = {True: "yes", False: "403"}


def authority() -> str:
    """Return the table: a row for each standing, and where it matters for each policy of adoption."""
    with override("en"):
        lines = [
            f"| Account or group | Policy | {' | '.join(str(act.label) for act in Act)} |",
            f"|---|---|{'---|' * len(Act)}",
        ]
        for whose, cells in PERMITTED.items():
            is_one = len(set(cells.values())) == 1
            for policy in list(AdoptionPolicy)[: 1 if is_one else None]:
                answers = " | ".join(WORDS[act in cells[policy]] for act in Act)
                lines.append(f"| {whose.label} | {'any' if is_one else f'`{policy}`'} | {answers} |")
    return "\n".join(lines)
