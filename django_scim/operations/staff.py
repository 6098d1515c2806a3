"""What people of the project do to resources, in the admin: restore, deactivate, unlink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Model, Q
from scim2_models import ConflictException, ForbiddenException, NotFoundException

from django_scim.adapters.tenancy import key_to_tenant
from django_scim.history.events import Attempt
from django_scim.models import Connection, Link, Operation, Outcome, ProvisioningEvent
from django_scim.operations.saving import Written, note_differences, save_record
from django_scim.operations.write import Write, database_of, locked_object, not_found
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json
from django_scim.sql.transactions import locked


@dataclass(frozen=True)
class Author:
    """Somebody of the project who changes resources.

    :param name: What the history calls the person.
    :param request_id: What the history knows the request by; changes of one request share it.
    """

    name: str
    request_id: str

    def attempt(self, resource_type: ResourceType, deed: str) -> Attempt:
        """Return what the author does to a resource, for the history.

        It has no connection and no method: no identity provider has sent a request.

        :param deed: The past participle of it, such as ``restored``.
        """
        attempt = Attempt(
            Operation.MODIFY,
            connection=None,
            token=None,
            request_id=self.request_id,
            resource_type=resource_type.name,
        )
        attempt.detail = f"{deed} by {self.name}"
        return attempt


class StaffWrite(Write):
    """A write that somebody of the project makes to a resource, deleted or not, and no identity provider.

    :param key: The primary key of its row.
    :raises NotFoundException: If the row is gone, or no connection can see it.
    """

    deed: ClassVar[str]
    """The past participle of it, for the history."""

    def __init__(self, resource_type: ResourceType, key: Any, author: Author) -> None:
        attempt = author.attempt(resource_type, self.deed)
        super().__init__(resource_type, caller_for(resource_type, key), attempt)
        self.key = key

    def lock(self) -> Resource:
        rows = self.resource_type.rows(self.caller.connection).using(database_of(self.resource_type))
        instance = locked(rows.filter(pk=self.key)).first()
        if instance is None:
            raise not_found(self.resource_type, str(self.key))
        return locked_object(self.resource_type, instance, self.caller)

    def read(self) -> Json:
        """Return the document, and note which resource it is: no request has named it."""
        self.attempt.resource_id = self.obj.identifier
        return super().read()

    def save(self, written: Written) -> None:
        """Save, and note what differs: nothing was sent that would say what changes."""
        super().save(written)
        note_differences(self.obj, self.document, self.read(), self.attempt.changes)

    @property
    def is_deleted(self) -> bool:
        """Whether the resource is deleted for SCIM."""
        return self.obj.record is not None and self.obj.record.deleted_at is not None


class Restore(StaffWrite):
    """Serves a deleted resource again, and makes it active as the adapter says.

    It has its attributes again. What its deletion ended stays so: memberships, sessions, tokens, and what
    connections called it. If another resource has a unique value of it by now, that is a conflict.
    """

    deed = "restored"

    def change(self) -> Written:
        """Remove the tombstone.

        :raises ConflictException: If the resource is not deleted, or no longer.
        """
        if self.obj.record is None or not self.is_deleted:
            raise ConflictException(detail=f"this {self.resource_type.name} is not deleted")
        self.obj.record.deleted_at = None
        self.obj.changed_outside = True
        self.resource_type.adapter.activate(self.obj)
        mappings = [mapping for mapping in self.resource_type.written_mappings if mapping.is_unique]
        # Their values were given up by the deletion, and are claimed again.
        return [(mapping, mapping.value_in(self.document)) for mapping in mappings]


class Deactivate(StaffWrite):
    """Makes a resource inactive as the adapter says, and ends what it could do, as after a write over SCIM.

    One that is inactive already is deprovisioned again.
    """

    deed = "deactivated"

    def change(self) -> Written:
        """Deactivate it.

        :raises ConflictException: If the resource is deleted.
        :raises ForbiddenException: If it can never be inactive, as a group.
        """
        if self.is_deleted:
            raise ConflictException(detail=f"this {self.resource_type.name} is deleted")
        adapter = self.resource_type.adapter
        adapter.deactivate(self.obj)
        if adapter.is_active(self.obj):
            raise ForbiddenException(detail=f"a {self.resource_type.name} is never inactive")
        return []


class Unlink(StaffWrite):
    """Forgets the ``externalId`` that a connection gave to a resource: its provider matches it anew."""

    def __init__(self, resource_type: ResourceType, key: Any, connection: Connection, author: Author) -> None:
        self.connection = connection
        self.deed = f"unlinked from {connection}"  # type: ignore[misc]
        super().__init__(resource_type, key, author)

    def change(self) -> Written:
        """Delete the link; nothing else of the resource changes.

        :raises ConflictException: If there is no such link, or no longer.
        """
        obj = self.obj
        links = Link.objects.using(obj.database).filter(record=obj.record, connection=self.connection)
        link = None if obj.record is None else links.first()
        if link is None:
            detail = f"{self.connection} gave this {self.resource_type.name} no externalId"
            raise ConflictException(detail=detail)
        link.delete()
        if self.caller.connection == self.connection:
            obj.external_id = None
        self.attempt.external_id = link.external_id
        self.attempt.changes["externalId"] = {"before": link.external_id}
        self.active_before = None
        return []

    def save(self, written: Written) -> None:
        """Save the record, since the version changes with it."""
        save_record(self.obj)


MOST_OTHERS = 20
"""How many connections are asked that have had nothing to do with a resource so far."""


def caller_for(resource_type: ResourceType, key: Any) -> Caller:
    """Return a caller who can see a resource, by the primary key of its row.

    :raises NotFoundException: If the row is gone, or no connection can see it.
    """
    instance: Model | None = (
        resource_type.model._base_manager.using(database_of(resource_type)).filter(pk=key).first()
    )
    if instance is None:
        raise NotFoundException(detail=f"the row of this {resource_type.name} is gone")
    if not has_identifier(resource_type, instance):
        raise NotFoundException(
            detail=f"the row has no '{resource_type.id_column}', and is no {resource_type.name}"
        )
    connections = connections_of(resource_type, instance)
    for connection in connections:
        if can_see(connection, resource_type, instance):
            return Caller(connection)
    if not connections and not resource_type.adapter.is_scoped:
        return Caller(None)
    raise NotFoundException(detail=f"no connection can see this {resource_type.name}")


def has_identifier(resource_type: ResourceType, instance: Model) -> bool:
    """Whether a row is a resource: one without a value in ``id_field`` is not."""
    return getattr(instance, resource_type.id_column) is not None


def can_see(connection: Connection, resource_type: ResourceType, instance: Model) -> bool:
    """Whether a row is among those that a connection may see, deleted or not."""
    rows = resource_type.rows(connection).using(database_of(resource_type))
    return rows.filter(pk=instance.pk).exists()


def connections_of(resource_type: ResourceType, instance: Model) -> list[Connection]:
    """Return the connections to look at a resource with, those first that have to do with it.

    There are not many of them, however many connections there are.
    """
    found = [
        *linked(resource_type, instance),
        *last_writer(resource_type, instance),
        *others(resource_type, instance),
    ]
    return list(dict.fromkeys(found))


def linked(resource_type: ResourceType, instance: Model) -> Iterator[Connection]:
    """Yield the connections that have given the resource an ``externalId``."""
    records = resource_type.records().filter(**{resource_type.record_key: instance.pk})
    yield from Connection.objects.filter(links__record__in=records).order_by("name")


def last_writer(resource_type: ResourceType, instance: Model) -> Iterator[Connection]:
    """Yield the connection that has written the resource last, as far as the history goes back."""
    events = ProvisioningEvent.objects.filter(
        resource_type=resource_type.name,
        resource_id=resource_type.identifier(instance),
        outcome=Outcome.SUCCESS,
        connection__isnull=False,
    )
    for event in events.select_related("connection").order_by("-time")[:1]:
        if event.connection is not None:
            yield event.connection


def others(resource_type: ResourceType, instance: Model) -> Iterator[Connection]:
    """Yield connections of the row's tenant, where rows have one, or else any; those in use first."""
    condition = Q()
    if resource_type.adapter.tenant_field is not None:
        tenant = getattr(
            instance, key_to_tenant(resource_type.model, resource_type.adapter.tenant_field).attname
        )
        condition = Q(tenant_id=str(tenant))
    yield from Connection.objects.filter(condition).order_by("-is_active", "name")[:MOST_OTHERS]
