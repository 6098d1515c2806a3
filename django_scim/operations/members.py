"""The operations of a PATCH on relations, such as the members of a group, as set operations."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from scim2_models import MutabilityException, NoTargetException, PatchOperation
from scim2_models.path import CompareOperator, Comparison, FilterNode

from django_scim.mappings.collection import Collection
from django_scim.query.filters import compile_value_filter
from django_scim.resources.resource import Resource

AnyOperation = PatchOperation[Any]

RelationChange = tuple[Collection, AnyOperation]
"""An operation and the relation of its path. Without a path, it is about the whole relation."""

ADD, REMOVE = PatchOperation.Op.add, PatchOperation.Op.remove


def merge_operations(changes: Iterable[RelationChange]) -> list[RelationChange]:
    """Merge neighbours that add to one relation, or that remove members by ``value``, into one operation.

    There are identity providers that send an operation for each member. The result is the same, with fewer
    queries.
    """
    merged: list[RelationChange] = []
    for mapping, operation in changes:
        operation = with_values_for_filter(operation)
        last_mapping, last = merged[-1] if merged else (None, operation)
        is_same = mapping is last_mapping and operation.op is last.op
        if is_same and can_merge(last) and can_merge(operation):
            values = [*values_of(last.value), *values_of(operation.value)]
            merged[-1] = mapping, last.model_copy(update={"path": None, "value": values})
        else:
            merged.append((mapping, operation))
    return merged


def with_values_for_filter(operation: AnyOperation) -> AnyOperation:
    """Return a removal at ``members[value eq "2819c223"]`` as one with ``[{"value": "2819c223"}]``."""
    node = selection_of(operation)
    if operation.op is not REMOVE or is_inside(operation) or not isinstance(node, Comparison):
        return operation
    is_value = str(node.attr_path).lower() == "value" and isinstance(node.value, str)
    if not is_value or node.op is not CompareOperator.eq:
        return operation
    return operation.model_copy(update={"path": None, "value": [{"value": node.value}]})


def can_merge(operation: AnyOperation) -> bool:
    """Whether an operation adds or removes exactly the members in its value."""
    is_removal_of_values = operation.op is REMOVE and operation.value is not None
    is_whole = selection_of(operation) is None and not is_inside(operation)
    return is_whole and (operation.op is ADD or is_removal_of_values)


def selection_of(operation: AnyOperation) -> FilterNode | None:
    """Return the filter in the path, or None."""
    return None if operation.path is None else operation.path.value_filter


def is_inside(operation: AnyOperation) -> bool:
    """Whether the path names a sub-attribute of the members."""
    binding = None if operation.path is None else operation.path.resolve()
    return binding is not None and binding.sub_field_name is not None


def change_members(mapping: Collection, operation: AnyOperation, obj: Resource) -> None:
    """Apply one operation to a relation.

    :raises NoTargetException: If a ``replace`` selects no member.
    :raises MutabilityException: If the path names a sub-attribute of the members, which are read-only.
    :raises InvalidValueException: If a value is not the ``id`` of a resource that the connection can see.
    """
    if is_inside(operation):
        raise MutabilityException(detail=f"the attributes of '{mapping.path.key}' cannot be changed")
    values = values_of(operation.value)
    selection = selection_of(operation)
    if selection is not None:
        change_selected(mapping, selection, operation, obj)
    elif operation.op is ADD:
        mapping.add(obj, values)
    elif operation.op is REMOVE and operation.value is not None:
        mapping.remove(obj, values)
    else:
        mapping.replace(obj, values)


def change_selected(
    mapping: Collection, selection: FilterNode, operation: AnyOperation, obj: Resource
) -> None:
    """Remove the members that a filter selects, and add those of the operation's value.

    :raises NoTargetException: If a ``replace`` selects no member.
    """
    condition = partial(compile_value_filter, mapping.resource_type, mapping.path, selection)
    removed = mapping.remove_where(obj, condition)
    if operation.op is not REMOVE:
        if not removed:
            raise NoTargetException(detail=f"'{operation.path}' selects no member")
        mapping.add(obj, values_of(operation.value))


def values_of(value: Any) -> list[Any]:
    """Return the values in an operation as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
