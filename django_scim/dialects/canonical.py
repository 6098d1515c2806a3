"""The entry points: what a request becomes before scim2-models validates it.

What no rule knows is left as it is, for the validation to refuse. Raised is only what a strict dialect, or a
rule of the project, refuses, and text that should be base64: no validation would.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from scim2_models import InvalidPathException, Path
from scim2_models.path import (
    AttrPath,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    Not,
    Present,
    ValuePath,
)

from django_scim.dialects.registry import STANDARD, Dialect
from django_scim.dialects.rules import Stage
from django_scim.schema.attributes import Attribute, Attributes, Schema, Target, member, schema_of, without
from django_scim.schema.entries import distinct, padded_base64
from django_scim.schema.paths import Json, ResourceModel
from django_scim.schema.search_request import ParsedFilter

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
    """Return the message of a PATCH as an object with ``Operations``, which are not changed."""
    for rule in dialect.rules(Stage.MESSAGE):
        payload = rule(payload)
    return payload


def canonical_operations(
    resource: ResourceModel, operations: Iterable[Any], dialect: Dialect = STANDARD
) -> list[Any]:
    """Return the canonical form of the operations of a PATCH, each of which may become any number."""
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
    if operation.get("path") is None:
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
    """Return the canonical form of a value for the target of a path."""
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
    for rule in dialect.rules(Stage.QUERY):
        parameters = rule(parameters)
    canonical = {}
    for name, value in parameters.items():
        if name.lower() == "filter" and isinstance(value, str):
            value = canonical_filter(value, schemas, dialect)
        elif name.lower() in PATHS:
            for schema in schemas:
                value = canonical_paths(value, schema, dialect)
        canonical[name] = value
    return canonical


def canonical_filter(text: str, schemas: Sequence[Schema], dialect: Dialect = STANDARD) -> ParsedFilter:
    """Return the canonical form of a filter, parsed once for all schemas."""
    for schema in schemas:
        for rule in dialect.rules(Stage.FILTER):
            text = rule(text, schema)
    parsed = ParsedFilter.parse(text)
    if not isinstance(parsed.result, FilterNode):
        return parsed
    tree = parsed.result
    for schema in schemas:
        tree = Renaming(schema, dialect).visit(tree)
    return parsed if tree == parsed.result else ParsedFilter(str(tree), tree)


def attr_path(text: str) -> AttrPath | None:
    """Return a path that names an attribute, or None for any other."""
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


def canonical_document(data: Json, schema: Schema, dialect: Dialect) -> Json:
    """Return a resource in which each attribute, also those of extensions, has a canonical value."""
    document = {}
    for name, value in canonical_object(data, schema.attributes, dialect).items():
        extension = schema.extensions.get(name.lower())
        if extension is not None and isinstance(value, dict):
            # An extension without attributes is none: one that is required is missing.
            value = canonical_object(value, extension.attributes, dialect) or None
        document[name] = value
    return document


def canonical_object(data: Json, attributes: Attributes, dialect: Dialect) -> Json:
    """Return an object with canonical values, without what no client may write.

    RFC 7644 sections 3.3 and 3.5.1 have the server ignore that, whatever it is.
    """
    canonical = {}
    for name, value in data.items():
        attribute = attributes.get(name.lower())
        if attribute is None:
            canonical[name] = value
        elif not attribute.is_read_only:
            canonical[name] = canonical_value(value, attribute, dialect)
    return canonical


def canonical_value(value: Any, attribute: Attribute, dialect: Dialect) -> Any:
    """Return the canonical form of all that an attribute is given."""
    for rule in dialect.rules(Stage.VALUE):
        value = rule(value, attribute)
    if not attribute.is_multivalued:
        return canonical_entry(value, attribute, dialect)
    if not isinstance(value, list):
        return value
    return distinct([canonical_entry(entry, attribute, dialect) for entry in value])


def canonical_entry(entry: Any, attribute: Attribute, dialect: Dialect) -> Any:
    """Return the canonical form of one value; a member that names nobody is left to be refused."""
    for rule in dialect.rules(Stage.ENTRY):
        entry = rule(entry, attribute)
    if attribute.is_binary and isinstance(entry, str):
        return padded_base64(entry, attribute.name)
    if not isinstance(entry, dict) or not attribute.subs:
        return entry
    canonical = canonical_object(entry, attribute.subs, dialect)
    if attribute.is_list_of_members and not (member(canonical, "value") or member(canonical, "$ref")):
        # Without anything in it scim2-models would leave the member out, and a PUT would empty the group.
        canonical = {**without(canonical, "value"), "value": ""}
    return canonical


class Renaming(FilterVisitor[FilterNode]):
    """Copies a filter, with changes to the paths from the resource; those in brackets stay."""

    def __init__(self, schema: Schema, dialect: Dialect) -> None:
        self.schema = schema
        self.dialect = dialect

    def path(self, found: AttrPath) -> AttrPath:
        """Return the canonical form of a path; as it is if that names no attribute."""
        canonical = canonical_path(str(found), self.schema, self.dialect)
        return found if canonical == str(found) else attr_path(canonical) or found

    def visit_comparison(self, node: Comparison) -> FilterNode:
        """Change the path, then the comparison."""
        node = replace(node, attr_path=self.path(node.attr_path))
        for rule in self.dialect.rules(Stage.COMPARISON):
            node = rule(node, self.schema)
        return node

    def visit_present(self, node: Present) -> FilterNode:
        return replace(node, attr_path=self.path(node.attr_path))

    def visit_value_path(self, node: ValuePath) -> FilterNode:
        return replace(node, attr_path=self.path(node.attr_path))

    def visit_not(self, node: Not) -> FilterNode:
        return replace(node, expr=self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> FilterNode:
        return replace(node, terms=tuple(self.visit(term) for term in node.terms))
