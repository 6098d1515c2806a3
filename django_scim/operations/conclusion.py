"""The end of a write: deprovisions an account that is no longer active, and sends the signals."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.dispatch import Signal

from django_scim import signals
from django_scim.history.events import Attempt, Membership
from django_scim.mappings.collection import SHOWN_KEYS
from django_scim.operations.arrivals import arrive
from django_scim.operations.breaker import guard
from django_scim.operations.ending import end
from django_scim.operations.protection import require_permitted_outcome
from django_scim.resources.resource import Resource

BATCH = 500
"""The most members that one signal names."""

Announcement = tuple[Signal, dict[str, Any]]
"""A signal, and what it says beside what all signals of a write say."""


def was_active(obj: Resource) -> bool | None:
    """Return whether a resource is active before a write, or None for a row that the write creates.

    A deleted resource is not active, whatever its row says.
    """
    if obj.instance._state.adding or obj.is_joining:
        return None
    return not obj.is_deleted and obj.resource_type.adapter.is_active(obj)


def conclude(obj: Resource, attempt: Attempt, signal: Signal, active_before: bool | None) -> None:
    """Deprovision a resource that is not active now, and send the signals after the commit.

    Call it in the transaction of the write, after everything is saved. If the write deletes the row, call it
    before.

    :param signal: ``resource_created``, ``resource_updated`` or ``resource_deleted``.
    :param active_before: The result of :func:`was_active` before the write.
    :raises ForbiddenException: If the resource is protected after the write, or if it was the last
        administrator.
    :raises LimitExceeded: If the connection has reached its limit of what hurts.
    """
    is_deleted = signal is signals.resource_deleted
    is_active = not is_deleted and obj.resource_type.adapter.is_active(obj)
    obj.resource_type.adapter.settle(obj, active_before, is_active=is_active, is_deleted=is_deleted)
    if obj.is_ending and not is_deleted and obj.resource_type.adapter.is_shared:
        end(obj)
    if not is_deleted:
        arrive(obj, attempt)
    if obj.kept:
        obj.notes.append(
            f"left as they are, since the account is not this connection's: {', '.join(obj.kept)}"
        )
    attempt.notes.extend(obj.notes)
    is_changed = bool(attempt.changes) or signal is signals.resource_created
    require_permitted_outcome(obj, is_changed=is_changed, is_deleted=is_deleted)
    attempt.was_active, attempt.is_active = active_before, is_active
    attempt.is_matched = obj.is_joining or (active_before is not None and is_taken_over(obj, attempt))
    attempt.deactivated = bool(active_before) and not is_active
    attempt.activated = active_before is False and is_active
    attempt.named_by = obj.resource_type.adapter.matched_by
    attempt.memberships = list(memberships_of(obj))
    guard(obj, attempt, was_active=active_before, is_deleted=is_deleted)
    if active_before is not None and not is_active and not attempt.is_rehearsal:
        # It may end what no rollback brings back, such as sessions in a cache.
        obj.resource_type.adapter.deprovision(obj)
    announcements = list(announcements_of(obj, attempt, signal, active_before, is_active))
    if announcements:
        context = {
            # A copy, since Django clears the primary key of a row that is deleted.
            "instance": copy.copy(obj.instance),
            "resource_type": obj.resource_type.name,
            "connection": attempt.connection,
            "request_id": attempt.request_id,
        }
        callback = partial(send, obj.resource_type.model, announcements, context)
        transaction.on_commit(callback, using=obj.database, robust=True)


def is_taken_over(obj: Resource, attempt: Attempt) -> bool:
    """Whether a write makes a resource that was there the connection's, or gives it an ``externalId``."""
    return obj.is_adopted or attempt.changes.get("externalId", {"before": None}).keys() == {"after"}


def memberships_of(obj: Resource) -> Iterator[Membership]:
    """Yield who has joined or left a resource, as far as the history names them."""
    for attribute, kinds in obj.members_changed.items():
        other = getattr(obj.collections[attribute], "other", None)
        if other is None:
            continue
        for kind, keys in kinds.items():
            for key in keys[:SHOWN_KEYS]:
                yield Membership(other.name, str(key), kind == "added")


def announcements_of(
    obj: Resource, attempt: Attempt, signal: Signal, active_before: bool | None, is_active: bool
) -> Iterator[Announcement]:
    """Yield what a write is to the host, in the order in which it is sent."""
    # A dictionary of its own: another try of the same write clears that of the attempt.
    changes = {key: change for key, change in attempt.changes.items() if key not in obj.members_changed}
    if signal is signals.resource_created or (signal is signals.resource_updated and changes):
        yield signal, {"changes": changes}
    if attempt.former_id:
        yield signals.resource_rehired, {"changes": changes, "former_id": attempt.former_id}
    if active_before is False and is_active:
        yield signals.resource_activated, {"changes": changes}
    elif active_before and not is_active:
        yield signals.resource_deactivated, {"changes": changes}
    if signal is signals.resource_deleted:
        yield signal, {"changes": changes}
        return
    for attribute, kinds in obj.members_changed.items():
        net = Counter(kinds.get("added", ()))
        net.subtract(kinds.get("removed", ()))
        for members_signal, kind in ((signals.members_removed, -1), (signals.members_added, 1)):
            keys = [key for key, count in net.items() if count == kind]
            for start in range(0, len(keys), BATCH):
                yield members_signal, {"attribute": attribute, "keys": keys[start : start + BATCH]}


def send(sender: type[Model], announcements: list[Announcement], context: dict[str, Any]) -> None:
    """Send the signals of a write. Django logs a receiver that fails, and calls the others."""
    for signal, arguments in announcements:
        signal.send_robust(sender=sender, **context, **arguments)
