"""POST (RFC 7644 section 3.3)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from functools import partial

from django.db.models import QuerySet
from scim2_models import Context, ForbiddenException, UniquenessException
from scim2_models.path import CompareOperator

from django_scim.conf import get_settings
from django_scim.mappings import Mapping
from django_scim.mappings.identifiers import reissue
from django_scim.models import Record
from django_scim.operations.conclusion import was_active
from django_scim.operations.parking import take_back
from django_scim.operations.saving import Written, apply, require_unique, save_beside, save_itself
from django_scim.operations.write import DocumentWrite, locked_object, locked_row, rows_of
from django_scim.resources.authority import Act, authorize, require_joinable
from django_scim.resources.gifts import give_again
from django_scim.resources.resource import Resource
from django_scim.schema.paths import Json
from django_scim.signals import resource_created
from django_scim.sql.operand import any_of
from django_scim.sql.prepared import Slot
from django_scim.sql.values import column_of

MANAGER = Slot("manager", column_of(Record, "managed_by"))
FORMER = Slot("digest", column_of(Record, "former_digest"))
"""The places of the connection that managed a deleted resource, and of its ``externalId``."""

logger = logging.getLogger("django_scim.request")
"""What went wrong with a request, for the people of the project."""


class Create(DocumentWrite):
    """Creates a resource from the body of a request. Call :meth:`read_body` first.

    The same person, hired again, has the row of the deleted resource back, with what the project keeps for
    it, under a new ``id``. Anybody else gets a new row, and the values in the way are parked.

    In a bulk job, a resource that refers to resources that do not exist yet is created in parts, in one
    transaction: :meth:`start`, :meth:`complete` and :meth:`~django_scim.operations.write.Write.conclude`.
    Several that do not refer to each other take their :meth:`steps` together.
    """

    signal = resource_created
    status = 201
    context = Context.RESOURCE_CREATION_REQUEST

    found_free: Collection[str] = ()
    """The attributes whose values have been looked for, with those of others: no resource has them, and no
    deleted one had the ``externalId``."""

    def perform(self) -> Resource:
        """Create the resource alone."""
        for _ in self.steps():
            pass
        return self.obj

    def steps(self) -> Iterator[None]:
        """Create the resource in three steps: itself, what refers to it, and the end of the write.

        Between two of them, what it leaves can be written with what others leave in the same transaction.
        """
        self.begin()
        written = self.change()
        self.consult(written)
        is_recorded = save_itself(self.obj, written)
        yield
        save_beside(self.obj, written, self.attempt.changes, is_recorded=is_recorded)
        self.attempt.resource_id = self.obj.identifier
        yield
        self.conclude()

    def start(self, document: Json) -> None:
        """Create the resource. Call it at the start of each try of the transaction."""
        self.body = document
        self.begin()
        self.save_change()
        self.attempt.resource_id = self.obj.identifier

    def complete(self, document: Json) -> None:
        """Add the references that could not be resolved at the start."""
        if document != self.body:
            self.obj.changes_saved()
            self.document, self.body = self.body, document
            self.save_change()

    def conclude(self) -> None:
        """Refuse what its own maker could not see, then conclude.

        :raises ForbiddenException: If the adapter makes a row that it does not show.
        """
        adapter = self.resource_type.adapter
        if adapter.may_hide:
            rows = self.resource_type.queryset(self.caller.connection).using(self.obj.database)
            if not rows.filter(pk=self.obj.instance.pk).exists():
                name = type(adapter).__name__
                logger.error(
                    "%s made a %s that %s cannot see: its get_queryset() leaves it out",
                    name,
                    self.resource_type.name,
                    self.caller.connection,
                )
                detail = f"{name} makes a {self.resource_type.name} that this connection could not see"
                raise ForbiddenException(detail=detail)
        super().conclude()

    def begin(self) -> None:
        """Find the row to use, or a new one, and read what a deleted resource has left in it."""
        self.attempt.start()
        self.obj = self.lock()
        self.prepare_room()
        self.active_before = was_active(self.obj)
        self.document = self.reuse_row()
        self.charge()
        for mapping in self.resource_type.mappings.values():
            mapping.initialize(self.obj)

    def lock(self) -> Resource:
        """Return the deleted resource that is made again, with its row locked, or else a new one.

        :raises UniquenessException: If another resource has a unique value of it.
        :raises ForbiddenException: If the row is protected.
        """
        new = Resource(
            self.resource_type, self.resource_type.adapter.new_instance(self.caller.acting), self.caller
        )
        obj = self.known_again(new)
        is_known = obj is not None
        obj = obj or self.join(new)
        try:
            self.require_free(obj)
        except UniquenessException:
            # Another request may have made an account since it was looked for: then there is one to join.
            obj = self.join(new) if obj is new and not obj.is_joining else obj
            if is_known or not obj.is_joining:
                raise
            self.require_free(obj)
        if is_known:
            authorize(obj, Act.MATCH)
        obj.after_save.append(partial(self.resource_type.adapter.enter, obj))
        return obj

    def require_free(self, obj: Resource) -> None:
        """Refuse a unique value of the body that another resource has.

        :raises UniquenessException: With the attribute.
        """
        values = [(mapping, mapping.value_in(self.body)) for mapping in self.unique_mappings]
        require_unique(obj, values, self.found_free)

    def join(self, new: Resource) -> Resource:
        """Return the new resource, with the account if there is one that it is to share.

        :raises UniquenessException: If the account belongs to the tenant of the caller already.
        :raises ForbiddenException: If it has power: nobody gets such an account by naming it.
        """
        adapter = self.resource_type.adapter
        account = adapter.find_account(new, self.body)
        if account is None:
            return new
        row = adapter.join(new, account)
        is_whole_row = row is account
        obj = new if row is new.instance else locked_object(self.resource_type, row, self.caller)
        obj.is_joining = True
        obj.record = obj.record or self.resource_type.new_record(row)
        obj.record.is_joined = obj.record.is_joined or obj.record.managed_by_id is None
        obj.changed_outside = True
        self.attempt.notes.append("joined: the account was there before")
        if is_whole_row:
            authorize(obj, Act.MATCH)
        else:
            require_joinable(obj)
        return obj

    @property
    def sets_secret(self) -> bool:
        """Whether the body has a value that no answer ever holds, such as a password."""
        mappings = self.resource_type.written_mappings
        return any(mapping.path.is_secret and mapping.value_in(self.body) is not None for mapping in mappings)

    @property
    def unique_mappings(self) -> list[Mapping]:
        """The mappings whose values no two resources may share."""
        return [mapping for mapping in self.resource_type.written_mappings if mapping.is_unique]

    def known_again(self, new: Resource) -> Resource | None:
        """Return the deleted resource that is the same as the new one by ``REHIRED_BY``, or None."""
        record = self.former_record(new.database)
        rows = rows_of(self.resource_type, self.caller).using(new.database)
        row = None if record is None else locked_row(self.resource_type, rows.filter(pk=record.key))
        obj = None if row is None else locked_object(self.resource_type, row, self.caller)
        # Another request may have been first to take it.
        return obj if obj is not None and obj.is_deleted else None

    def former_record(self, database: str) -> Record | None:
        """Return the record of the deleted resource that the body is of by ``REHIRED_BY``, or None.

        It has to be the connection's own: nobody is known by what another one says.
        """
        known_by, external_id = get_settings().REHIRED_BY, self.body.get("externalId")

        def records() -> QuerySet[Record]:
            return self.resource_type.records().filter(deleted_at__isnull=False).order_by("-deleted_at")

        if known_by == "externalId" and external_id and "externalId" not in self.found_free:
            statement = self.resource_type.statements.get(
                lambda: records().filter(managed_by=MANAGER, former_digest=FORMER)[:1], database, "former"
            )
            assert statement is not None
            digest = self.resource_type.external_id_digest(external_id)
            return next(statement.run(manager=self.caller.acting.pk, digest=digest), None)
        if known_by == "uniqueAttribute" and self.unique_mappings:
            conditions = [
                mapping.lookup(mapping.path, CompareOperator.eq, mapping.value_in(self.body), self.caller)
                for mapping in self.unique_mappings
                if mapping.value_in(self.body) is not None
            ]
            rows = self.resource_type.deleted(self.caller.connection).using(database)
            same = {f"{self.resource_type.record_key}__in": rows.filter(any_of(conditions)).values("pk")}
            return records().using(database).filter(managed_by=self.caller.acting, **same).first()
        return None

    def reuse_row(self) -> Json:
        """Clear a deleted resource. Return the document of what is left in the columns of its row.

        It gets a new ``id``: that of the deleted one names nothing for good. What the deletion ended is ended
        again: the host may have added the deleted user to a group since. What the project gives to each new
        resource by itself is given again.

        :returns: An empty document if the row is new.
        """
        obj = self.obj
        if obj.is_new or obj.record is None or not obj.is_deleted:
            return {}
        self.attempt.former_id = obj.identifier
        self.attempt.notes.append(f"hired again: {obj.identifier} until it was deleted")
        obj.is_new = True
        obj.record.former_ids.append(obj.identifier)
        obj.record.reissued_id = reissue()
        obj.record.attributes = {}
        obj.record.deleted_at = None
        obj.changed_outside = True
        obj.external_id = None
        take_back(obj, is_required=False)
        self.resource_type.adapter.reset(obj)
        for mapping in self.resource_type.mappings.values():
            mapping.on_delete(obj)
        self.resource_type.adapter.end_relations(obj)
        obj.after_save.append(partial(give_again, obj))
        document = self.current()
        for mapping in self.unique_mappings:
            # Its deletion has released the value: it has to be claimed again, even if it is the same.
            mapping.path.set(document, None)
        return document

    def change(self) -> Written:
        """Write the body, with its relations."""
        written = apply(self.obj, self.document, self.body, self.attempt.changes, resets=True)
        for mapping in self.resource_type.written_mappings:
            value = mapping.value_in(self.body) if mapping.unbounded else None
            if value and value != mapping.value_in(self.document):
                mapping.write(self.obj, value)
        return written
