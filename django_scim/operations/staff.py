"""The writes of people of the project, in the admin: restore, deactivate, hand over, unlink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.db.models import Model, Q
from django.utils.translation import gettext as _
from scim2_models import ConflictException, ForbiddenException, NotFoundException

from django_scim.history.events import Attempt
from django_scim.models import Connection, Effect, Link, Operation, Outcome, ProvisioningEvent
from django_scim.operations.parking import take_back
from django_scim.operations.protection import require_unprotected
from django_scim.operations.saving import Written, note_differences, save_record
from django_scim.operations.write import Write, database_of, locked_object, locked_row
from django_scim.resources.gifts import give_again
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json


@dataclass(frozen=True)
class Author:
    """A person of the project who changes resources.

    :param name: The name of the person in the history.
    :param request_id: The id of the request in the history. All changes of one request have the same.
    """

    name: str
    request_id: str

    def attempt(self, resource_type: ResourceType, deed: str) -> Attempt:
        """Return the attempt of a write, for the history.

        It has no connection and no method, since no identity provider has sent a request.

        :param deed: The past participle of the action, such as ``restored``.
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


class WriteByStaff(Write):
    """A write of people of the project: whose a resource is makes no difference to them."""

    def authorize(self) -> None:
        """Refuse what is protected alone: staff act for the project, and not for a connection."""
        try:
            require_unprotected(self.obj)
        except ForbiddenException as error:
            text = _("this %(type)s is protected and cannot be changed by SCIM")
            raise ForbiddenException(detail=text % self.type_name) from error

    def consult(self, written: Written) -> None:
        """Ask no policy: they are the project's word to identity providers, and staff are the project."""

    @property
    def type_name(self) -> dict[str, str]:
        """What the texts for staff have: these are translated, as no identity provider reads them."""
        return {"type": self.resource_type.name}

    def read(self) -> Json:
        """Return the document, and set the ``id`` in the attempt, since no request has named it."""
        self.attempt.resource_id = self.obj.identifier
        return super().read()


class StaffWrite(WriteByStaff):
    """A write by a person of the project, to a resource that may be deleted.

    :param key: The primary key of its row.
    :raises NotFoundException: If the row is deleted, or no connection can see it.
    """

    deed: ClassVar[str]
    """The past participle of the action, for the history."""

    effect: ClassVar[Effect | None] = None
    """What the history calls the action, if the changes do not tell."""

    def __init__(self, resource_type: ResourceType, key: Any, author: Author) -> None:
        attempt = author.attempt(resource_type, self.deed)
        attempt.effect = self.effect
        super().__init__(resource_type, caller_for(resource_type, key), attempt)
        self.key = key

    def lock(self) -> Resource:
        rows = self.resource_type.rows(self.caller.connection).using(database_of(self.resource_type))
        instance = locked_row(self.resource_type, rows.filter(pk=self.key))
        if instance is None:
            raise NotFoundException(detail=_("the row of this %(type)s is gone") % self.type_name)
        return locked_object(self.resource_type, instance, self.caller)

    def save(self, written: Written) -> None:
        """Save, then compare the documents: there is no request that tells the changes."""
        super().save(written)
        note_differences(self.obj, self.document, self.read(), self.attempt.changes)

    @property
    def is_deleted(self) -> bool:
        """Whether the resource is deleted for SCIM."""
        return self.obj.is_deleted


class Restore(StaffWrite):
    """Restores a deleted resource, and makes it active as the adapter says.

    It has its attributes again, those included that were parked for another resource, and what the project
    itself gave when it was new, such as a default group. Its other memberships, its sessions, tokens and
    links do not come back. If another resource has one of its unique values now, there is a conflict.
    """

    deed = "restored"
    effect = Effect.RESTORED

    def change(self) -> Written:
        """Remove the tombstone.

        :raises ConflictException: If the resource is not deleted.
        """
        if self.obj.record is None or not self.is_deleted:
            raise ConflictException(detail=_("this %(type)s is not deleted") % self.type_name)
        take_back(self.obj, is_required=True)
        self.obj.record.deleted_at = None
        self.obj.changed_outside = True
        self.resource_type.adapter.activate(self.obj)
        self.obj.after_save.append(partial(give_again, self.obj))
        self.obj.is_arriving = True
        for mapping in self.resource_type.mappings.values():
            mapping.on_restore(self.obj)
        mappings = [mapping for mapping in self.resource_type.written_mappings if mapping.is_unique]
        # Their values were given up by the deletion, and are claimed again.
        return [(mapping, mapping.value_in(self.document)) for mapping in mappings]


class Deactivate(StaffWrite):
    """Deactivates a resource as the adapter says, and deprovisions it, as a SCIM write does.

    A resource that is already inactive is deprovisioned again.
    """

    deed = "deactivated"

    def change(self) -> Written:
        """Deactivate it.

        :raises ConflictException: If the resource is deleted.
        :raises ForbiddenException: If it can never be inactive, such as a group.
        """
        if self.is_deleted:
            raise ConflictException(detail=_("this %(type)s is deleted") % self.type_name)
        adapter = self.resource_type.adapter
        adapter.deactivate(self.obj)
        if adapter.is_active(self.obj):
            raise ForbiddenException(detail=_("a %(type)s is never inactive") % self.type_name)
        return []


