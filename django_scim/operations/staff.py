"""What people of the project do to resources, in the admin: restore, deactivate, unlink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q
from scim2_models import ConflictException, ForbiddenException, NotFoundException

from django_scim.adapters.adapter import Adapter
from django_scim.adapters.tenancy import key_to_tenant
from django_scim.history.events import Attempt
from django_scim.models import Connection, Link, Operation, Outcome, ProvisioningEvent
from django_scim.operations.conclusion import conclude, was_active
from django_scim.operations.saving import Written, note_differences, save, save_record
from django_scim.operations.write import database_of, locked_object, not_found
from django_scim.resources.loading import fetch
from django_scim.resources.projection import bounded_projection
from django_scim.resources.resource import Caller, Resource
from django_scim.schema.paths import Json
from django_scim.signals import resource_updated
from django_scim.sql.transactions import locked, run


@dataclass(frozen=True)
class Author:
    """Somebody of the project who changes resources.

    :param name: What the history calls the person.
    :param request_id: What the history knows the request by; changes of one request share it.
    """

    name: str
    request_id: str

    def attempt(self, adapter: Adapter, deed: str) -> Attempt:
        """Return what the author does to a resource, for the history.

        It has no connection and no method: no identity provider has sent a request.

        :param deed: The past participle of it, such as ``restored``.
        """
        attempt = Attempt(
            Operation.MODIFY,
            connection=None,
            token=None,
            request_id=self.request_id,
            resource_type=adapter.name,
        )
        attempt.detail = f"{deed} by {self.name}"
        return attempt


def lock_row(adapter: Adapter, key: Any, caller: Caller) -> Resource:
    """Return the resource of a row, deleted or not, locked, with its record.

    :raises NotFoundException: If the row is gone, or is not in the scope.
    :raises ForbiddenException: If it is protected.
    """
    rows = adapter.rows(caller.connection).using(database_of(adapter))
    instance = locked(rows.filter(pk=key)).first()
    if instance is None:
        raise not_found(adapter, str(key))
    adapter.refuse_protected(instance)
    return locked_object(adapter, instance, caller)


def read(obj: Resource, attempt: Attempt) -> Json:
    """Return the document of a resource, and note in the history which one it is."""
    projection = bounded_projection(obj.adapter)
    fetch([obj], projection)
    document = projection.read(obj)
    attempt.resource_id = obj.identifier
    attempt.identify(obj.adapter, document)
    return document


def is_deleted(obj: Resource) -> bool:
    """Whether a resource is deleted for SCIM."""
    return obj.record is not None and obj.record.deleted_at is not None


MOST_OTHERS = 20
"""How many connections are asked that have had nothing to do with a resource so far."""


def caller_for(adapter: Adapter, key: Any) -> Caller:
    """Return a scope that a resource is in, by the primary key of its row.

    :raises NotFoundException: If the row is gone, or no connection can see it.
    """
    instance: Model | None = adapter.model._base_manager.using(database_of(adapter)).filter(pk=key).first()
    if instance is None:
        raise NotFoundException(detail=f"the row of this {adapter.name} is gone")
    if not has_identifier(adapter, instance):
        raise NotFoundException(detail=f"the row has no '{adapter.id_column}', and is no {adapter.name}")
    for connection in [*connections_of(adapter, instance), *without_connection(adapter)]:
        if can_see(connection, adapter, instance):
            return Caller(connection, "")
    raise NotFoundException(detail=f"no connection can see this {adapter.name}")


def has_identifier(adapter: Adapter, instance: Model) -> bool:
    """Whether a row is a resource at all: one without a value in ``id_field`` is none."""
    return getattr(instance, adapter.id_column) is not None


def can_see(connection: Connection, adapter: Adapter, instance: Model) -> bool:
    """Whether a row is among those that a connection may see, deleted or not."""
    rows = adapter.rows(connection).using(database_of(adapter))
    return rows.filter(pk=instance.pk).exists()


def connections_of(adapter: Adapter, instance: Model) -> list[Connection]:
    """Return the connections to look at a resource with, those first that have to do with it.

    There are not many of them, however many connections there are.
    """
    found = [*linked(adapter, instance), *last_writer(adapter, instance), *others(adapter, instance)]
    return list(dict.fromkeys(found))


def linked(adapter: Adapter, instance: Model) -> Iterator[Connection]:
    """Yield the connections that have given the resource an ``externalId``."""
    records = adapter.records().filter(**{adapter.record_key: instance.pk})
    yield from Connection.objects.filter(links__record__in=records).order_by("name")


def last_writer(adapter: Adapter, instance: Model) -> Iterator[Connection]:
    """Yield the connection that has written the resource last, as far as the history goes back."""
    events = ProvisioningEvent.objects.filter(
        resource_type=adapter.name,
        resource_id=adapter.identifier(instance),
        outcome=Outcome.SUCCESS,
        connection__isnull=False,
    )
    for event in events.select_related("connection").order_by("-time")[:1]:
        if event.connection is not None:
            yield event.connection


def others(adapter: Adapter, instance: Model) -> Iterator[Connection]:
    """Yield connections of the row's tenant, where rows have one, or else any; those in use first."""
    condition = Q()
    if adapter.tenant_field is not None:
        tenant = getattr(instance, key_to_tenant(adapter.model, adapter.tenant_field).attname)
        condition = Q(tenant_id=str(tenant))
    yield from Connection.objects.filter(condition).order_by("-is_active", "name")[:MOST_OTHERS]


