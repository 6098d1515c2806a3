"""A resource while a request works on it, and the caller that the request is of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Items
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import router
from django.db.models import Model

from django_scim.allowance import Allowance
from django_scim.dialects.registry import Dialect, dialect_of
from django_scim.models import Connection, Record
from django_scim.schema.paths import Json

if TYPE_CHECKING:
    from django_scim.mappings.collection import Collection
    from django_scim.resources.resource_type import ResourceType


UNASSIGNED = "~unassigned"
"""The member of a record's document that is no attribute: no name of one begins like this."""


class Caller:
    """Who makes a request, and under which URL resources are read and written.

    :param connection: The identity provider; None if somebody of the project looks, or writes, for none.
    :param base_url: The absolute URL of the SCIM root, without a slash at its end; empty where no answer
        has it.
    :param limits: The scopes of the resource types that the token is limited to; none if it is not limited.
    :param allowance: What the work of the request may cost; without one, anything.
    """

    is_itself = False
    """Whether the caller is the resource that it reads and writes, at ``/Me``."""

    is_rehearsal = False
    """Whether what the caller writes is rolled back."""

    rehearsed_id: UUID | None = None
    """The ``id`` that a resource had when it was rehearsed, which is made again; None for a new one."""

    def __init__(
        self,
        connection: Connection | None,
        base_url: str = "",
        limits: Items[str] = (),
        allowance: Allowance | None = None,
    ) -> None:
        self.connection = connection
        self.base_url = base_url
        self.limits = frozenset(limits)
        self.allowance = Allowance() if allowance is None else allowance

    def may_name(self, resource_type: ResourceType) -> bool:
        """Whether the caller may learn what resources of a type are called that another one refers to."""
        return not self.limits or resource_type.scope in self.limits

    @property
    def acting(self) -> Connection:
        """The connection, where only an identity provider can be the caller.

        :raises AssertionError: If there is no connection.
        """
        assert self.connection is not None
        return self.connection

    @cached_property
    def dialect(self) -> Dialect:
        """How requests are read: as the connection says."""
        return dialect_of("" if self.connection is None else self.connection.dialect)

    def location(self, resource_type: ResourceType, identifier: str) -> str:
        """Return the URL of a resource."""
        return f"{self.base_url}{resource_type.endpoint}/{identifier}"


def leave(row: Model) -> None:
    """Do nothing for a row that is to be saved: most have all the room that they need."""


class Resource:
    """One resource: what mappings read from and write to.

    Mappings change the instance and say so with :meth:`touch`, or change :attr:`document`. What needs
    the row to exist first waits in :attr:`after_save`.
    """

    def __init__(self, resource_type: ResourceType, instance: Model, caller: Caller) -> None:
        self.resource_type = resource_type
        self.instance = instance
        self.caller = caller
        self.is_new = instance._state.adding
        """Whether the request makes the resource, of a new row or of a deleted one's."""
        self.database: str = instance._state.db or router.db_for_write(type(instance), instance=instance)
        self.was_administrator = False
        """Whether the row stood for an administrator before the write."""
        self.record: Record | None = None
        self.external_id: str | None = None
        self.fetched: dict[str, Any] = {}
        """What mappings fetched for a whole page, by the key of the mapping."""
        self.selection: Mapping[str, Items[str] | None] = {}
        """The attributes of the answer, each with its sub-attributes or None for all; empty in a write."""
        self.changed: dict[int, tuple[Model, set[str]]] = {}
        """The rows that have changed, by identity (a new row has no hash), and their fields."""
        self.changed_outside = False
        """Whether something changed that is not in :attr:`changed`, such as the document."""
        self.members_changed: dict[str, dict[str, list[Any]]] = {}
        """The primary keys that were added and removed, by the attribute of the relation."""
        self.collections: dict[str, Collection] = {}
        """The mappings of the relations that have changed."""
        self.after_save: list[Callable[[], Any]] = []
        self.make_room: Callable[[Model], None] = leave
        """Takes from the rows of deleted resources what stands in the way of a row that is to be saved."""
        self.is_arriving = False
        """Whether others may have waited for the resource: it has a name that it had not before."""
        self.is_adopted = False
        """Whether the write makes the caller the one that manages the resource."""
        self.is_joining = False
        """Whether the write makes an account that there is part of the caller's tenant."""
        self.is_ending = False
        """Whether the write takes an account out of the caller's tenant."""
        self.kept: list[str] = []
        """The attributes that the write leaves as they are, since the adapter keeps them."""
        self.notes: list[str] = []
        """What the history has to say of the write beside its changes."""

    @property
    def identifier(self) -> str:
        """The SCIM ``id``."""
        return self.resource_type.identifier(self.instance, self.record)

    @property
    def is_first_try(self) -> bool:
        """Whether the database has not yet refused the write for a unique column."""
        return self.make_room is leave

    @property
    def is_deleted(self) -> bool:
        """Whether the resource is deleted for SCIM, though its row is there."""
        return self.record is not None and self.record.deleted_at is not None

    @property
    def location(self) -> str:
        """The URL of the resource."""
        return self.caller.location(self.resource_type, self.identifier)

    @property
    def document(self) -> Json:
        """The attributes that no column holds."""
        if self.record is None:
            self.record = self.resource_type.new_record(self.instance)
        return self.record.attributes  # type: ignore[no-any-return]

    @property
    def unassigned(self) -> Json:
        """The values that a client removed and the host cannot be without, by attribute.

        No answer has such a value as long as the column keeps it: RFC 7644 section 3.5.2.2 makes what is
        removed unassigned.
        """
        found: Json = {} if self.record is None else self.record.attributes.get(UNASSIGNED, {})
        return found

    def unassign(self, attribute: str, value: Any) -> None:
        """Leave a value out of answers, though its column keeps it."""
        self.document[UNASSIGNED] = {**self.unassigned, attribute: value}
        self.changed_outside = True

    def assign(self, attribute: str) -> None:
        """Have a value in answers again, since a client has written it."""
        if attribute in self.unassigned:
            others = {name: value for name, value in self.unassigned.items() if name != attribute}
            self.document[UNASSIGNED] = others
            self.changed_outside = True

    @property
    def is_changed(self) -> bool:
        """Whether any write changed anything."""
        return bool(self.changed) or self.changed_outside

    def note_members(self, attribute: str, kind: str, keys: Sequence[Any], collection: Collection) -> None:
        """Note that members were added or removed.

        :param kind: ``added`` or ``removed``.
        """
        self.members_changed.setdefault(attribute, {}).setdefault(kind, []).extend(keys)
        self.collections[attribute] = collection
        self.changed_outside = True

    def changes_saved(self) -> None:
        """Forget the changes that are saved; those of relations are still to be put in the history."""
        self.changed.clear()
        self.changed_outside = False
        self.after_save.clear()

    def touch(self, instance: Model, *names: str) -> None:
        """Mark fields of the row, or of a row beside it, to be saved."""
        self.changed.setdefault(id(instance), (instance, set()))[1].update(names)
