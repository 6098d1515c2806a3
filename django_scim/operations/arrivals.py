"""Who has waited for a resource, such as a manager, has it in the foreign key as soon as it comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Model, QuerySet, Subquery
from django.utils import timezone

from django_scim.history.events import Attempt, record_together
from django_scim.mappings import Reference
from django_scim.mappings.builtin import link_digest
from django_scim.mappings.collection import batches
from django_scim.models import AwaitedReference, Connection, Operation
from django_scim.resources.awaiting import awaited_by
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.signals import references_filled
from django_scim.sql.functions import WithoutMember
from django_scim.sql.names import awaiting
from django_scim.sql.prepared import AmongSlots
from django_scim.sql.transactions import locked
from django_scim.sql.values import column_of

MOST_TOLD = 1000
"""Of how many resources that have waited for one the history has an event of their own."""


@dataclass(frozen=True)
class Arrival:
    """A resource that has come, or has got a name.

    :param names: What it may have been waited for by, with the connection whose name that is; None stands for
        an ``id``, which is a name for all who see the resource.
    """

    resource_type: ResourceType
    row: Model
    identifier: str
    display: str
    names: dict[str, Connection | None]


def arrive(obj: Resource, attempt: Attempt) -> None:
    """Fill the foreign keys of those who wait for a saved resource, by one query if nobody does."""
    if not obj.resource_type.has_waiting or not (obj.is_new or obj.is_arriving):
        return
    names: dict[str, Connection | None] = {obj.identifier: None}
    if obj.external_id is not None:
        names[obj.external_id] = obj.caller.connection
    arrival = Arrival(obj.resource_type, obj.instance, obj.identifier, attempt.display, names)
    welcome([arrival], attempt, obj.database)


def welcome(arrivals: Iterable[Arrival], attempt: Attempt, database: str) -> None:
    """Fill the foreign keys of those who have waited for resources of one type.

    :param attempt: Of what has made the resources known, for the history.
    """
    expected: dict[str, list[tuple[Arrival, str]]] = {}
    for arrival in arrivals:
        for name in arrival.names:
            expected.setdefault(link_digest(name), []).append((arrival, name))
    for digest, connection, resource_type, attribute in found(expected, database):
        for arrival, name in expected[digest]:
            waiting_type = arrival.resource_type.registry.get(resource_type)
            mapping = None if waiting_type is None else waiting_type.mappings.get(attribute)
            if isinstance(mapping, Reference) and is_meant(arrival, name, connection, database):
                own = {"digest": digest, "connection": connection, "attribute": attribute}
                rows = awaited_by(arrival.resource_type, database).filter(**own)
                rows = rows.filter(record__resource_type=resource_type, record__deleted_at__isnull=True)
                fill(arrival, name, mapping, rows, attempt)


def found(
    expected: dict[str, list[tuple[Arrival, str]]], database: str
) -> list[tuple[str, int | None, str, str]]:
    """Return who waits for one of some names: its digest, the connection, the type, the attribute."""
    if not expected:
        return []
    resource_type = next(iter(expected.values()))[0][0].resource_type

    def rows(condition: AmongSlots) -> QuerySet[Any, Any]:
        own = awaiting(awaited_by(resource_type, database).filter(condition)).order_by()
        return own.values_list("digest", "connection", "record__resource_type", "attribute").distinct()

    digest = column_of(AwaitedReference, "digest")
    return list(resource_type.statements.among(rows, digest, list(expected), database, "awaited"))


def is_meant(arrival: Arrival, name: str, connection: int | None, database: str) -> bool:
    """Whether who waits for a name, for a connection, waits for a resource that has come."""
    whose = arrival.names[name]
    if whose is not None:
        return whose.pk == connection
    seen_by = None if connection is None else Connection.objects.using(database).get(pk=connection)
    return arrival.resource_type.queryset(seen_by).using(database).filter(pk=arrival.row.pk).exists()


def fill(
    arrival: Arrival, name: str, mapping: Reference, rows: QuerySet[AwaitedReference], attempt: Attempt
) -> None:
    """Fill the foreign keys of resources that wait, by a number of statements that does not grow with theirs.

    Whom the project has given another one in the meantime keeps that one.

    :param rows: What they wait for.
    """
    waiting_type, database = mapping.resource_type, rows.db
    keys = rows.values(f"record__{waiting_type.record_key}")
    waiting = list(locked(mapping.waiting_rows(keys, database)).order_by("pk").values_list("pk", flat=True))
    if not waiting:
        return
    mapping.fill(keys, arrival.row, database)
    filled = waiting_type.model._base_manager.filter(**{mapping.column: arrival.row.pk, "pk__in": keys})
    records = waiting_type.records().using(database)
    path = [part for part in (mapping.path.extension, mapping.path.name) if part]
    records.filter(**{f"{waiting_type.record_key}__in": Materialized(filled.values("pk").distinct())}).update(
        revision=F("revision") + 1,
        last_modified=timezone.now(),
        attributes=WithoutMember("attributes", path=path),
    )
    rows.filter(**{f"record__{waiting_type.record_key}__in": filled_without(mapping, arrival)}).delete()
    attempt.notes.append(
        f"{mapping.path.key} of {len(waiting)} {waiting_type.name}, who waited for it, is filled"
    )
    tell(arrival, name, mapping, waiting[:MOST_TOLD], attempt, database)
    send = partial(announce, arrival, mapping, waiting, attempt.connection, attempt.request_id)
    transaction.on_commit(send, using=database, robust=True)


def announce(
    arrival: Arrival, mapping: Reference, keys: list[Any], connection: Connection | None, request_id: str
) -> None:
    """Tell the project, once it is committed."""
    for batch in batches(keys):
        references_filled.send_robust(
            sender=mapping.resource_type.model,
            instance=arrival.row,
            resource_type=mapping.resource_type.name,
            connection=connection,
            request_id=request_id,
            attribute=mapping.path.key,
            keys=batch,
        )


class Materialized(Subquery):
    """The rows of a query as a table of its own: MySQL updates no table that a subquery reads."""

    template = "(SELECT * FROM (%(subquery)s) AS scim_waiting)"


def filled_without(mapping: Reference, arrival: Arrival) -> QuerySet[Any, Any]:
    """Return the primary keys of all resources that refer to what has come."""
    rows = mapping.resource_type.model._base_manager.filter(**{mapping.column: arrival.row.pk})
    return rows.values("pk")


def tell(
    arrival: Arrival, name: str, mapping: Reference, keys: list[Any], attempt: Attempt, database: str
) -> None:
    """Write an event for each resource that has got what it waited for."""
    waiting_type = mapping.resource_type
    rows = waiting_type.with_ids(waiting_type.model._base_manager.using(database).filter(pk__in=keys))
    joined = (waiting_type.adapter.display_column or "").rpartition("__")[0]
    make = partial(
        Attempt,
        Operation.MODIFY,
        connection=attempt.connection,
        token=attempt.token,
        request_id=attempt.request_id,
        resource_type=waiting_type.name,
    )
    attempts = []
    for row in rows.select_related(joined) if joined else rows:
        own = make(resource_id=waiting_type.identifier(row))
        own.display = waiting_type.adapter.row_name(row)
        own.detail = f"filled: {arrival.resource_type.name} {arrival.display} has come"
        own.changes = {mapping.path.key: {"before": {"value": name}, "after": {"value": arrival.identifier}}}
        attempts.append(own)
    record_together(attempts, 200)
