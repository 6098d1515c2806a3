"""Bulk jobs (RFC 7644 section 3.7): many operations in one request.

Operations run in their order, each in its own transaction; creations that follow each other are tried
together first. If an operation refers to a resource that a later one creates, it waits for it. Resources that
refer to each other in a circle are created in one transaction, first without the references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import groupby
from typing import Any

from django.db import DatabaseError, transaction
from scim2_models import ConflictException, ForbiddenException, SCIMException

from django_scim.allowance import CostExceeded
from django_scim.conf import get_settings
from django_scim.history.events import Attempt
from django_scim.models import AccessToken, Operation
from django_scim.operations.bulk.references import resolved, without_references
from django_scim.operations.bulk.request import BulkOperation, read_request
from django_scim.operations.bulk.together import create_together, look_for, runs
from django_scim.operations.create import Create
from django_scim.operations.delete import Delete
from django_scim.operations.patch import Patch
from django_scim.operations.protection import ConnectionPaused, NoLongerAuthentic, require_running, stop_of
from django_scim.operations.refusals import readable_refusals
from django_scim.operations.replace import Replace
from django_scim.operations.write import database_of, in_transaction, with_room, written_by
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.attributes import schema_of
from django_scim.schema.paths import Json

OPERATIONS = {
    "POST": Operation.CREATE,
    "PUT": Operation.REPLACE,
    "PATCH": Operation.MODIFY,
    "DELETE": Operation.DELETE,
}

STATUSES = {"POST": 201, "PUT": 200, "PATCH": 200, "DELETE": 204}

AttemptFactory = Callable[[Operation, str, str], Attempt]
"""Returns the attempt of an operation on a resource type and an ``id``, for the history."""

Refusal = Callable[[Attempt | None, Exception], SCIMException]
"""Records the refusal of an attempt, unless that is None, and returns the exception as a SCIM error."""


class BulkJob:
    """The operations of one request.

    :param allows: Whether the token may write resources of a type.
    :param token: The access token of the request, if it has one.
    :raises SCIMException: If the request as a whole is not valid.
    """

    def __init__(
        self,
        payload: Json,
        resource_types: Iterable[ResourceType],
        caller: Caller,
        *,
        attempt_for: AttemptFactory,
        refuse: Refusal,
        allows: Callable[[ResourceType], bool],
        token: AccessToken | None = None,
    ) -> None:
        self.caller = caller
        self.attempt_for = attempt_for
        self.refuse = refuse
        self.token = token
        self.is_begun = False
        """Whether an operation has been tried: before the first, the request has just been authenticated."""
        self.stop: SCIMException | None = None
        """Why no further operation may be done."""
        self.operations, self.fail_on_errors = read_request(payload, resource_types, caller)
        for operation in self.operations:
            if operation.resource_type is not None and not allows(operation.resource_type):
                operation.error = ForbiddenException(detail="the token does not allow this resource type")
        self.identifiers: dict[str, str] = {}
        """The ``id`` of each resource that was created, by its ``bulkId``."""
        self.errors = 0
        """How many operations have failed."""
        self.may_create_together = not (caller.is_rehearsal or get_settings().POLICIES)
        """Whether creations are tried together: where one attempt has failed, the next would too. Policies of
        the project may look at all that was made before, and a rehearsal is rolled back as it is."""

    def run(self) -> list[BulkOperation]:
        """Run the operations until ``failOnErrors`` stops them. Return those that were tried, in order."""
        makers = {
            operation.bulk_id: position
            for position, operation in enumerate(self.operations)
            if operation.method == "POST"
        }
        needs = [
            {makers[bulk_id] for bulk_id in operation.needs} if operation.error is None else set()
            for operation in self.operations
        ]
        for run in runs(self.operations, needs):
            if self.is_over:
                break
            operations = [self.operations[position] for position in run.positions]
            if run.is_circle:
                self.perform_circle(operations)
            elif len(operations) > 1 and self.may_create_together:
                self.create_all(operations)
            else:
                self.perform_in_turn(operations)
        return [operation for operation in self.operations if operation.status is not None]

    @property
    def is_over(self) -> bool:
        """Whether as many operations have failed as the client lets fail."""
        return self.fail_on_errors is not None and self.errors >= self.fail_on_errors

    def perform_in_turn(self, operations: Iterable[BulkOperation]) -> None:
        """Run operations one by one, until too many have failed."""
        for operation in operations:
            if self.is_over:
                return
            self.perform(operation)

    def perform(self, operation: BulkOperation) -> None:
        """Run one operation, and set its result."""
        operation.identifier = resolved(operation.identifier, self.identifiers)
        if isinstance(self.stop, CostExceeded):
            # Not even noted: what is noted of the operations of one job could cost as much again.
            self.fail(operation, self.stop, None)
            return
        attempt = self.new_attempt(operation)
        try:
            if operation.error is not None:
                raise operation.error
            self.require_unstopped()
            self.caller.allowance.require_time()
            self.require_made(operation.needs)
            assert attempt is not None
            self.succeed(operation, self.write(operation, attempt))
        except MemoryError:
            raise
        except Exception as exception:
            self.fail(operation, exception, attempt)

    def require_unstopped(self) -> None:
        """Refuse an operation if the project has stopped the client since the job began.

        It is asked before each operation, since people and other processes may have done so.

        :raises SCIMException: In this case, then and for all operations that follow.
        """
        require_running(self.caller.acting)
        if self.is_begun and self.stop is None:
            self.stop = stop_of(self.caller.acting, self.token)
        self.is_begun = True
        if self.stop is not None:
            raise self.stop

    def require_made(self, needs: Iterable[str]) -> None:
        """Refuse an operation that refers to a resource that could not be made.

        :raises ConflictException: As RFC 7644 section 3.7.1 has it.
        """
        for bulk_id in sorted(needs):
            if bulk_id not in self.identifiers:
                raise ConflictException(detail=f"the resource with the bulkId '{bulk_id}' was not created")

    def write(self, operation: BulkOperation, attempt: Attempt) -> Resource | None:
        """Run the write of an operation. Return the resource, or None if it was deleted."""
        resource_type, identifier, if_match = operation.resource_type, operation.identifier, operation.version
        assert resource_type is not None
        data = resolved(operation.data, self.identifiers, schema_of(resource_type.resource))
        if operation.method == "POST":
            return Create(resource_type, self.caller, attempt).read_body(data).run()
        operation.location = self.caller.location(resource_type, identifier)
        target = (resource_type, identifier, self.caller, attempt)
        if operation.method == "DELETE":
            Delete(*target, if_match=if_match).run()
            return None
        method = Replace if operation.method == "PUT" else Patch
        return method(*target, if_match=if_match).read_body(data).run()

    def succeed(self, operation: BulkOperation, obj: Resource | None) -> None:
        """Set the result of an operation that succeeded."""
        operation.status = STATUSES[operation.method or ""]
        operation.version = None
        if obj is not None:
            operation.location = obj.location
            operation.version = obj.resource_type.version(obj)
            if operation.method == "POST" and operation.bulk_id is not None:
                self.identifiers[operation.bulk_id] = obj.identifier

    def fail(self, operation: BulkOperation, exception: Exception, attempt: Attempt | None) -> None:
        """Set the result of an operation that failed, and record its refusal.

        What comes with a token that is good for nothing is no event, as elsewhere.
        """
        if isinstance(exception, NoLongerAuthentic):
            attempt = None
        if isinstance(exception, CostExceeded):
            # Those that follow may build on this one: none of them is done, however little it costs.
            self.stop = exception
        self.errors += 1
        operation.error = self.refuse(attempt, exception)
        operation.status = operation.error.status
        operation.version = None

    def new_attempt(self, operation: BulkOperation) -> Attempt | None:
        """Return the attempt of an operation, or None if its method is not valid."""
        if operation.method not in OPERATIONS:
            return None
        name = operation.resource_type.name if operation.resource_type else ""
        attempt = self.attempt_for(OPERATIONS[operation.method], name, operation.identifier)
        attempt.method, attempt.path = operation.method, operation.path
        attempt.sent.append(operation.path)
        attempt.receive(operation.data)
        return attempt

    # Creations that follow each other

    def create_all(self, operations: Sequence[BulkOperation]) -> None:
        """Create resources that do not refer to each other: together, but for those known to fail."""
        creations = {operation: self.readable_creation(operation) for operation in operations}
        # A password takes as long as a hundred rows: it is not made twice, should another creation fail.
        readable = [creation for creation in creations.values() if creation and not creation.sets_secret]
        free = self.free_among(readable)
        for is_free, part in groupby(operations, lambda operation: creations[operation] in free):
            if self.is_over:
                return
            stretch = list(part)
            parts = [creation for operation in stretch if (creation := creations[operation]) is not None]
            if not (is_free and len(stretch) > 1 and self.created_together(stretch, parts)):
                self.perform_in_turn(stretch)

    def readable_creation(self, operation: BulkOperation) -> Create | None:
        """Return the creation of an operation, or None if the operation is not valid.

        What it costs to read it counts when it is done, be that together or alone.
        """
        spent = self.caller.allowance.spent
        try:
            self.require_made(operation.needs)
            creation = self.creation(operation)
            schema = schema_of(creation.resource_type.resource)
            return creation.read_body(resolved(operation.data, self.identifiers, schema))
        except SCIMException:
            return None
        finally:
            self.caller.allowance.spent = spent

    def free_among(self, creations: Sequence[Create]) -> set[Create]:
        """Return the creations that no other resource is known to stand in the way of."""
        if len(creations) < 2:
            return set()
        try:
            return in_transaction(database_of(creations[0].resource_type), partial(look_for, creations))
        except (DatabaseError, SCIMException):
            # Each is to have its own answer.
            return set()

    def created_together(self, operations: Sequence[BulkOperation], creations: Sequence[Create]) -> bool:
        """Try to create resources in one transaction. Return whether it has worked; if not, nothing is done.

        It is asked again before the commit whether the client may go on.
        """
        for creation in creations:
            creation.attempt.made_with = len(creations)

        def make_all() -> list[Resource]:
            for creation in creations:
                creation.charge_body()
            made = create_together(creations)
            self.require_unstopped()
            return made

        allowance = self.caller.allowance
        spent = allowance.spent
        try:
            self.require_unstopped()
            allowance.require_time()
            made = in_transaction(database_of(creations[0].resource_type), allowance.counted_once(make_all))
        except MemoryError:
            raise
        except Exception:
            # One by one, each has its own answer. Whether the client may go on is asked anew: what this
            # attempt has seen may be rolled back with it.
            self.may_create_together = False
            self.stop = None
            allowance.spent = spent
            return False
        for operation, obj in zip(operations, made, strict=True):
            self.succeed(operation, obj)
        return True

    # Circles

    def perform_circle(self, circle: Sequence[BulkOperation]) -> None:
        """Create resources that refer to each other: all of them, or none.

        All are saved first, so that each has an ``id``. Then the references are added to each.
        """
        creations = {operation: self.creation(operation) for operation in circle}
        documents: dict[BulkOperation, Json] = {}
        known = dict(self.identifiers)
        current = circle[0]

        def in_turn() -> Iterator[tuple[BulkOperation, Create]]:
            nonlocal current
            for operation, creation in creations.items():
                current = operation
                yield operation, creation

        def make_all() -> list[Resource]:
            self.identifiers = dict(known)
            for operation, creation in in_turn():
                unresolved = operation.needs - self.identifiers.keys()
                schema = schema_of(creation.resource_type.resource)
                document = resolved(documents[operation], self.identifiers, schema)
                creation.start(without_references(document, unresolved, schema))
                self.identifiers[operation.bulk_id or ""] = creation.obj.identifier
            for operation, creation in in_turn():
                schema = schema_of(creation.resource_type.resource)
                creation.complete(resolved(documents[operation], self.identifiers, schema))
            for _, creation in in_turn():
                creation.conclude()
            return [creation.obj for creation in creations.values()]

        try:
            self.require_unstopped()
            self.caller.allowance.require_time()
            own = {operation.bulk_id for operation in circle}
            for operation, creation in in_turn():
                self.require_made(operation.needs - own)
                schema = schema_of(creation.resource_type.resource)
                documents[operation] = creation.read_body(resolved(operation.data, known, schema)).body
            databases = {database_of(creation.resource_type) for creation in creations.values()}
            writes = list(creations.values())
            with readable_refusals([write.resource_type for write in writes], partial(written_by, writes)):
                work = self.caller.allowance.counted_once(make_all)
                made = with_room(writes, lambda: run_in_all(databases, work))
        except MemoryError:
            raise
        except Exception as exception:
            self.identifiers = known
            self.fail_circle(circle, current, exception)
            return
        for operation, obj in zip(circle, made, strict=True):
            self.succeed(operation, obj)

    def creation(self, operation: BulkOperation) -> Create:
        """Return the write of a POST."""
        attempt = self.new_attempt(operation)
        assert attempt is not None
        assert operation.resource_type is not None
        return Create(operation.resource_type, self.caller, attempt)

    def fail_circle(
        self, circle: Sequence[BulkOperation], failed: BulkOperation, exception: Exception
    ) -> None:
        """Fail all operations of a circle, since one of its resources could not be created."""
        for operation in circle:
            reason = exception
            if operation is not failed and not isinstance(exception, ConnectionPaused):
                detail = (
                    f"it refers to the resource with the bulkId '{failed.bulk_id}', which was not created"
                )
                reason = ConflictException(detail=detail)
            self.fail(operation, reason, self.new_attempt(operation))


def run_in_all(databases: Iterable[str], work: Callable[[], Any]) -> Any:
    """Run work in one transaction of each database. After a deadlock, all are tried again together."""
    first, *others = databases

    def in_others() -> Any:
        with ExitStack() as stack:
            for database in others:
                stack.enter_context(transaction.atomic(using=database))
            return work()

    return in_transaction(first, in_others)
