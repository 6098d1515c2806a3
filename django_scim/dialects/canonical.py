"""The entry points: what a request becomes before scim2-models validates it.

Nothing here raises for any JSON: what no rule knows is left as it is, for the validation to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scim2_models import InvalidFilterException, InvalidPathException, Path, ScimFilter
from scim2_models.path import AttrPath, Comparison

from django_scim.adapters.paths import Json, ResourceModel
from django_scim.dialects.attributes import Schema, Target, schema_of, without
from django_scim.dialects.registry import STANDARD, Dialect
from django_scim.dialects.renaming import renamed
from django_scim.dialects.rules import Stage
from django_scim.dialects.walking import canonical_document, canonical_object, canonical_value

PATHS = ("sortby", "attributes", "excludedattributes")
"""The parameters of a query that hold attribute paths, in lower case."""


def canonical_resource(resource: ResourceModel, payload: Any, dialect: Dialect = STANDARD) -> Any:
    """Return the canonical form of the body of a POST or a PUT."""
    if not isinstance(payload, dict):
        return payload
    schema = schema_of(resource)
    for rule in dialect.rules(Stage.RESOURCE):
        payload = rule(payload, schema)
    return canonical_document(payload, schema, dialect)


def canonical_message(payload: Any, dialect: Dialect = STANDARD) -> Any:
    """Return the message of a PATCH as an object with ``Operations``; the operations are as they were."""
    for rule in dialect.rules(Stage.MESSAGE):
        payload = rule(payload)
    return payload


def canonical_operations(
    resource: ResourceModel, operations: Iterable[Any], dialect: Dialect = STANDARD
) -> list[Any]:
    """Return the canonical form of the operations of a PATCH, each of which may become several or none."""
    schema = schema_of(resource)
    canonical: list[Any] = []
    for operation in operations:
        if not isinstance(operation, dict):
            canonical.append(operation)
            continue
        parts = [operation]
        for rule in dialect.rules(Stage.SPLIT):
            parts = [new for part in parts for new in rule(part, schema)]
        canonical += [canonical_operation(part, schema, dialect) for part in parts]
    return canonical


def canonical_operation(operation: Json, schema: Schema, dialect: Dialect) -> Json:
    """Return an operation with its members, its path and its value in canonical form."""
    operation = {name.lower(): value for name, value in operation.items()}
    if operation.get("path") in (None, ""):
        operation = without(operation, "path")
    path = operation.get("path", "")
    if not isinstance(path, str) or not isinstance(operation.get("op"), str):
        return operation
    if path:
        path = operation["path"] = canonical_path(path, schema, dialect)
    target = schema.target(path)
    if "value" in operation:
        operation["value"] = canonical_target(operation["value"], target, dialect)
    for rule in dialect.rules(Stage.OPERATION):
        operation = rule(operation, target)
    return operation


def canonical_target(value: Any, target: Target, dialect: Dialect) -> Any:
    """Return the canonical form of what is written where a path leads to."""
    if target.attribute is not None:
        return canonical_value(value, target.attribute, dialect)
    if target.object is not None and isinstance(value, dict):
        return canonical_object(value, target.object, dialect)
    return value


def canonical_path(path: str, schema: Schema, dialect: Dialect = STANDARD) -> str:
    """Return the canonical form of an attribute path."""
    for rule in dialect.rules(Stage.PATH):
        path = rule(path, schema)
    return path


def canonical_parameters(
    resources: Iterable[ResourceModel], parameters: Json, dialect: Dialect = STANDARD
) -> Json:
    """Return the canonical form of the parameters of a query, from the URL or from a body."""
    schemas = [schema_of(resource) for resource in resources]
    canonical = {}
    for name, value in parameters.items():
        for schema in schemas:
            if name.lower() == "filter" and isinstance(value, str):
                value = canonical_filter(value, schema, dialect)
            elif name.lower() in PATHS:
                value = canonical_paths(value, schema, dialect)
        canonical[name] = value
    return canonical


def canonical_filter(text: str, schema: Schema, dialect: Dialect = STANDARD) -> str:
    """Return the canonical form of a filter."""

    def path(found: AttrPath) -> AttrPath:
        canonical = canonical_path(str(found), schema, dialect)
        return found if canonical == str(found) else attr_path(canonical) or found

    def comparison(node: Comparison) -> Comparison:
        for rule in dialect.rules(Stage.COMPARISON):
            node = rule(node, schema)
        return node

    for rule in dialect.rules(Stage.FILTER):
        text = rule(text, schema)
    try:
        return renamed(ScimFilter(text), path, comparison)
    except InvalidFilterException:
        return text


def attr_path(text: str) -> AttrPath | None:
    """Return a path that names an attribute, none for any other."""
    try:
        node = Path(text).ast
    except InvalidPathException:
        return None
    return node if isinstance(node, AttrPath) else None


def canonical_paths(value: Any, schema: Schema, dialect: Dialect) -> Any:
    """Return the canonical form of a path, of several with commas between, or of a list of such."""
    if isinstance(value, list):
        return [canonical_paths(item, schema, dialect) for item in value]
    if not isinstance(value, str):
        return value
    return ",".join(canonical_path(path.strip(), schema, dialect) for path in value.split(","))
