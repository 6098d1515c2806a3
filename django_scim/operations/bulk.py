"""Bulk jobs (RFC 7644 section 3.7): many operations in one request, each for itself all or nothing.

Operations run in their order. One that refers to a resource that a later one makes waits for it.
Resources that refer to each other in a circle are made in one transaction, without the references first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import scim2_models
from pydantic import ValidationError
from scim2_models import (
    ConflictException,
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
)

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.adapters.paths import Json
from django_scim.conf import get_settings
from django_scim.history.attempt import Amendment, Attempt
from django_scim.models import Operation
from django_scim.operations.bulk_references import bulk_id_in, deferred, references, resolved
from django_scim.operations.create import create
from django_scim.operations.delete import delete
from django_scim.operations.locking import database_of
from django_scim.operations.modify import modify
from django_scim.operations.payloads import POLICY, scim_error
from django_scim.operations.replace import replace
from django_scim.operations.transactions import run

BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

OPERATIONS = {
    "POST": Operation.CREATE,
    "PUT": Operation.REPLACE,
    "PATCH": Operation.MODIFY,
    "DELETE": Operation.DELETE,
}
STATUSES = {"POST": 201, "PUT": 200, "PATCH": 200, "DELETE": 204}

AttemptFactory = Callable[[Operation, str, str], Attempt]
"""Makes the attempt of an operation on a resource type and an ``id``, for the history."""

ErrorFactory = Callable[[Exception], SCIMException]
"""Says what an exception means in SCIM."""


@dataclass(eq=False)
class Item:
    """One operation of a job, and what came of it."""

    index: int
    method: str = ""
    path: str = ""
    bulk_id: str | None = None
    version: str | None = None
    data: Any = None
    adapter: Adapter | None = None
    identifier: str = ""
    """The ``id`` in the path, or a reference to one."""

    needs: set[str] = field(default_factory=set)
    """The ``bulkId`` values that it refers to."""

    error: SCIMException | None = None
    status: int | None = None
    location: str | None = None
    current_version: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether it has an answer."""
        return self.status is not None

    def answer(self, body_of: Callable[[SCIMException], Json]) -> Json:
        """Return what the response says of it."""
        members = {
            "method": self.method or None,
            "bulkId": self.bulk_id,
            "version": self.current_version,
            "location": self.location,
            "status": str(self.status),
            "response": body_of(self.error) if self.error else None,
        }
        return {name: value for name, value in members.items() if value is not None}


