"""Policies: functions of the project that see each write before it is saved.

The setting ``POLICIES`` names them. Each is called with a :class:`ProposedWrite`, inside the transaction of
the write. It allows the write by returning, changes it, or refuses it by an exception: :class:`Refused` or
Django's ``PermissionDenied`` is 403, and Django's ``ValidationError`` is 400, both with their text.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connections
from django.db.models import Exists, Model, OuterRef, QuerySet
from scim2_models.path import CompareOperator

from django_scim.models import Connection, Operation
from django_scim.resources.resource import Resource
from django_scim.schema.paths import Json
from django_scim.sql.clusters import certify_names

__all__ = ["Policy", "ProposedWrite", "Refused", "allowed_groups", "seat_limit"]


class Refused(PermissionDenied):
    """The project refuses a write: 403 with the text, which the history has too."""


@dataclass(frozen=True, eq=False)
class ProposedWrite:
    """A write that is about to be saved.

    What a policy sets on :attr:`instance` is saved with it. An attribute is changed by :meth:`set`.
    """

    operation: Operation
    """What is asked for: ``create``, ``replace``, ``modify`` or ``delete``. An operation of a bulk job is one
    of these too."""

    resource: Resource
    """The resource, with the changes in memory."""

    before: Json
    """Its attributes before, without members and secrets; of a new one there are none."""

    changes: Mapping[str, Any]
    """What changes, by attribute, as the history has it: ``{"title": {"before": "Guide", "after": "Boss"}}``;
    members are not among it."""

    members_added: Mapping[str, tuple[str, ...]]
    """The ``id`` of each member that the request puts in, there already or not, by the attribute."""

    members_removed: Mapping[str, tuple[str, ...]]
    """The ``id`` of each member that the request names to be taken out. Those that it selects by a filter, or
    leaves out of a whole list, are not known yet."""

    was_active: bool
    """Whether it was active before; a new or deleted one was not."""

    written: list[tuple[Any, Any]] = field(repr=False)
    """For the app alone: the mappings that are written, with their values."""

    write: Callable[[str, Any], None] = field(repr=False)
    """For the app alone: see :meth:`set`."""

    @property
    def connection(self) -> Connection:
        """The connection that asks for the write."""
        return self.resource.caller.acting

    @property
    def resource_type(self) -> str:
        """The name of the resource type, such as ``User``."""
        return self.resource.resource_type.name

    @property
    def instance(self) -> Model:
        """The row, with the changes in memory; a new one has no primary key yet."""
        return self.resource.instance

    @property
    def after(self) -> Json:
        """The attributes as they will be, without members and secrets; of a deleted one there are none."""
        if self.operation is Operation.DELETE:
            return {}
        document = copy.deepcopy(self.before)
        for mapping, value in self.written:
            if not mapping.path.is_secret and not mapping.unbounded:
                mapping.path.set(document, value)
        return document

    @property
    def is_active(self) -> bool:
        """Whether it will be active."""
        is_deleted = self.operation is Operation.DELETE
        return not is_deleted and self.resource.resource_type.adapter.is_active(self.resource)

    @property
    def is_adoption(self) -> bool:
        """Whether the connection takes over what was made by hand."""
        return self.resource.is_adopted

    def set(self, attribute: str, value: Any) -> None:
        """Change an attribute, such as ``title``, in what is saved. The history has the value as a change.

        :param value: As JSON has it; None takes the value away.
        :raises ValueError: If no mapping holds exactly this attribute, if it has members, or if the resource
            is to be deleted.
        """
        self.write(attribute, value)


class Policy(Protocol):
    """What ``POLICIES`` names: a function that takes a :class:`ProposedWrite`."""

    def __call__(self, write: ProposedWrite, /) -> None:
        """Allow a write by returning, or refuse it by an exception."""


Limit = int | None | Callable[[Connection], int | None]

Names = Iterable[str] | Callable[[Connection], Iterable[str] | None]


def seat_limit(limit: Limit, *, resource_type: str = "User") -> Policy:
    """Return a policy that refuses one active account more than there are seats.

    It counts the accounts that the connection manages, or if accounts belong to tenants, those of its tenant.
    It locks the connections that share them, so that of two requests at once only one gets the last seat.

    :param limit: How many there may be, or a function that tells it for a connection; None for any number.
    :param resource_type: Whose resources take a seat.
    """
    if not callable(limit) and limit is not None and not isinstance(limit, int):
        raise ImproperlyConfigured("seat_limit() takes a number or a function, and returns the policy")

    def policy(write: ProposedWrite) -> None:
        if write.resource_type != resource_type or not takes_seat(write):
            return
        lock_sharing(write.connection, write.resource.database)
        most = limit(write.connection) if callable(limit) else limit
        if most is not None and other_seats(write.resource)[:most].count() >= most:
            raise Refused(f"all {most} seats are taken")

    return policy


def allowed_groups(names: Names, *, resource_type: str = "Group") -> Policy:
    """Return a policy that refuses to make, to rename or to fill other groups than some.

    They may be emptied and deleted, whatever their name is.

    :param names: The names, in any case, or a function that tells them for a connection; None for any name.
    :param resource_type: Whose resources are meant.
    """
    if isinstance(names, str | ProposedWrite):
        raise ImproperlyConfigured("allowed_groups() takes names or a function, and returns the policy")

    def policy(write: ProposedWrite) -> None:
        allowed = names(write.connection) if callable(names) else names
        if write.resource_type != resource_type or write.operation is Operation.DELETE or allowed is None:
            return
        is_named = write.operation is Operation.CREATE or "displayName" in write.changes
        if not is_named and not any(write.members_added.values()):
            return
        name = str(write.after.get("displayName") or "")
        if comparable(write.resource, name) not in {comparable(write.resource, each) for each in allowed}:
            raise Refused(f"the group '{name}' is not one that this connection may have")

    return policy


def comparable(resource: Resource, name: str) -> str:
    """Return a name in the form that two names of groups are compared in."""
    path = resource.resource_type.resolve("displayName")
    return name if path is None else str(path.binding.comparable(name))


def lock_sharing(connection: Connection, database: str) -> None:
    """Lock the rows of the connections that share their seats, until the end of the transaction."""
    rows = Connection.objects.using(database).order_by("pk")
    if connection.tenant_type_id is None:
        rows = rows.filter(pk=connection.pk)
    else:
        rows = rows.filter(tenant_type=connection.tenant_type_id, tenant_id=connection.tenant_id)
    # On PostgreSQL, rows that only refer to the connection, such as events, need not wait.
    no_key = connections[database].features.has_select_for_no_key_update
    keys = list(rows.select_for_update(no_key=no_key).values_list("pk", flat=True))
    certify_names(database, (f"connection {key}" for key in keys))


def takes_seat(write: ProposedWrite) -> bool:
    """Whether a write is of an account that had no seat before, but will have one.

    An account that is adopted had none, unless it counts for its tenant anyway.
    """
    had_seat = write.was_active and (write.resource.resource_type.adapter.is_scoped or not write.is_adoption)
    return write.is_active and not had_seat


def other_seats(obj: Resource) -> QuerySet[Any]:
    """Return the rows of the active accounts that a resource shares the seats with."""
    resource_type, connection = obj.resource_type, obj.caller.acting
    rows = resource_type.queryset(connection).using(obj.database).order_by()
    if not resource_type.adapter.is_scoped:
        own = resource_type.records().filter(managed_by=connection)
        rows = rows.filter(Exists(own.filter(**{resource_type.record_key: OuterRef("pk")})))
    active = resource_type.mappings.get("active")
    if active is not None:
        rows = rows.exclude(active.lookup(active.path, CompareOperator.eq, False, obj.caller))
    return rows if obj.instance.pk is None else rows.exclude(pk=obj.instance.pk)
