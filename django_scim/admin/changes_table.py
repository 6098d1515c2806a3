"""What a write changed, as a table: attribute by attribute, and in lists entry by entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from django_scim.admin.json_text import entry_text, in_line

MOST_ENTRIES = 100
"""How many entries of a list are shown; the export has them all."""

SIDES = (("before", "removed"), ("after", "added"))
"""The two sides of a change: of a value, and of the members of a collection."""


@dataclass(frozen=True)
class Name:
    """What people call the resource behind an ``id``, and the address of its page, if it may be followed."""

    text: str
    url: str | None


@dataclass(frozen=True)
class Entry:
    """A value on one side of a change.

    :param mark: ``removed`` or ``added``; empty for what is on both sides.
    """

    text: SafeString
    mark: str
    name: Name | None


@dataclass(frozen=True)
class Side:
    """The values before a change, or after it.

    :param more: How many more there are than are shown.
    """

    entries: Sequence[Entry]
    is_list: bool
    more: int


def changes_table(changes: Mapping[str, Any], names: Mapping[str, Name] | None = None) -> SafeString:
    """Return the changes of a :class:`~django_scim.models.ProvisioningEvent` as an HTML table.

    :param names: What is known of resources by their ``id``.
    """
    rows = [
        (attribute, [side_of(change, number, names or {}) for number in range(len(SIDES))])
        for attribute, change in changes.items()
    ]
    return render_to_string("admin/django_scim/provisioningevent/changes.html", {"rows": rows})


def side_of(change: Mapping[str, Any], number: int, names: Mapping[str, Name]) -> Side | None:
    """Return the first or the second side of a change, none if it has no value."""
    own = next((change[name] for name in SIDES[number] if name in change), None)
    if own is None:
        return None
    other = next((change[name] for name in SIDES[1 - number] if name in change), None)
    values = own if isinstance(own, list) else [own]
    kept = {in_line(value) for value in other} if isinstance(other, list) else set()
    mark = SIDES[number][1]
    entries = [
        Entry(entry_text(value), "" if in_line(value) in kept else mark, name_in(value, names))
        for value in values[:MOST_ENTRIES]
    ]
    return Side(entries, isinstance(own, list), len(values) - len(entries))


def name_in(value: Any, names: Mapping[str, Name]) -> Name | None:
    """Return the name of the resource that a value is the ``id`` of."""
    return names.get(value) if isinstance(value, str) else None


def members_in(changes: Mapping[str, Any]) -> list[str]:
    """Return the ``id`` values of members that the table shows, up to :data:`MOST_ENTRIES` of all changes."""
    members = [
        member
        for change in changes.values()
        for _, name in SIDES
        for member in change.get(name, [])[:MOST_ENTRIES]
        if isinstance(member, str)
    ]
    return list(dict.fromkeys(members))[:MOST_ENTRIES]