class BulkJob:
    """The operations of one request.

    :param adapters: The resource types that the server has.
    :param attempt_for: Makes the attempts that the history keeps.
    :param error_of: Says what an exception of one operation means.
    """

    def __init__(
        self,
        payload: Json,
        adapters: Iterable[Adapter],
        scope: Scope,
        *,
        attempt_for: AttemptFactory,
        error_of: ErrorFactory,
    ) -> None:
        self.adapters = list(adapters)
        self.scope = scope
        self.attempt_for = attempt_for
        self.error_of = error_of
        self.identifiers: dict[str, str] = {}
        self.errors = 0
        operations, self.fail_on_errors = self.envelope(payload)
        self.items = [self.item(index, operation) for index, operation in enumerate(operations)]
        self.makers = {
            item.bulk_id: item for item in self.items if item.method == "POST" and item.bulk_id is not None
        }
        repeated = Counter(item.bulk_id for item in self.items if item.method == "POST")
        for item in self.items:
            item.needs = references([item.data, item.identifier], self.makers)
            if item.method == "POST" and repeated[item.bulk_id] > 1:
                item.error = item.error or InvalidValueException(
                    detail=f"the bulkId '{item.bulk_id}' is not unique"
                )

    # Reading the request

    def envelope(self, payload: Json) -> tuple[list[Any], int | None]:
        """Return the operations of a request, and after how many errors to stop.

        :raises PayloadTooLargeException: If there are more than ``MAX_BULK_OPERATIONS``.
        :raises SCIMException: If the request is not a BulkRequest.
        """
        name = next((name for name in payload if name.lower() == "operations"), "")
        operations = payload.get(name)
        if not isinstance(operations, list):
            raise InvalidSyntaxException(detail="'Operations' has to be a list")
        limit = get_settings().MAX_BULK_OPERATIONS
        if len(operations) > limit:
            raise PayloadTooLargeException(detail=f"a bulk request may have {limit} operations at most")
        rest = {key: value for key, value in payload.items() if key != name}
        request = self.validated(scim2_models.BulkRequest, rest)
        return operations, request.fail_on_errors

    def item(self, index: int, operation: Any) -> Item:
        """Read one operation; one that cannot be read has an error from the start."""
        item = Item(index)
        if not isinstance(operation, dict):
            item.error = InvalidSyntaxException(detail="an operation has to be an object")
            return item
        members = {name.lower(): value for name, value in operation.items()}
        item.data = members.pop("data", None)
        item.method = str(members.get("method") or "").upper()
        bulk_id = members.get("bulkid")
        item.bulk_id = bulk_id if isinstance(bulk_id, str) and bulk_id else None
        try:
            envelope = {"method": item.method, "bulkId": bulk_id}
            envelope |= {name: members.get(name) for name in ("path", "version")}
            self.read(item, self.validated(scim2_models.BulkOperation, envelope))
        except SCIMException as error:
            item.error = error
        return item

    def validated(self, message: Any, payload: Json) -> Any:
        """Let scim2-models check a message without the data of the resources.

        :raises SCIMException: If it is not what RFC 7644 section 3.7 says.
        """
        # Any resource type does: the data, which depends on it, is not in the payload.
        model = message.__class_getitem__(self.adapters[0].resource)
        try:
            return model.model_validate(payload, scim_policy=POLICY)
        except ValidationError as error:
            raise scim_error(error) from error

    def read(self, item: Item, envelope: Any) -> None:
        """Take over what an operation says, and find its resource type.

        :raises InvalidValueException: If something is missing.
        :raises NotFoundException: If the path leads to no resource type.
        """
        item.path, item.version = envelope.path or "", envelope.version
        if item.method == "POST" and item.bulk_id is None:
            raise InvalidValueException(detail="a POST needs a bulkId")
        if item.method != "DELETE" and not isinstance(item.data, dict | list):
            raise InvalidValueException(detail=f"a {item.method} needs data")
        if not item.path:
            raise InvalidValueException(detail="an operation needs a path")
        path = item.path.removeprefix(self.scope.base_url)
        endpoint, _, item.identifier = path.strip("/").partition("/")
        by_endpoint = {adapter.endpoint.strip("/").lower(): adapter for adapter in self.adapters}
        item.adapter = by_endpoint.get(endpoint.lower())
        if item.adapter is None or bool(item.identifier) == (item.method == "POST"):
            raise NotFoundException(detail=f"there is nothing to {item.method} at '{item.path}'")
        item.location = None if item.method == "POST" else self.scope.location(item.adapter, item.identifier)

    # Running

    def run(self) -> list[Item]:
        """Run the operations until ``failOnErrors`` stops them; return those that were tried, in order."""
        for item in self.in_order():
            if item.error is not None:
                self.refuse(item, item.error)
            else:
                self.perform(item)
            if self.is_stopped:
                break
        return [item for item in self.items if item.is_done]

    @property
    def is_stopped(self) -> bool:
        """Whether as many operations have failed as the client accepts."""
        return bool(self.fail_on_errors) and self.errors >= (self.fail_on_errors or 0)

    def in_order(self) -> Iterator[Item]:
        """Yield what can be done next, as long as there is anything."""
        waiting: list[Item] = []
        for item in self.items:
            waiting.append(item)
            while ready := next((other for other in waiting if self.is_ready(other)), None):
                waiting.remove(ready)
                yield ready
        while waiting:
            circle = self.circle(waiting[0])
            self.perform_circle(circle)
            waiting = [item for item in waiting if item not in circle]
            if self.is_stopped:
                return
            while ready := next((other for other in waiting if self.is_ready(other)), None):
                waiting.remove(ready)
                yield ready

    def is_ready(self, item: Item) -> bool:
        """Whether all that an operation refers to has been tried."""
        return item.error is not None or all(self.makers[bulk_id].is_done for bulk_id in item.needs)

    def perform(self, item: Item) -> None:
        """Run one operation, and note what came of it."""
        attempt = self.new_attempt(item)
        try:
            self.require_resolved(item)
            self.done(item, self.write(item, attempt, resolved(item.data, self.identifiers)))
        except Exception as exception:
            self.refuse(item, self.error_of(exception), attempt)

    def require_resolved(self, item: Item) -> None:
        """Refuse an operation that refers to a resource that could not be made.

        :raises ConflictException: As RFC 7644 section 3.7.1 has it.
        """
        for bulk_id in item.needs - set(self.identifiers):
            raise ConflictException(detail=f"the resource with the bulkId '{bulk_id}' was not created")

    def write(self, item: Item, attempt: Attempt, data: Any) -> ResourceObject | None:
        """Do what an operation says; return the resource unless it is gone."""
        adapter = item.adapter
        assert adapter is not None
        if item.method == "POST":
            return create(adapter, data, self.scope, attempt)
        referred = bulk_id_in(item.identifier)
        identifier = self.identifiers.get(referred or "", item.identifier)
        item.location = self.scope.location(adapter, identifier)
        if item.method == "DELETE":
            delete(adapter, identifier, self.scope, attempt, if_match=item.version)
            return None
        method = replace if item.method == "PUT" else modify
        return method(adapter, identifier, data, self.scope, attempt, if_match=item.version)

    def done(self, item: Item, obj: ResourceObject | None) -> None:
        """Note that an operation succeeded."""
        item.status = STATUSES[item.method]
        if obj is not None:
            item.location = obj.location
            item.current_version = obj.adapter.version(obj)
            if item.bulk_id is not None:
                self.identifiers[item.bulk_id] = obj.identifier

    def refuse(self, item: Item, error: SCIMException, attempt: Attempt | None = None) -> None:
        """Note that an operation failed, in the history too."""
        item.error, item.status = error, error.status
        self.errors += 1
        if attempt is None and item.method in OPERATIONS:
            attempt = self.new_attempt(item)
        if attempt is not None:
            attempt.refused(error)

    def new_attempt(self, item: Item) -> Attempt:
        """Return the attempt of an operation."""
        name = item.adapter.name if item.adapter else ""
        attempt = self.attempt_for(OPERATIONS[item.method], name, item.identifier)
        attempt.describe(item.data)
        return attempt

    # Circles

    def circle(self, start: Item) -> list[Item]:
        """Return what waits for each other, beginning with one that waits."""
        found = [start]
        for item in found:
            for bulk_id in sorted(item.needs):
                maker = self.makers[bulk_id]
                if not maker.is_done and maker not in found:
                    found.append(maker)
        return sorted(found, key=lambda item: item.index)

    def perform_circle(self, circle: Sequence[Item]) -> None:
        """Make resources that refer to each other: all of them, or none."""
        attempts: dict[Item, Attempt] = {}
        known = dict(self.identifiers)
        current = circle[0]

        def work() -> list[tuple[Item, ResourceObject | None]]:
            nonlocal current
            self.identifiers = dict(known)
            attempts.clear()
            later, made = [], []
            for item in circle:
                current = item
                attempts[item] = self.new_attempt(item)
                self.require_resolvable(item, circle)
                data, operations = deferred(resolved(item.data, self.identifiers), self.unresolved(item))
                obj = self.write(item, attempts[item], data)
                made.append((item, obj))
                if item.bulk_id is not None and obj is not None:
                    self.identifiers[item.bulk_id] = obj.identifier
                if operations:
                    later.append((item, operations))
            for item, operations in later:
                current = item
                made = [(other, obj) for other, obj in made if other is not item]
                made.append((item, self.complete(item, operations, attempts[item])))
            return made

        try:
            made = run_in_all({database_of(item.adapter) for item in circle if item.adapter}, work)
        except Exception as exception:
            self.identifiers = known
            self.refuse_circle(circle, current, self.error_of(exception))
            return
        for item, obj in made:
            self.done(item, obj)

    def unresolved(self, item: Item) -> set[str]:
        """Return what an operation refers to that is not there yet."""
        return item.needs - set(self.identifiers)

    def require_resolvable(self, item: Item, circle: Sequence[Item]) -> None:
        """Refuse an operation that refers to something that failed before.

        :raises ConflictException: As RFC 7644 section 3.7.1 has it.
        """
        for bulk_id in self.unresolved(item):
            if self.makers[bulk_id] not in circle:
                raise ConflictException(detail=f"the resource with the bulkId '{bulk_id}' was not created")

    def complete(self, item: Item, operations: list[Json], attempt: Attempt) -> ResourceObject:
        """Put the references in that could not be there when the resource was made."""
        assert item.adapter is not None
        payload = {"schemas": [PATCH_OP], "Operations": resolved(operations, self.identifiers)}
        identifier = self.identifiers[item.bulk_id or ""]
        return modify(item.adapter, identifier, payload, self.scope, Amendment(attempt), if_match=None)

    def refuse_circle(self, circle: Sequence[Item], failed: Item, error: SCIMException) -> None:
        """Note that none of a circle's resources was made, since one could not be."""
        for item in circle:
            reason = error
            if item is not failed:
                detail = f"it was not created, since it refers to the bulkId '{failed.bulk_id}', which failed"
                reason = ConflictException(detail=detail)
            self.refuse(item, reason)


def run_in_all(databases: Iterable[str], work: Callable[[], Any]) -> Any:
    """Run work in one transaction of each database."""
    first, *others = databases
    return run(first, (lambda: run_in_all(others, work)) if others else work)
