"""Members of several resource types, such as groups that hold people and other groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.db.models import Q

from django_scim.mappings.collection import Collection, identifier_of
from django_scim.mappings.dependencies import Dependency
from django_scim.mappings.members import Members
from django_scim.mappings.nesting import leave_out, require_types
from django_scim.sql.sources import Source

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource


class Combined(Collection):
    """``Combined(Members("user_set", to="User"), Members("subgroups", to="Group"))``.

    A value belongs to the first relation whose resource type has its ``id``. The history and the signals
    tell of each relation by itself, under names such as ``members[type eq "Group"]``.

    :param parts: A relation for each resource type that a value may be of.
    """

    has_own_index = True
    sortable = False

    def __init__(self, *parts: Members) -> None:
        self.parts = parts

    def prepare(self) -> None:
        self.parts = tuple(part.bind(self.resource_type, self.path) for part in self.parts)
        for part in self.parts:
            part.note_key = f'{self.path.key}[type eq "{part.type}"]'

    @property
    def places(self) -> Sequence[str]:
        return [part.relation for part in self.parts]

    def check(self) -> Iterable[CheckMessage]:
        return chain.from_iterable(part.check() for part in self.parts)

    def dependencies(self) -> Iterable[Dependency]:
        return chain.from_iterable(part.dependencies() for part in self.parts)

    def fetch(self, objects: Sequence[Resource]) -> None:
        for part in self.parts:
            part.fetch(objects)

    def read(self, obj: Resource) -> Any:
        return [value for part in self.parts for value in part.read(obj) or ()] or None

    def add(self, obj: Resource, values: Sequence[Any]) -> None:
        """Add members; one that is there already is no change.

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        for part, keys in self.keys_by_part(obj, values):
            part.add_keys(obj, keys)

    def remove(self, obj: Resource, values: Sequence[Any]) -> None:
        for part in self.parts:
            part.remove(obj, values)

    def remove_where(self, obj: Resource, condition: Callable[[Source], Q]) -> int:
        return sum(part.remove_where(obj, condition) for part in self.parts)

    def replace(self, obj: Resource, values: Sequence[Any]) -> None:
        """Make the members exactly those that are given.

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        for part, keys in self.keys_by_part(obj, values):
            part.replace_keys(obj, keys)

    def on_delete(self, obj: Resource) -> None:
        for part in self.parts:
            part.on_delete(obj)

    def shown(self, keys: Sequence[Any]) -> list[str]:
        """Return the keys as they are: each relation notes its own."""
        return [str(key) for key in keys]

    def keys_by_part(self, obj: Resource, values: Sequence[Any]) -> list[tuple[Members, list[Any]]]:
        """Return the primary keys that values name, by the relation whose resource type has them.

        :raises InvalidValueException: If a value names no resource that the connection can see, or says that
            it has another type than it has.
        """
        missing = dict.fromkeys(identifier_of(value) for value in values)
        found = []
        for part in self.parts:
            known = part.known(obj, list(missing), locks=True)
            found.append((part, list(known.values())))
            require_types(part, [value for value in values if identifier_of(value) in known])
            for identifier in known:
                del missing[identifier]
        unknown = [value for value in values if identifier_of(value) in missing]
        leave_out(self, obj, unknown, [part.to for part in self.parts])
        return found

    def sources(self, caller: Caller) -> Sequence[Source]:
        return [source for part in self.parts for source in part.sources(caller)]
