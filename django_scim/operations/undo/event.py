"""The write that gives back what one event of the history has changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from scim2_models import ConflictException

from django_scim.history.excerpts import NOT_KEPT, SHORTENED
from django_scim.history.redaction import REDACTED
from django_scim.mappings.collection import batches
from django_scim.mappings.members import Members
from django_scim.models import Effect, Operation, ProvisioningEvent
from django_scim.operations.conclusion import conclude
from django_scim.operations.parking import take_back
from django_scim.operations.saving import Written, apply, note_differences
from django_scim.operations.staff import Author, WriteByStaff
from django_scim.operations.write import database_of, locked_object, locked_row, not_found
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json, is_assigned

SERVED = {"$ref", "display", "displayName"}
"""What the server adds to a value that refers to a resource."""


@dataclass(frozen=True)
class Left:
    """What stays as it is, in the language of who reads it.

    :param attribute: The attribute, or "" for the whole resource.
    """

    reason: str | Promise
    attribute: str = ""

    def __str__(self) -> str:
        return f"{self.attribute}: {self.reason}" if self.attribute else str(self.reason)


def in_line(left: Iterable[Left]) -> str:
    """Return reasons in a line."""
    return "; ".join(map(str, left))


class UndoEvent(WriteByStaff):
    """Gives back what one event has changed, as far as nothing of it has changed since.

    Attributes have the values that they had, members are in again or out again, and what was deleted is there
    again. What cannot be given back, or has changed since, is in :attr:`left` with the reason.

    :param is_rehearsal: Whether the caller rolls it back: then nothing is deprovisioned.
    """

    def __init__(
        self,
        resource_type: ResourceType,
        event: ProvisioningEvent,
        author: Author,
        *,
        is_rehearsal: bool = False,
    ) -> None:
        attempt = author.attempt(resource_type, f"{event.operation} of {event.time:%Y-%m-%d %H:%M:%S} undone")
        super().__init__(resource_type, Caller(event.connection), attempt)
        attempt.effect = Effect.RESTORED if event.operation == Operation.DELETE else None
        self.event = event
        self.is_rehearsal = is_rehearsal
        self.left: list[Left] = []
        """What stays as it is, with the reason."""

    @property
    def is_of_deletion(self) -> bool:
        return self.event.operation == Operation.DELETE

    def lock(self) -> Resource:
        """Return the resource of the event, deleted or not.

        :raises NotFoundException: If its row is gone, belongs to another resource by now, or cannot be seen.
        """
        self.left.clear()
        identifier = self.event.resource_id
        rows = self.resource_type.rows(self.caller.connection).using(database_of(self.resource_type))
        instance = locked_row(self.resource_type, self.resource_type.identified(rows, identifier))
        if instance is None:
            raise not_found(self.resource_type, identifier)
        obj = locked_object(self.resource_type, instance, self.caller)
        if obj.identifier != identifier:
            raise not_found(self.resource_type, identifier)
        return obj

    def change(self) -> Written:
        """Put back what the event has changed.

        :raises ConflictException: If the resource was deleted since, or is not deleted any more.
        """
        self.is_unchanged = bool(self.event.version) and self.event.version == self.resource_type.version(
            self.obj
        )
        if self.obj.is_deleted is not self.is_of_deletion:
            raise ConflictException(
                detail=str(_("it is deleted") if self.obj.is_deleted else _("it is there again"))
            )
        claimed = self.restored() if self.is_of_deletion else []
        target = copy.deepcopy(self.document)
        relations = relations_of(self.resource_type)
        for key, sides in self.event.changes.items():
            if key in relations:
                give = partial(self.give_members, key, relations[key], sides)
                self.obj.after_save.append(give)
            elif reason := self.give(key, sides, target):
                self.left.append(Left(reason, key))
        written = apply(self.obj, self.document, target, {}, removes=True)
        mapped = [mapping for mapping, _ in written]
        return [*written, *(each for each in claimed if each[0] not in mapped)]

    def restored(self) -> Written:
        """Remove the tombstone, and give back the name that the connection had for the resource.

        :returns: The unique values: the deletion gave them up, and they are claimed again.
        """
        record = self.obj.record
        assert record is not None
        take_back(self.obj, is_required=True)
        record.deleted_at, record.former_digest = None, ""
        self.obj.changed_outside = self.obj.is_arriving = True
        for mapping in self.resource_type.mappings.values():
            mapping.on_restore(self.obj)
        if self.event.external_id and self.obj.external_id is None:
            self.resource_type.mappings["externalId"].write(self.obj, self.event.external_id)
        if not self.event.changes:
            self.resource_type.adapter.activate(self.obj)
        mappings = [mapping for mapping in self.resource_type.written_mappings if mapping.is_unique]
        document = self.current()
        return [(mapping, mapping.value_in(document)) for mapping in mappings]

    def give(self, key: str, sides: Mapping[str, Any], target: Json) -> str | Promise:
        """Put the former value of an attribute into a document.

        :returns: Why it cannot be; empty if it is done, or if it has the value already.
        """
        mapping = self.resource_type.mappings.get(key)
        if mapping is None or not mapping.writable:
            return _("it cannot be written")
        if mapping.path.is_secret or is_hidden(sides):
            return _("the history does not keep what it was")
        now, before = mapping.value_in(self.document), sides.get("before")
        if is_same(before, now):
            return ""
        if not self.is_unchanged and not is_same(sides.get("after"), now):
            return _("it has changed since")
        mapping.path.set(target, before)
        return ""

    def give_members(self, key: str, relation: Members, sides: Mapping[str, list[str]]) -> None:
        """Put members in that the event took out, and take those out that it put in."""
        self.left = [left for left in self.left if left.attribute != key]
        if sides.get("more"):
            self.left.append(Left(_("the history names the first ones alone"), key))
        removed, added = (set(sides.get(kind, ())) for kind in ("removed", "added"))
        gone = 0
        for batch in batches(sorted(removed - added)):
            keys = relation.keys_shown(batch)
            there = relation.existing(self.obj, keys)
            gone += len(batch) - len(there)
            relation.add_keys(self.obj, there)
        for batch in batches(sorted(added - removed)):
            relation.remove_keys(self.obj, relation.keys_shown(batch))
        if gone:
            self.left.append(Left(format_lazy(_("{number} of them are gone"), number=gone), key))

    def save(self, written: Written) -> None:
        """Save, and compare the documents.

        :raises ConflictException: If nothing is given back.
        """
        super().save(written)
        note_differences(self.obj, self.document, self.read(), self.attempt.changes)
        if not self.attempt.changes and not self.is_of_deletion:
            raise ConflictException(detail=in_line(self.left) or str(_("nothing is left to give back")))
        if self.left:
            # The history is in English, whoever has pressed the button.
            with override(None):
                self.obj.notes.append(f"left as it is: {in_line(self.left)}")

    def conclude(self) -> None:
        """Write the event, and send the signals after the commit."""
        conclude(self.obj, self.attempt, self.signal, None if self.is_rehearsal else self.active_before)
        self.attempt.version = self.resource_type.version(self.obj)
        self.attempt.succeeded(self.status)


def relations_of(resource_type: ResourceType) -> dict[str, Members]:
    """Return the relations by the key that the history has for their changes."""
    parts = [
        part for mapping in resource_type.mappings.values() for part in getattr(mapping, "parts", (mapping,))
    ]
    return {part.note_key: part for part in parts if isinstance(part, Members)}


def is_hidden(value: Any) -> bool:
    """Whether something in a value was not kept."""
    if isinstance(value, dict):
        return any(is_hidden(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(is_hidden, value))
    return isinstance(value, str) and (value in (REDACTED, NOT_KEPT) or value.endswith(SHORTENED))


def is_same(kept: Any, now: Any) -> bool:
    """Whether a value is the one that the history has, which may be without what the project adds to it."""
    return holds(*(json.loads(json.dumps(value, cls=DjangoJSONEncoder)) for value in (kept, now)))


def holds(kept: Any, now: Any) -> bool:
    if not is_assigned(kept) or not is_assigned(now):
        return is_assigned(kept) == is_assigned(now)
    if isinstance(kept, dict) and isinstance(now, dict):
        names = [name for name in kept if not ("value" in kept and name in SERVED)]
        return all(holds(kept[name], now.get(name)) for name in names)
    if isinstance(kept, list) and isinstance(now, list):
        return len(kept) == len(now) and all(any(holds(each, other) for other in now) for each in kept)
    return bool(kept == now)
