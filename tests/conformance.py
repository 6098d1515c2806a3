"""What the checks of ``scim2-tester`` say."""

from __future__ import annotations

from collections.abc import Iterable

from scim2_tester import CheckResult, Status

PASSED = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}


def readable(results: Iterable[CheckResult]) -> str:
    """Return a paragraph for each check: what was checked, of which resource type, and what came of it."""
    return "\n\n".join(
        f"{result.status.name} {result.title} {result.resource_type or ''}\n"
        f"    {result.reason}\n    {str(result.data)[:1000]}"
        for result in results
    )
