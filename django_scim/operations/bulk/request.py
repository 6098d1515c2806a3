"""Reads a BulkRequest (RFC 7644 section 3.7), each operation alone, so that an invalid one fails alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import scim2_models
from pydantic import ValidationError
from scim2_models import (
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
)

from django_scim.allowance import PATCH_OPERATION
from django_scim.conf import get_settings
from django_scim.dialects.letter import require_schema
from django_scim.dialects.registry import request_policy
from django_scim.operations.bulk.references import references
from django_scim.operations.payloads import scim_error
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.attributes import member, schema_of
from django_scim.schema.paths import Json

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

# Any resource type is right here: the data, which depends on it, is validated later.
RequestMessage: Any = scim2_models.BulkRequest[scim2_models.Group]

OperationMessage: Any = scim2_models.BulkOperation[scim2_models.Group]


@dataclass(eq=False)
class BulkOperation:
    """One operation of a bulk job, and its result."""

    method: str | None = None
    """In upper case."""

    path: str = ""
    bulk_id: str | None = None
    version: str | None = None
    """The version in the request, and afterwards that in the response."""

    data: Any = None

    resource_type: ResourceType | None = None
    """The resource type in the path, or None if there is no such type."""

    identifier: str = ""
    """The ``id`` in the path, or a reference to one."""

    location: str | None = None
    status: int | None = None
    """None until the operation is tried."""

    needs: set[str] = field(default_factory=set)
    """The ``bulkId`` values that the operation refers to."""

    error: SCIMException | None = None
    """Why the operation is not valid, or why it failed."""

    def note_error(self, error: SCIMException) -> None:
        """Note what is wrong, unless something else is already."""
        self.error = self.error or error


def read_request(
    payload: Json, resource_types: Iterable[ResourceType], caller: Caller
) -> tuple[list[BulkOperation], int | None]:
    """Return the operations of a BulkRequest, and ``failOnErrors``, or None if it is not set.

    An operation that is not valid has an ``error``.

    :raises PayloadTooLargeException: If there are more than ``MAX_BULK_OPERATIONS``, or the changes in them
        are more than the whole job may cost.
    :raises SCIMException: If the message as a whole is not valid.
    """
    if caller.dialect.is_strict:
        require_schema(payload, BULK_REQUEST)
    name = next((name for name in payload if name.lower() == "operations"), "")
    given = payload.get(name)
    if not isinstance(given, list):
        raise InvalidSyntaxException(detail="'Operations' has to be a list")
    limit = get_settings().MAX_BULK_OPERATIONS
    if len(given) > limit:
        raise PayloadTooLargeException(detail=f"a bulk request may have {limit} operations at most")
    rest = {key: value for key, value in payload.items() if key != name}
    fail_on_errors: int | None = validated(RequestMessage, rest, caller).fail_on_errors
    if fail_on_errors is not None and fail_on_errors < 1:
        raise InvalidValueException(detail="failOnErrors has to be 1 at least")
    by_endpoint = {
        resource_type.endpoint.strip("/").lower(): resource_type for resource_type in resource_types
    }
    caller.allowance.require(PATCH_OPERATION, sum(map(changes_in, given)))
    operations = [read_operation(item, by_endpoint, caller) for item in given]
    check_references(operations)
    return operations, fail_on_errors


def changes_in(item: Any) -> int:
    """Return how many operations the PATCH of an operation has."""
    data = member(item, "data") if isinstance(item, dict) else None
    operations = member(data, "operations") if isinstance(data, dict) else None
    return len(operations) if isinstance(operations, list) else 0


def validated(model: Any, payload: Json, caller: Caller) -> Any:
    """Validate a message, or an operation without its data, with scim2-models.

    :raises SCIMException: If it is not valid by RFC 7644 section 3.7.
    """
    try:
        return model.model_validate(payload, scim_policy=request_policy(caller.dialect))
    except ValidationError as error:
        raise scim_error(error) from error


def read_operation(item: Any, by_endpoint: dict[str, ResourceType], caller: Caller) -> BulkOperation:
    """Return one operation. If it is not valid, it has what the response needs, and the error."""
    operation = BulkOperation()
    if not isinstance(item, dict):
        operation.note_error(InvalidSyntaxException(detail="an operation has to be an object"))
        return operation
    members = {name.lower(): value for name, value in item.items()}
    # Read before the validation: the response names the operation that is not valid.
    for name, attribute in (("method", "method"), ("path", "path"), ("bulkid", "bulk_id")):
        if isinstance(value := members.get(name), str):
            setattr(operation, attribute, value)
    if operation.method is not None and not caller.dialect.is_strict:
        operation.method = members["method"] = operation.method.upper()
    data = members.pop("data", None)
    operation.data = None if operation.method == "DELETE" else data
    locate(operation, by_endpoint, caller)
    resource_type = operation.resource_type
    schema = None if resource_type is None else schema_of(resource_type.resource)
    operation.needs = references(operation.data, schema) | references(operation.identifier)
    try:
        operation.version = validated(OperationMessage, members, caller).version
        require_members(operation)
        if operation.resource_type is None or bool(operation.identifier) == (operation.method == "POST"):
            detail = f"there is nothing to {operation.method} at '{operation.path}'"
            raise NotFoundException(detail=detail)
    except SCIMException as error:
        operation.note_error(error)
    return operation


def require_members(operation: BulkOperation) -> None:
    """Refuse an operation without the members that its method needs.

    :raises InvalidValueException: If a member is missing.
    """
    if not operation.method:
        raise InvalidValueException(detail="an operation needs a method")
    if not operation.path:
        raise InvalidValueException(detail="an operation needs a path")
    if operation.method == "POST" and not operation.bulk_id:
        raise InvalidValueException(detail="a POST needs a bulkId")
    if operation.method != "DELETE" and operation.data is None:
        raise InvalidValueException(detail=f"a {operation.method} needs data")


def locate(operation: BulkOperation, by_endpoint: dict[str, ResourceType], caller: Caller) -> None:
    """Set the resource type and the ``id`` from the path, and the location for the response."""
    path = operation.path.removeprefix(caller.base_url).strip("/")
    if path and operation.method != "POST":
        operation.location = f"{caller.base_url}/{path}"
    endpoint, _, identifier = path.partition("/")
    operation.resource_type = by_endpoint.get(endpoint.lower())
    operation.identifier = identifier if references(identifier) else unquote(identifier)


def check_references(operations: Iterable[BulkOperation]) -> None:
    """Set the error of operations with a ``bulkId`` that is not unique, or with an unknown reference."""
    makers = Counter(operation.bulk_id for operation in operations if operation.method == "POST")
    for operation in operations:
        if operation.method == "POST" and makers[operation.bulk_id] > 1:
            detail = f"the bulkId '{operation.bulk_id}' is not unique"
            operation.note_error(InvalidValueException(detail=detail))
        for bulk_id in sorted(operation.needs - makers.keys()):
            detail = f"no operation makes a resource with the bulkId '{bulk_id}'"
            operation.note_error(InvalidValueException(detail=detail))
