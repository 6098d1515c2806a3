"""The pipeline of every write, from the lock to the event.

A write takes these steps in one transaction, and repeats all of them after a deadlock: **lock** the row,
check ``If-Match``, **read** the document, ask the **authority**, **change** the document, **save** the rows
and the **record**, and **conclude**: deprovision, send signals, write the event. POST, PUT, PATCH, DELETE and
the writes of people of the project are subclasses of :class:`Write`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Self, TypeVar

from django.db import IntegrityError, router
from django.db.models import Model, QuerySet
from django.dispatch import Signal
from scim2_models import Context, NotFoundException, UniquenessException

from django_scim.adapters.adapter import Adapter
from django_scim.allowance import WRITE
from django_scim.conf import get_settings
from django_scim.history.events import Attempt
from django_scim.operations.conclusion import conclude, was_active
from django_scim.operations.consulting import Consultation, MembersNamed, identifiers_in
from django_scim.operations.parking import make_room
from django_scim.operations.payloads import validated
from django_scim.operations.preconditions import require_match
from django_scim.operations.refusals import readable_refusals
from django_scim.operations.saving import Written, save
from django_scim.resources.authority import Act, authorize
from django_scim.resources.loading import attach_records, fetch, rows_of_id
from django_scim.resources.projection import bounded_projection, without_unbounded
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json
from django_scim.signals import resource_updated
from django_scim.sql.timeouts import transaction_within_limits
from django_scim.sql.transactions import locked, run

Result = TypeVar("Result")


class Write(ABC):
    """One write to one resource.

    :param attempt: The attempt of the request. The write adds the result.
    :param if_match: The ``If-Match`` header of the request, or None.
    """

    signal: ClassVar[Signal] = resource_updated
    """What the host is told."""

    status = 200
    """The status of the response, for the history."""

    obj: Resource
    """The resource, from the lock on."""

    makes_room = False
    """Whether the database has refused the write for a unique column before."""

    document: Json
    """Its attributes before the change, without collections."""

    def __init__(
        self,
        resource_type: ResourceType,
        caller: Caller,
        attempt: Attempt,
        *,
        if_match: str | None = None,
    ) -> None:
        self.resource_type = resource_type
        self.caller = caller
        self.attempt = attempt
        self.if_match = if_match

    def run(self) -> Resource:
        """Run the write, and return the resource as it is afterwards.

        :raises NotFoundException: If there is no such resource.
        :raises PreconditionFailedException: If it has changed since the version in ``If-Match``.
        :raises ForbiddenException: If it is protected.
        :raises UniquenessException: If another resource has one of its unique values.
        :raises SCIMException: If the request is not valid, or the project refuses it.
        """
        with readable_refusals([self.resource_type], partial(written_by, [self])):
            work = self.caller.allowance.counted_once(self.perform)
            return with_room([self], lambda: in_transaction(database_of(self.resource_type), work))

    def perform(self) -> Resource:
        """Take all steps, in the transaction of the write."""
        self.begin()
        self.save_change()
        self.conclude()
        return self.obj

    def save_change(self) -> None:
        """Change the resource, ask the policies of the project, and save what has changed."""
        written = self.change()
        self.consult(written)
        self.save(written)

    def begin(self) -> None:
        """Lock the resource, check that it may be written, and read its document."""
        self.attempt.start()
        self.obj = self.lock()
        self.prepare_room()
        if self.if_match is not None:
            require_match(self.if_match, self.resource_type.version(self.obj))
        self.document = self.read()
        self.charge()
        self.authorize()
        self.active_before = was_active(self.obj)

    def charge(self) -> None:
        """Count what the write costs for itself, and for what it reads.

        :raises CostExceeded: If that is too much, with what the request has done before.
        """
        self.caller.allowance.charge(WRITE)
        self.caller.allowance.charge_document(self.document)

    def prepare_room(self) -> None:
        """Let rows that are saved have the room that deleted resources take, if that is in the way."""
        if self.makes_room:
            self.obj.make_room = partial(make_room, self.attempt, self.obj.database)

    @abstractmethod
    def lock(self) -> Resource:
        """Return the resource, with its row locked.

        :raises NotFoundException: If there is no such resource.
        """

    def authorize(self) -> None:
        """Refuse a write that the caller may not make.

        :raises ForbiddenException: With the reason.
        """
        authorize(self.obj, self.act)
        if self.obj.is_adopted:
            self.attempt.notes.append("adopted: it was made by hand")

    @property
    def act(self) -> Act:
        """What the write does to the resource."""
        return Act.MATCH if self.names_resource() else Act.CHANGE

    def names_resource(self) -> bool:
        """Whether the request names the resource, or gives it an ``externalId``."""
        return False

    def is_named_by(self, key: str, value: Any) -> bool:
        """Whether an attribute in a request names the resource."""
        if key == "externalId":
            return bool(value)
        mapping = self.resource_type.mappings.get(key)
        if mapping is None or key != self.resource_type.adapter.matched_by or not isinstance(value, str):
            return False
        return bool(mapping.compared(self.document.get(key)) == mapping.compared(value))

    def read(self) -> Json:
        """Return the document of the resource, and set its names in the attempt."""
        document = self.current()
        self.attempt.identify(*self.resource_type.names(document))
        return document

    def current(self) -> Json:
        """Return the document of the resource as it is now."""
        projection = bounded_projection(self.resource_type)
        fetch([self.obj], projection, is_shown=False)
        return projection.read(self.obj)

    @abstractmethod
    def change(self) -> Written:
        """Change the resource in memory. Return the mappings that were written, with their values."""

    def consult(self, written: Written) -> None:
        """Ask the policies of the project about what is to be saved."""
        if get_settings().POLICIES:
            consultation = Consultation(self.obj, self.attempt, self.document, written)
            consultation.ask(*self.members_named(), was_active=bool(self.active_before))

    def members_named(self) -> tuple[MembersNamed, MembersNamed]:
        """Return the members that the request puts in, and those that it takes out."""
        return {}, {}

    def save(self, written: Written) -> None:
        """Save what has changed, and add it to the changes for the history."""
        save(self.obj, written, self.attempt.changes)

    def conclude(self) -> None:
        """Deprovision, send signals, and write the event."""
        conclude(self.obj, self.attempt, self.signal, self.active_before)
        self.attempt.version = self.resource_type.version(self.obj)
        self.attempt.succeeded(self.status)


class DocumentWrite(Write):
    """A write of a whole resource, which the body of the request describes: POST and PUT."""

    context: ClassVar[Context]
    """What scim2-models checks the body as."""

    body: Json
    """The resource of the body, from :meth:`read_body` on."""

    def read_body(self, payload: Any) -> Self:
        """Take the resource that a request's body describes; return the write itself.

        :raises SCIMException: If the body is not a valid resource.
        """
        self.body = validated(self.resource_type, payload, self.context, self.caller, self.attempt)
        self.charge_body()
        self.attempt.identify(*self.resource_type.names(self.body))
        return self

    def charge_body(self) -> None:
        """Count what it takes to read and to write the body.

        :raises CostExceeded: If it is too much.
        """
        self.caller.allowance.charge_document(without_unbounded(self.resource_type, self.body))

    def names_resource(self) -> bool:
        return any(self.is_named_by(key, value) for key, value in self.body.items())

    def members_named(self) -> tuple[MembersNamed, MembersNamed]:
        relations = [mapping for mapping in self.resource_type.written_mappings if mapping.unbounded]
        named = {mapping.path.key: identifiers_in(mapping.value_in(self.body)) for mapping in relations}
        return {key: found for key, found in named.items() if found}, {}


class WriteById(Write):
    """A write to the resource of an ``id``: PUT, PATCH and DELETE."""

    def __init__(
        self,
        resource_type: ResourceType,
        identifier: str,
        caller: Caller,
        attempt: Attempt,
        *,
        if_match: str | None = None,
    ) -> None:
        super().__init__(resource_type, caller, attempt, if_match=if_match)
        self.identifier = identifier

    def lock(self) -> Resource:
        """Return the resource of the ``id``, if the connection can see one."""
        return lock(self.resource_type, self.identifier, self.caller)


def written_by(writes: Iterable[Write]) -> list[Resource]:
    """Return the resources of some writes, as far as they were found."""
    return [write.obj for write in writes if hasattr(write, "obj")]


TRIES = 3
"""How often a transaction is run that a unique column refuses: as it is, with room, and once more. Another
request may have taken the room meanwhile, and what it has made may be there to be joined."""


def with_room(writes: Sequence[Write], work: Callable[[], Result]) -> Result:
    """Run a transaction; again, with the room that deleted resources take, if a unique column refused it.

    :param writes: The writes in the transaction.
    """
    for _ in range(TRIES - 1):
        try:
            return work()
        except UniquenessException as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
        for write in writes:
            write.makes_room = True
    return work()


def in_transaction(database: str, work: Callable[[], Result]) -> Result:
    """Run work of a request in one transaction, within the limits of requests."""
    return run(database, work, begin=transaction_within_limits)


def database_of(resource_type: ResourceType) -> str:
    """Return the database that the rows of a resource type are written to."""
    return router.db_for_write(resource_type.model)


def lock(resource_type: ResourceType, identifier: str, caller: Caller) -> Resource:
    """Return a resource with its record, and with its row locked.

    :raises NotFoundException: If the connection can see no resource with this ``id``.
    """
    instance = row_to_write(resource_type, identifier, caller)
    if instance is None:
        raise not_found(resource_type, identifier)
    obj = locked_object(resource_type, instance, caller)
    if obj.is_deleted or obj.identifier != identifier:
        raise not_found(resource_type, identifier)
    return obj


def row_to_write(resource_type: ResourceType, identifier: str, caller: Caller) -> Model | None:
    """Return the row of an ``id``, locked, or None if the caller sees none."""

    def visible() -> QuerySet[Any]:
        return resource_type.rows(caller.connection).using(database_of(resource_type))

    database, connection = database_of(resource_type), caller.connection
    rows = None
    # What a row shares with others is locked first, by the adapter.
    shares_parts = type(resource_type.adapter).lock_parts is not Adapter.lock_parts
    if not (shares_parts or resource_type.adapter.is_shared):
        rows = rows_of_id(
            resource_type, connection, identifier, lambda: locked(visible()), database, "locked"
        )
    if rows is None:
        return locked_row(resource_type, resource_type.identified(visible(), identifier))
    return next(iter(rows), None)


def rows_of(resource_type: ResourceType, caller: Caller) -> QuerySet[Any]:
    """Return the rows that a caller may get: of those that tenants share, any, until it has joined."""
    return resource_type.rows(None if resource_type.adapter.is_shared else caller.connection)


def locked_row(resource_type: ResourceType, rows: QuerySet[Any]) -> Model | None:
    """Return the first of some rows or None, with its row locked, after what it shares with others."""
    resource_type.adapter.lock_parts(rows)
    return locked(rows).first()


def locked_object(resource_type: ResourceType, instance: Model, caller: Caller) -> Resource:
    """Return the resource of a locked row, with its record and its related rows.

    The related rows are read after the lock, so that no other request changes them. They are read from the
    same database: a host's router may choose another one for a relation that is loaded later.
    """
    if resource_type.joins:
        rows = rows_of(resource_type, caller).using(instance._state.db)
        instance = rows.defer(None).select_related(*resource_type.joins).get(pk=instance.pk)
    obj = Resource(resource_type, instance, caller)
    obj.was_administrator = resource_type.adapter.is_administrator(instance)
    attach_records([obj], is_locked=True)
    return obj


def not_found(resource_type: ResourceType, identifier: str) -> NotFoundException:
    """Return the error of an ``id`` for which there is no resource."""
    return NotFoundException(detail=f"there is no {resource_type.name} with the id '{identifier}'")
