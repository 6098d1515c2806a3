"""Events in the words of people: what happened, and who joined or left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from django_scim.models import Effect, MembershipChange, Outcome, ProvisioningEvent
from django_scim.resources.registry import registry
from django_scim.why.naming import names_of

MOST_NAMED = 3
"""How many of those who joined or left are named in a list."""

OF_MEMBERS = (Effect.JOINED, Effect.LEFT, Effect.MEMBERS)


def told(event: ProvisioningEvent) -> str:
    """Return what an event is, such as ``Joined Engineers``; of a refusal, what was asked for."""
    if event.outcome == Outcome.REFUSED:
        return _("Refused: %(operation)s") % {"operation": event.get_operation_display()}
    if event.effect in OF_MEMBERS:
        text = of_group(Effect(event.effect), event.display or event.resource_id)
    else:
        text = str(event.get_effect_display() or event.get_operation_display())
    return as_rehearsed(event, text)


def asked_for(event: ProvisioningEvent) -> str:
    """Return what a refused request was to do, as far as its body says that it was to lock somebody."""
    return _("Deactivate") if is_locking(event.request) else str(event.get_operation_display())


def is_locking(body: Any) -> bool:
    """Whether the body of a request sets ``active`` to false, in one of the ways in which providers do."""
    if not isinstance(body, Mapping):
        return False
    operations = body.get("Operations")
    parts = [body, *operations] if isinstance(operations, list) else [body]
    for part in parts:
        if not isinstance(part, Mapping):
            continue
        value = part.get("value")
        inner = value if isinstance(value, Mapping) else part
        named = value if str(part.get("path")).casefold() == "active" else inner.get("active")
        if str(named).casefold() == "false":
            return True
    return False


def as_rehearsed(event: ProvisioningEvent, text: str) -> str:
    """Return the text of an event, marked if nothing of it was done."""
    is_rehearsed = event.outcome == Outcome.REHEARSED
    return _("Rehearsed: %(event)s") % {"event": text} if is_rehearsed else text


def told_of_member(event: ProvisioningEvent, *, is_joined: bool) -> str:
    """Return what an event is to somebody who joined or left a group in it."""
    text = of_group(Effect.JOINED if is_joined else Effect.LEFT, event.display or event.resource_id)
    return as_rehearsed(event, text)


def told_of_group(event: ProvisioningEvent, *, is_joined: bool) -> str:
    """Return what an event of a member, such as its deletion, is to the group that it joined or left."""
    facts = {"member": event.display or event.resource_id}
    text = _("%(member)s joined") % facts if is_joined else _("%(member)s left") % facts
    return as_rehearsed(event, text)


def of_group(effect: Effect, group: str) -> str:
    """Return that somebody joined or left a group."""
    texts = {Effect.JOINED: _("Joined %(group)s"), Effect.LEFT: _("Left %(group)s")}
    return texts.get(effect, _("Joined and left %(group)s")) % {"group": group}


def attach_summaries(events: Sequence[ProvisioningEvent]) -> None:
    """Set the summary of events in which members joined or left to who that was, in a few queries."""
    of_members = [event for event in events if event.effect in OF_MEMBERS]
    if not of_members:
        return
    # One more than are named tells whether there are more.
    changes = MembershipChange.objects.filter(event__in=of_members, position__lte=MOST_NAMED)
    own: dict[Any, list[MembershipChange]] = defaultdict(list)
    for change in changes.order_by("event", "position"):
        own[change.event_id].append(change)
    names = names_of_members([change for found in own.values() for change in found])
    for event in of_members:
        if found := own.get(event.pk):
            sign = {True: "+", False: "-"} if event.effect == Effect.MEMBERS else {True: "", False: ""}
            texts = [
                sign[change.is_joined] + names.get((change.member_type, change.member_key), change.member_key)
                for change in found[:MOST_NAMED]
            ]
            event.summary = ", ".join([*texts, *(["…"] if len(found) > MOST_NAMED else [])])


def names_of_members(changes: Sequence[MembershipChange]) -> dict[tuple[str, str], str]:
    """Return what members are called, by their resource type and their key, in a query for each type."""
    found: dict[tuple[str, str], str] = {}
    for resource_type in registry():
        keys = {change.member_key for change in changes if change.member_type == resource_type.name}
        pk = resource_type.model._meta.pk
        names = names_of(resource_type, [pk.to_python(key) for key in keys]) if keys else {}
        found |= {(resource_type.name, str(key)): name for key, name in names.items()}
    return found
