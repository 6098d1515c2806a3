"""The policies of a host, as its settings name them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from django_scim.policies import ProposedWrite, Refused, allowed_groups, seat_limit

seen: list[ProposedWrite] = []
"""What :func:`look` was called with, until a test clears it."""

told: list[dict[str, Any]] = []
"""What it was told, which does not change afterwards."""


def look(write: ProposedWrite) -> None:
    """Allow everything, and keep it."""
    seen.append(write)
    told.append(
        {
            "operation": str(write.operation),
            "resource type": write.resource_type,
            "before": write.before,
            "after": write.after,
            "changes": dict(write.changes),
            "added": dict(write.members_added),
            "removed": dict(write.members_removed),
            "active": (write.was_active, write.is_active),
            "saved": write.instance.pk is not None,
        }
    )


def refuse(write: ProposedWrite) -> None:
    """Allow nothing."""
    raise Refused("not on a Sunday")


def deny(write: ProposedWrite) -> None:
    """Allow nothing, by Django's own exception."""
    raise PermissionDenied("only on weekdays")


def find_fault(write: ProposedWrite) -> None:
    """Allow no value."""
    raise ValidationError("no such person")


def change(write: ProposedWrite) -> None:
    """Give each user a title, and another family name, as SCIM and as the row have it."""
    if write.resource_type == "User" and write.operation != "delete":
        write.set("title", "Guest")
        write.instance.last_name = "Changed"  # type: ignore[attr-defined]


def rename(write: ProposedWrite) -> None:
    """Give each user a name of the project's own."""
    write.instance.username = "renamed"  # type: ignore[attr-defined]


def set_nonsense(write: ProposedWrite) -> None:
    """Set what there is not."""
    write.set("members", [])


two_seats = seat_limit(2)
any_seats = seat_limit(lambda _: None)
seats_by_name = seat_limit(lambda connection: 1 if connection.name == "Small" else 3)
guides_and_cooks = allowed_groups(["Guides", "Cooks"])
groups_by_name = allowed_groups(lambda connection: None if connection.name == "Big" else ["Guides"])