class HandOver(StaffWrite):
    """Lets a connection manage a resource, even one with power, from now on."""

    effect = Effect.HANDED_OVER

    def __init__(self, resource_type: ResourceType, key: Any, connection: Connection, author: Author) -> None:
        self.connection = connection
        self.deed = f"handed over to {connection}"  # type: ignore[misc]
        super().__init__(resource_type, key, author)

    def authorize(self) -> None:
        """Refuse what nobody can be handed, such as a superuser, and what the connection cannot see.

        :raises ForbiddenException: With the reason.
        """
        adapter, instance = self.resource_type.adapter, self.obj.instance
        if adapter.protected(instance):
            raise ForbiddenException(detail=_("this %(type)s can be handed over to nobody") % self.type_name)
        if not can_see(self.connection, self.resource_type, instance):
            text = _("%(connection)s cannot see this %(type)s")
            raise ForbiddenException(detail=text % {**self.type_name, "connection": self.connection})

    def change(self) -> Written:
        """Note who manages it.

        :raises ConflictException: If the resource is deleted.
        """
        if self.is_deleted:
            raise ConflictException(detail=_("this %(type)s is deleted") % self.type_name)
        if self.obj.record is None:
            self.obj.record = self.resource_type.new_record(self.obj.instance)
        self.obj.record.managed_by, self.obj.record.is_handed_over = self.connection, True
        self.active_before = None
        return []

    def save(self, written: Written) -> None:
        """Save the record."""
        save_record(self.obj)


class Unlink(StaffWrite):
    """Deletes the link of a connection, so that its identity provider matches the resource again."""

    effect = Effect.UNLINKED

    def __init__(self, resource_type: ResourceType, key: Any, connection: Connection, author: Author) -> None:
        self.connection = connection
        self.deed = f"unlinked from {connection}"  # type: ignore[misc]
        super().__init__(resource_type, key, author)

    def change(self) -> Written:
        """Delete the link. Nothing else of the resource changes.

        :raises ConflictException: If there is no link.
        """
        obj = self.obj
        links = Link.objects.using(obj.database).filter(record=obj.record, connection=self.connection)
        link = None if obj.record is None else links.first()
        if link is None:
            text = _("%(connection)s gave this %(type)s no externalId")
            raise ConflictException(detail=text % {**self.type_name, "connection": self.connection})
        link.delete()
        if self.caller.connection == self.connection:
            obj.external_id = None
        self.attempt.external_id = link.external_id
        self.attempt.changes["externalId"] = {"before": link.external_id}
        self.active_before = None
        return []

    def save(self, written: Written) -> None:
        """Save the record, so that the version changes."""
        save_record(self.obj)


MOST_OTHERS = 20
"""The most connections to try that have neither linked nor written a resource."""


def caller_for(resource_type: ResourceType, key: Any) -> Caller:
    """Return a caller that can see a resource, by the primary key of its row.

    :raises NotFoundException: If the row is deleted, or no connection can see it.
    """
    type_name = {"type": resource_type.name}
    instance: Model | None = (
        resource_type.model._base_manager.using(database_of(resource_type)).filter(pk=key).first()
    )
    if instance is None:
        raise NotFoundException(detail=_("the row of this %(type)s is gone") % type_name)
    if not has_identifier(resource_type, instance):
        text = _("the row has no '%(column)s', and is no %(type)s")
        raise NotFoundException(detail=text % {**type_name, "column": resource_type.id_column})
    connections = connections_of(resource_type, instance)
    for connection in connections:
        if can_see(connection, resource_type, instance):
            return Caller(connection)
    if not connections and not resource_type.adapter.is_scoped:
        return Caller(None)
    raise NotFoundException(detail=_("no connection can see this %(type)s") % type_name)


def has_identifier(resource_type: ResourceType, instance: Model) -> bool:
    """Whether a row is a resource. A row without a value in ``id_field`` is not."""
    return getattr(instance, resource_type.id_column) is not None


def can_see(connection: Connection, resource_type: ResourceType, instance: Model) -> bool:
    """Whether a connection may see a row, deleted or not."""
    rows = resource_type.rows(connection).using(database_of(resource_type))
    return rows.filter(pk=instance.pk).exists()


def connections_of(resource_type: ResourceType, instance: Model) -> list[Connection]:
    """Return connections that may see a resource, first those that have linked it, then the last writer.

    Their number is limited, however many connections there are.
    """
    found = [
        *linked(resource_type, instance),
        *last_writer(resource_type, instance),
        *others(resource_type, instance),
    ]
    return list(dict.fromkeys(found))


def linked(resource_type: ResourceType, instance: Model) -> Iterator[Connection]:
    """Yield the connections with a link to the resource."""
    records = resource_type.records().filter(**{resource_type.record_key: instance.pk})
    yield from Connection.objects.filter(links__record__in=records).order_by("name")


def last_writer(resource_type: ResourceType, instance: Model) -> Iterator[Connection]:
    """Yield the connection that wrote the resource last, if the history has such an event."""
    events = ProvisioningEvent.objects.filter(
        resource_type=resource_type.name,
        resource_id=resource_type.looked_up_identifier(instance),
        outcome=Outcome.SUCCESS,
        connection__isnull=False,
    )
    # Not joined: MariaDB would join all events of the resource first, and sort them afterwards.
    written_by = events.order_by("-time").values_list("connection", flat=True).first()
    if written_by is not None:
        yield from Connection.objects.filter(pk=written_by)


def others(resource_type: ResourceType, instance: Model) -> Iterator[Connection]:
    """Yield connections of the row's tenant, or any if rows have no tenant. Active ones come first."""
    condition = Q()
    if resource_type.adapter.tenancy is not None:
        tenants = resource_type.adapter.tenancy.keys(instance)
        condition = Q(tenant_id__in=[str(tenant) for tenant in tenants])
    yield from Connection.objects.filter(condition).order_by("-is_active", "name")[:MOST_OTHERS]
