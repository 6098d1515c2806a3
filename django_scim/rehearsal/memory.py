"""Does again what was rehearsed, and keeps what a request has left."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import uuid4

from django.db import router
from django.db.models import QuerySet
from scim2_models import SCIMException

from django_scim.allowance import CostExceeded
from django_scim.history.events import Attempt, limited
from django_scim.mappings.builtin import link_digest
from django_scim.mappings.collection import batches
from django_scim.mappings.identifiers import reissued
from django_scim.models import Connection, Effect, Operation, Record, RehearsedName, RehearsedResource
from django_scim.operations.create import Create
from django_scim.operations.delete import Delete
from django_scim.operations.replace import Replace
from django_scim.operations.write import Write, database_of
from django_scim.rehearsal.naming import named_in, texts_in
from django_scim.resources.loading import has_many, load_one
from django_scim.resources.projection import projection_for
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.functions import compose
from django_scim.sql.transactions import run

logger = logging.getLogger("django_scim.request")

MOST_MEMBERS = 100
"""The most members of a group that is kept: of a larger one, each request is rehearsed by itself."""

CHANGES = {effect.value for effect in Effect} - {Effect.NOTHING, Effect.READ, Effect.REFUSED}


def kept(connection: Connection) -> QuerySet[RehearsedResource]:
    """Return what a connection has rehearsed, from where it is written."""
    database = router.db_for_write(RehearsedResource)
    return RehearsedResource.objects.using(database).filter(connection=connection)


def named(connection: Connection, texts: Sequence[str]) -> list[RehearsedResource]:
    """Return the rehearsed resources that some texts name, the first ones first."""
    found: set[int] = set()
    names = RehearsedName.objects.using(router.db_for_write(RehearsedName)).filter(connection=connection)
    for batch in batches(texts):
        digests = [digest_of(text) for text in batch]
        found.update(names.filter(digest__in=digests).values_list("resource", flat=True))
    return list(kept(connection).filter(pk__in=found).order_by("pk")) if found else []


def digest_of(text: str) -> str:
    """Return what the index of names finds a text by, whatever its case."""
    return link_digest((compose(text) or "").casefold())


class Again:
    """Does rehearsed resources again, those that they refer to first. Call it where all is rolled back.

    :param caller: For whom it is done.
    """

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.done: set[int] = set()

    def do(self, texts: Sequence[str]) -> None:
        """Do again what some texts name."""
        for row in named(self.caller.acting, texts) if texts else ():
            self.do_one(row)

    def do_one(self, row: RehearsedResource) -> None:
        """Do one resource again. What the project refuses by now is as if it had never been rehearsed.

        :raises CostExceeded: If the request names more than it may cost to do again.
        """
        resource_type = registry().get(row.resource_type)
        if row.pk in self.done or resource_type is None:
            return
        self.done.add(row.pk)
        if row.document is None and not row.is_deleted:
            return
        others = [text for text in named_in(row.document) if reissued(text)]
        if others:
            self.do([text for text in others if text != row.identifier])
        try:
            write = self.write_of(row, resource_type)
            if write is not None:
                self.settle(row, write)
        except CostExceeded:
            raise
        except SCIMException as error:
            logger.info("what was rehearsed of %s cannot be done again: %s", row, error.detail)

    def write_of(self, row: RehearsedResource, resource_type: ResourceType) -> Write | None:
        """Return the write that leads to the resource as it was left, or None if there is nothing to do."""
        caller = Caller(self.caller.connection, self.caller.base_url, allowance=self.caller.allowance)
        caller.is_rehearsal, caller.rehearsed_id = True, reissued(row.identifier)
        operation = (
            Operation.DELETE if row.is_deleted else Operation.CREATE if row.is_made else Operation.REPLACE
        )
        attempt = Attempt(
            operation,
            connection=caller.connection,
            token=None,
            request_id=str(uuid4()),
            resource_type=row.resource_type,
            resource_id=row.identifier,
        )
        attempt.is_rehearsal = True
        if row.is_deleted:
            return None if row.is_made else Delete(resource_type, row.identifier, caller, attempt)
        if row.is_made:
            return Create(resource_type, caller, attempt).read_body(row.document)
        if row.is_managed:
            manage(resource_type, row)
        return Replace(resource_type, row.identifier, caller, attempt).read_body(row.document)

    def settle(self, row: RehearsedResource, write: Write) -> None:
        """Write, and give the record the times and the revision that the client has seen."""
        obj = write.run()
        if not row.is_deleted and obj.record is not None:
            times = {"created": row.created} if row.is_made and row.created else {}
            Record.objects.using(obj.database).filter(pk=obj.record.pk).update(
                revision=row.revision, last_modified=row.last_modified or obj.record.last_modified, **times
            )


def manage(resource_type: ResourceType, row: RehearsedResource) -> None:
    """Let the connection manage a resource that there is, as it would since it was matched."""
    database = database_of(resource_type)
    rows = resource_type.rows(row.connection).using(database)
    for key in resource_type.identified(rows, row.identifier).values_list("pk", flat=True):
        records = resource_type.records().using(database)
        records.update_or_create(
            defaults={"managed_by": row.connection},
            resource_type=resource_type.name,
            **{resource_type.record_key: key},
        )


@dataclass
class Left:
    """What a request has left of one resource: read before all is rolled back, and kept afterwards."""

    resource_type: str
    identifier: str
    values: dict[str, Any] = field(default_factory=dict)
    was_active: bool | None = None
    flags: dict[str, bool] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    """The digests of the texts that it may be named by."""

    def keep(self, connection: Connection) -> None:
        """Keep it, beside what earlier requests have left."""
        own = {"resource_type": self.resource_type, "identifier": self.identifier}
        row, is_new = kept(connection).get_or_create(
            connection=connection,
            **own,
            defaults={**self.values, **self.flags, "was_active": self.was_active},
        )
        if not is_new:
            values = {**self.values, **{name: True for name, value in self.flags.items() if value}}
            kept(connection).filter(pk=row.pk).update(**values)
        names = RehearsedName.objects.using(row._state.db)
        names.filter(resource=row).delete()
        names.bulk_create(
            RehearsedName(connection=connection, resource=row, digest=digest) for digest in sorted(self.names)
        )


def left_by(attempts: Iterable[Attempt], caller: Caller) -> list[Left]:
    """Return what attempts have left, each resource as it is now. Call it before all is rolled back."""
    found = []
    for attempt in attempts:
        resource_type = registry().get(attempt.resource_type)
        is_done = attempt.event is not None and attempt.event.effect != Effect.REFUSED
        if is_done and resource_type is not None and len(attempt.resource_id) <= LONGEST_ID:
            found.append(left_of(attempt, resource_type, caller))
    return found


LONGEST_ID = 400
"""How long an ``id`` may be that is kept."""


def left_of(attempt: Attempt, resource_type: ResourceType, caller: Caller) -> Left:
    """Return what an attempt has left of its resource."""
    is_made = attempt.operation == Operation.CREATE
    is_deleted = attempt.operation == Operation.DELETE
    left = Left(resource_type.name, attempt.resource_id, was_active=None if is_made else attempt.was_active)
    effect = "" if attempt.event is None else attempt.event.effect
    left.flags = {
        "is_made": is_made,
        "is_matched": attempt.is_matched,
        "is_changed": not is_made and effect in CHANGES,
    }
    left.values = {
        "display": limited(attempt.display, "display"),
        "external_id": limited(attempt.external_id, "external_id"),
        "is_active": attempt.is_active and not is_deleted,
        "is_deleted": is_deleted,
        **({"document": None} if is_deleted else read(resource_type, attempt.resource_id, caller)),
    }
    left.names = set(map(digest_of, names_of(left, resource_type)))
    return left


def names_of(left: Left, resource_type: ResourceType) -> Iterator[str]:
    """Yield the texts that providers name a resource by."""
    yield left.identifier
    yield from filter(None, (left.values["display"], left.values["external_id"]))
    document = left.values["document"] or {}
    for key in (*NAMING, *resource_type.adapter.looked_up):
        path = resource_type.resolve(key)
        if path is not None:
            yield from islice(texts_in(path.get(document)), MOST_NAMES)


NAMING = ("userName", "displayName")
"""Attributes that a resource is named by, beside those that its adapter says it is looked up by."""

MOST_NAMES = 50
"""How many texts of an attribute are names at most, such as addresses."""


def read(resource_type: ResourceType, identifier: str, caller: Caller) -> dict[str, Any]:
    """Return a resource as a GET answers it, and what of its record the client sees."""
    obj = load_one(resource_type, identifier, projection_for(resource_type), caller)
    if obj is None or obj.record is None:
        return {"document": None}
    unbounded = [mapping for mapping in resource_type.written_mappings if mapping.unbounded]
    is_large = any(has_many(mapping, obj.instance, caller, MOST_MEMBERS) for mapping in unbounded)
    return {
        "document": None if is_large else projection_for(resource_type).read(obj),
        "is_managed": obj.record.managed_by_id == caller.acting.pk,
        "created": obj.record.created,
        "last_modified": obj.record.last_modified,
        "revision": obj.record.revision,
    }


def keep(lefts: Iterable[Left], connection: Connection) -> None:
    """Keep what a request has left, in one transaction."""

    def keep_all() -> None:
        for left in lefts:
            left.keep(connection)

    run(router.db_for_write(RehearsedResource), keep_all)