def without_connection(adapter: Adapter) -> Iterator[Connection]:
    """Yield a connection that is none, for an adapter to which all connections are the same."""
    if adapter.tenant_field is None and type(adapter).get_queryset is Adapter.get_queryset:
        # A key that no row has: queries compare with it.
        yield Connection(pk=0)


def deactivate(adapter: Adapter, key: Any, author: Author) -> None:
    """Make a resource inactive as the adapter says, and end what it could do, as after a write over SCIM.

    One that is inactive already is deprovisioned again.

    :param key: The primary key of its row.
    :raises NotFoundException: If the row is gone, or no connection can see it.
    :raises ConflictException: If the resource is deleted.
    :raises ForbiddenException: If it is protected, is the last administrator, or can never be inactive, as a
        group.
    """
    caller = caller_for(adapter, key)
    attempt = author.attempt(adapter, "deactivated")

    def work() -> None:
        attempt.start()
        obj = lock_row(adapter, key, caller)
        if is_deleted(obj):
            raise ConflictException(detail=f"this {adapter.name} is deleted")
        document = read(obj, attempt)
        active_before = was_active(obj)
        adapter.deactivate(obj)
        if adapter.is_active(obj):
            raise ForbiddenException(detail=f"a {adapter.name} is never inactive")
        save(obj, [], attempt.changes)
        note_differences(obj, document, read(obj, attempt), attempt.changes)
        conclude(obj, attempt, resource_updated, active_before)
        attempt.version = adapter.version(obj)
        attempt.succeeded(200)

    run(database_of(adapter), work)


def restore(adapter: Adapter, key: Any, author: Author) -> None:
    """Serve a deleted resource again, and make it active as the adapter says.

    It has its attributes again. What its deletion ended stays so: memberships, sessions, tokens, and what
    connections called it.

    :param key: The primary key of its row.
    :raises NotFoundException: If the row is gone, or no connection can see it.
    :raises ConflictException: If the resource is not deleted, or no longer.
    :raises UniquenessException: If another resource has a unique value of it by now.
    :raises ForbiddenException: If it is protected.
    """
    caller = caller_for(adapter, key)
    attempt = author.attempt(adapter, "restored")

    def work() -> None:
        attempt.start()
        obj = lock_row(adapter, key, caller)
        if obj.record is None or not is_deleted(obj):
            raise ConflictException(detail=f"this {adapter.name} is not deleted")
        document = read(obj, attempt)
        active_before = was_active(obj)
        obj.record.deleted_at = None
        obj.changed_outside = True
        adapter.activate(obj)
        unique: Written = [
            (mapping, mapping.value_in(document)) for mapping in adapter.written_mappings if mapping.is_unique
        ]
        save(obj, unique, attempt.changes)
        note_differences(obj, document, read(obj, attempt), attempt.changes)
        conclude(obj, attempt, resource_updated, active_before)
        attempt.version = adapter.version(obj)
        attempt.succeeded(200)

    run(database_of(adapter), work)


def unlink(adapter: Adapter, key: Any, connection: Connection, author: Author) -> None:
    """Forget the ``externalId`` that a connection gave to a resource; nothing else of it changes.

    :param key: The primary key of its row.
    :raises NotFoundException: If the row is gone, or no connection can see it.
    :raises ConflictException: If the connection gave it none, or it is gone already.
    :raises ForbiddenException: If it is protected.
    """
    caller = caller_for(adapter, key)
    attempt = author.attempt(adapter, f"unlinked from {connection}")

    def work() -> None:
        attempt.start()
        obj = lock_row(adapter, key, caller)
        read(obj, attempt)
        links = Link.objects.using(obj.database).filter(record=obj.record, connection=connection)
        link = None if obj.record is None else links.first()
        if link is None:
            raise ConflictException(detail=f"{connection} gave this {adapter.name} no externalId")
        link.delete()
        save_record(obj)
        if caller.connection == connection:
            obj.external_id = None
        attempt.external_id = link.external_id
        attempt.changes["externalId"] = {"before": link.external_id}
        conclude(obj, attempt, resource_updated, None)
        attempt.version = adapter.version(obj)
        attempt.succeeded(200)

    run(database_of(adapter), work)
