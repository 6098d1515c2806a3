"""Asks the policies of the project about a write, and takes over what they change in it."""

from __future__ import annotations

import copy
from types import MappingProxyType
from typing import Any

from django.db.models import Model
from django.utils.module_loading import import_string

from django_scim.conf import get_settings
from django_scim.history.events import Attempt
from django_scim.mappings.collection import identifier_of
from django_scim.mappings.mapping import Mapping
from django_scim.models import Operation
from django_scim.operations.saving import Written, note, require_unique
from django_scim.policies import ProposedWrite
from django_scim.resources.resource import Resource
from django_scim.schema.paths import Json

MembersNamed = dict[str, tuple[str, ...]]
"""The ``id`` of members by the attribute of the relation."""


class Consultation:
    """What the policies are asked about one write.

    :param document: The attributes before the write.
    :param written: What is written; the policies may add to it.
    """

    def __init__(self, obj: Resource, attempt: Attempt, document: Json, written: Written) -> None:
        self.obj = obj
        self.attempt = attempt
        self.written = written
        self.own: Written = []
        """What the policies have added to it."""
        self.before = copy.deepcopy(document)
        for mapping in obj.resource_type.written_mappings:
            if mapping.path.is_secret:
                mapping.path.set(self.before, None)

    def ask(self, added: MembersNamed, removed: MembersNamed, *, was_active: bool) -> None:
        """Call the policies in their order; each sees what those before it have changed.

        They are not called if there is nothing to save.

        :raises PermissionDenied: If one refuses the write.
        :raises ValidationError: If one refuses a value.
        :raises UniquenessException: If one sets a value that another resource has.
        """
        if not self.is_needed:
            return
        for path in get_settings().POLICIES:
            columns = columns_of(self.obj.instance)
            proposed = ProposedWrite(
                operation=self.attempt.operation,
                resource=self.obj,
                before=self.before,
                changes=MappingProxyType(self.attempt.changes),
                members_added=added,
                members_removed=removed,
                was_active=was_active,
                written=self.written,
                write=self.write,
            )
            import_string(path)(proposed)
            self.take_over(columns)
        require_unique(self.obj, self.own)

    @property
    def is_needed(self) -> bool:
        """Whether the write changes anything."""
        obj, is_deletion = self.obj, self.attempt.operation is Operation.DELETE
        return bool(obj.is_new or obj.is_changed or obj.after_save or obj.is_adopted or is_deletion)

    def write(self, attribute: str, value: Any) -> None:
        """Change an attribute: see :meth:`~django_scim.policies.ProposedWrite.set`."""
        path = self.obj.resource_type.resolve(attribute)
        mapping = None if path is None else self.obj.resource_type.mapping_for(path)
        is_exact = path is not None and mapping is not None and mapping.path.key == path.key
        if mapping is None or not is_exact or not mapping.writable or mapping.unbounded:
            raise ValueError(f"a policy cannot set '{attribute}': no mapping writes it as a whole")
        if self.attempt.operation is Operation.DELETE:
            raise ValueError(f"a policy cannot set '{attribute}' of a resource that is to be deleted")
        value = mapping.respelled(value)
        self.obj.assign(mapping.path.key)
        mapping.write(self.obj, value)
        self.add(mapping, value)

    def take_over(self, columns: dict[str, Any]) -> None:
        """Save the columns that a policy has changed on the row itself, as the attributes that they hold."""
        row = self.obj.instance
        changed = {
            name for name, value in columns_of(row).items() if name not in columns or value != columns[name]
        }
        if not changed:
            return
        self.obj.touch(row, *changed)
        names = changed | {field.name for field in row._meta.concrete_fields if field.attname in changed}
        for mapping in self.obj.resource_type.written_mappings:
            if not names.isdisjoint(mapping.columns()) and not mapping.path.is_secret:
                self.add(mapping, mapping.read(self.obj))

    def add(self, mapping: Mapping, value: Any) -> None:
        """Add a value to what is written, and to the changes for the history."""
        for found in (self.written, self.own):
            found[:] = [entry for entry in found if entry[0] is not mapping]
            found.append((mapping, value))
        old = mapping.value_in(self.before)
        if old == value:
            self.attempt.changes.pop(mapping.path.key, None)
        else:
            note(self.attempt.changes, mapping, old, value)


def columns_of(row: Model) -> dict[str, Any]:
    """Return the values of the columns of a row that are loaded."""
    loaded = row.__dict__
    names = [field.attname for field in row._meta.concrete_fields if field.attname in loaded]
    # A copy, since a policy may change a list in place.
    return {name: copy.deepcopy(loaded[name]) for name in names}


def identifiers_in(values: Any) -> tuple[str, ...]:
    """Return the ``id`` of each member in the value of an attribute."""
    members = values if isinstance(values, list) else [values]
    return tuple(found for found in map(identifier_of, members) if found)
