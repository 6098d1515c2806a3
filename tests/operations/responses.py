"""Answers as the tests speak of them, and what is left in the database."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User

from django_scim.models import Link, ProvisioningEvent, Record
from django_scim.models.record import UniqueValue


def without_meta(document: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without what the server assigns."""
    return {name: value for name, value in document.items() if name not in ("id", "meta", "groups")}


def stored() -> dict[str, list[Any]]:
    """Return everything that writes change, but the history: rows, records and what hangs on them."""
    return {
        "users": list(User.objects.order_by("pk").values()),
        "groups": list(Group.objects.order_by("pk").values()),
        "memberships": sorted(User.groups.through.objects.values_list("user_id", "group_id")),
        "records": list(Record.objects.order_by("pk").values()),
        "links": list(Link.objects.order_by("pk").values()),
        "unique values": list(UniqueValue.objects.order_by("pk").values()),
    }


def last_event() -> ProvisioningEvent:
    """Return the newest entry of the history."""
    return ProvisioningEvent.objects.order_by("pk")[ProvisioningEvent.objects.count() - 1]
