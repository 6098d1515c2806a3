"""PATCH (RFC 7644 section 3.5.2).

Attributes with a limited number of values are changed in memory by scim2-models, and then compared. A
collection, such as the members of a group, is changed by set operations on the relation.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any

from pydantic import ValidationError
from scim2_models import (
    Context,
    InvalidPathException,
    InvalidValueException,
    MutabilityException,
    PatchOp,
    PayloadTooLargeException,
    Required,
    SCIMException,
)
from scim2_models.path import CompareOperator, Comparison

from django_scim.allowance import COMPARISON, ENTRY, MEMBER_COMPARISON, PATCH_OPERATION
from django_scim.conf import get_settings
from django_scim.dialects.canonical import canonical_message, canonical_operations, canonical_path
from django_scim.dialects.registry import Dialect, request_policy
from django_scim.history.events import Attempt
from django_scim.mappings.collection import Collection
from django_scim.operations.consulting import MembersNamed, identifiers_in
from django_scim.operations.members import (
    ADD,
    REMOVE,
    AnyOperation,
    RelationChange,
    change_members,
    merge_operations,
    selection_of,
    values_of,
)
from django_scim.operations.payloads import dump, readable, scim_error, stored_resource
from django_scim.operations.saving import Written, apply, keep_names
from django_scim.operations.write import WriteById
from django_scim.query.filters import count_terms
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.attributes import member, schema_of, without
from django_scim.schema.entries import distinct
from django_scim.schema.paths import AttributePath, Json, parametrized, resolve_parsed
from django_scim.schema.unknown import unknown_in_operations

Operations = list[Any]
"""Validated ``PatchOperation`` objects."""


class Patch(WriteById):
    """Applies the operations of a PatchOp to a resource, all or nothing."""

    def read_body(self, payload: Any) -> Patch:
        """Read the operations of a request. Return the write itself.

        :raises SCIMException: If an operation is not valid by RFC 7644 section 3.5.2.
        """
        operations = parse(self.resource_type, payload, self.caller, self.attempt)
        self.operations, self.relations = split(self.resource_type, operations)
        require_bounded_paths(self.operations)
        return self

    def names_resource(self) -> bool:
        """Whether an operation sets the name that the resource has, or an ``externalId``."""
        return any(
            self.is_named_by(path.key, value)
            for operation in self.operations
            for path, value in self.places(operation)
        )

    def change(self) -> Written:
        """Apply the operations on attributes in memory. Relations are changed after the row is saved."""
        written = self.apply_operations() if self.operations else []
        for mapping, operation in merge_operations(self.relations):
            selection = selection_of(operation)
            if selection is not None:
                self.caller.allowance.charge(MEMBER_COMPARISON, count_terms(selection))
            self.obj.after_save.append(partial(change_members, mapping, operation, self.obj))
        return written

    def members_named(self) -> tuple[MembersNamed, MembersNamed]:
        added: MembersNamed = {}
        removed: MembersNamed = {}
        for mapping, operation in merge_operations(self.relations):
            found = removed if operation.op is REMOVE else added
            key = mapping.path.key
            if named := identifiers_in(operation.value):
                found[key] = (*found.get(key, ()), *named)
        return added, removed

    def apply_operations(self) -> Written:
        """Apply the operations to the document with scim2-models, and write the differences."""
        put_secrets(self.resource_type, self.document)
        self.charge_comparisons()
        resource = stored_resource(self.resource_type, self.document)
        before = dump(resource)
        message = parametrized(PatchOp, self.resource_type.resource)
        try:
            for creates, operations in groupby(self.operations, self.creates):
                policy = request_policy(self.caller.dialect, creates=creates)
                message.model_construct(operations=list(operations)).patch(resource, scim_policy=policy)
        except SCIMException as error:
            raise readable(error) from error
        after = with_distinct_values(before, dump(resource))
        self.caller.allowance.charge_document(after)
        require_bounded_values(before, after)
        require_extensions(self.resource_type, before, after)
        keep_names(self.obj, before, after)
        return apply(self.obj, before, after, self.attempt.changes, removes=True)

    def charge_comparisons(self) -> None:
        """Count what the operations cost on attributes with several values: each looks at all of them.

        :raises CostExceeded: If that is too much.
        """
        allowance, counts = self.caller.allowance, Counter[str]()
        for operation in self.operations:
            for path, value in self.places(operation):
                if not path.is_multivalued:
                    continue
                if path.head not in counts:
                    counts[path.head] = len(values_of(replace(path, sub=None).get(self.document)))
                allowance.charge(ENTRY, len(values_of(value)) * counts[path.head])
                selection = selection_of(operation)
                if selection is not None:
                    allowance.charge(COMPARISON, count_terms(selection) * counts[path.head])
                counts[path.head] += len(values_of(value))

    def places(self, operation: AnyOperation) -> Iterator[tuple[AttributePath, Any]]:
        """Yield the attributes that an operation is about, each with what it gives to them."""
        if operation.path is not None:
            path = resolve_parsed(self.resource_type.resource, operation.path)
            if path is not None:
                yield path, operation.value
        elif isinstance(operation.value, dict):
            for name, value in operation.value.items():
                found = self.resource_type.resolve(name)
                if found is not None:
                    yield found, value

    def creates(self, operation: Any) -> bool:
        """Whether a path whose filter matches no entry makes the one that it describes.

        RFC 7644 section 3.5.2.3 has a ``replace`` refused with ``noTarget``. Microsoft Entra ID expects the
        entry (learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint), and the filter that
        it sends is one ``eq``. An ``add`` makes what is not there (section 3.5.2.1).
        """
        if self.caller.dialect.is_strict:
            return False
        node = selection_of(operation)
        is_one = isinstance(node, Comparison) and node.op is CompareOperator.eq
        return is_one or operation.op is ADD


def put_secrets(resource_type: ResourceType, document: Json) -> None:
    """Put a random value into each attribute that is never read, so that an operation can remove it."""
    for mapping in resource_type.written_mappings:
        if mapping.path.is_secret:
            mapping.path.set(document, secrets.token_hex())


def parse(resource_type: ResourceType, payload: Any, caller: Caller, attempt: Attempt) -> Operations:
    """Return the operations of a request in canonical form, validated.

    The attempt is told the names that no schema has.

    An empty list of operations is valid: some identity providers send it when nothing has changed.

    :raises PayloadTooLargeException: If there are more than ``MAX_PATCH_OPERATIONS``.
    :raises SCIMException: If the request is not valid.
    """
    dialect = caller.dialect
    payload = canonical_message(payload, dialect)
    operations = member(payload, "operations") if isinstance(payload, dict) else None
    if isinstance(operations, list):
        caller.allowance.charge(PATCH_OPERATION, require_bounded_operations(operations))
        named = partial(paths_in, operations, resource_type, dialect)
        operations = canonical_operations(resource_type.resource, operations, dialect)
        found = [operation for operation in operations if isinstance(operation, dict)]
        attempt.ignore(unknown_in_operations(found, named, schema_of(resource_type.resource)))
        if not operations:
            return []
        payload = {**without(payload, "operations"), "Operations": operations}
    model = parametrized(PatchOp, resource_type.resource)
    try:
        patch = model.model_validate(
            payload, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=request_policy(dialect)
        )
    except ValidationError as error:
        raise scim_error(error) from error
    return list(patch.operations or ())


def paths_in(operations: list[Any], resource_type: ResourceType, dialect: Dialect) -> set[str]:
    """Return the paths that operations have before they are made canonical, in canonical form."""
    members_of = [operation for operation in operations if isinstance(operation, dict)]
    paths = [member(operation, "path") for operation in members_of]
    schema = schema_of(resource_type.resource)
    return {canonical_path(path, schema, dialect) for path in paths if path and isinstance(path, str)}


def require_bounded_operations(operations: list[Any]) -> int:
    """Refuse too many operations, and paths that are too long to be parsed. Return how many there are.

    An operation without a path counts once for each member of its value.

    :raises PayloadTooLargeException: If there are more than ``MAX_PATCH_OPERATIONS``.
    :raises InvalidPathException: If a path is longer than ``MAX_FILTER_LENGTH``.
    """
    settings = get_settings()
    count = 0
    for operation in operations:
        given = operation if isinstance(operation, dict) else {}
        path, value = member(given, "path"), member(given, "value")
        count += len(value) if isinstance(value, dict) and not path else 1
        if isinstance(path, str) and len(path) > settings.MAX_FILTER_LENGTH:
            detail = f"a path may have {settings.MAX_FILTER_LENGTH} characters at most"
            raise InvalidPathException(detail=detail)
    if count > (limit := settings.MAX_PATCH_OPERATIONS):
        raise PayloadTooLargeException(detail=f"a PATCH may have {limit} operations at most")
    return count


def split(resource_type: ResourceType, operations: Operations) -> tuple[Operations, list[RelationChange]]:
    """Separate the operations on relations from the others. One without a path may have both."""
    bounded: Operations = []
    relations: list[RelationChange] = []
    for operation in operations:
        if operation.path is not None:
            mapping = relation_at(resource_type, resolve_parsed(resource_type.resource, operation.path))
            if mapping is None:
                bounded.append(operation)
            else:
                relations.append((mapping, operation))
            continue
        rest = {}
        for name, value in (operation.value if isinstance(operation.value, dict) else {}).items():
            mapping = relation_at(resource_type, resource_type.resolve(name))
            if mapping is None:
                rest[name] = value
            else:
                relations.append((mapping, operation.model_copy(update={"path": None, "value": value})))
        if rest or not isinstance(operation.value, dict) or not operation.value:
            bounded.append(operation.model_copy(update={"value": rest or operation.value}))
    return bounded, relations


def require_bounded_paths(operations: Operations) -> None:
    """Refuse too many comparisons in the filters of the paths: each is evaluated on every value.

    :raises InvalidPathException: If they have more than ``MAX_FILTER_TERMS`` comparisons.
    """
    filters = [operation.path.value_filter for operation in operations if operation.path is not None]
    limit = get_settings().MAX_FILTER_TERMS
    if sum(count_terms(node) for node in filters if node is not None) > limit:
        raise InvalidPathException(detail=f"the paths of a PATCH may have {limit} comparisons at most")


def require_bounded_values(before: Json, after: Json) -> None:
    """Refuse an attribute to which several operations together have added too many values.

    :param before: The document before the change, or the object of an extension in it.
    :raises InvalidValueException: If one has more than ``MAX_VALUES``, and more than before.
    """
    limit = get_settings().MAX_VALUES
    for name, value in after.items():
        had = before.get(name)
        if isinstance(value, dict):
            require_bounded_values(had if isinstance(had, dict) else {}, value)
        elif isinstance(value, list) and len(value) > max(limit, len(had or ())):
            raise InvalidValueException(detail=f"'{name}' may have {limit} values at most")


def require_extensions(resource_type: ResourceType, before: Json, after: Json) -> None:
    """Refuse operations that leave nothing of a required extension (RFC 7643 section 6).

    :raises MutabilityException: If they do; a resource that has been without it before may stay so.
    """
    resource = resource_type.resource
    for urn, model in resource.get_extension_models().items():
        is_required = resource.get_field_annotation(model.__name__, Required) is Required.true
        if is_required and before.get(urn) and not after.get(urn):
            raise MutabilityException(detail=f"the extension '{urn}' is required")


def with_distinct_values(before: Json, after: Json) -> Json:
    """Return a document in which an attribute that has changed has no value twice (RFC 7643 section 2.4).

    :param before: The document before the change, or the object of an extension in it.
    """
    changed: Json = {}
    for name, value in after.items():
        had = before.get(name)
        if isinstance(value, dict):
            changed[name] = with_distinct_values(had if isinstance(had, dict) else {}, value)
        elif isinstance(value, list) and value != had:
            changed[name] = distinct(value)
    return {**after, **changed}


def relation_at(resource_type: ResourceType, path: AttributePath | None) -> Collection | None:
    """Return the mapping of the relation in a path, or None if the path is that of another attribute."""
    mapping = None if path is None else resource_type.mapping_for(path)
    return mapping if isinstance(mapping, Collection) else None
