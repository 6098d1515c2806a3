"""What a connection is refused that is held to the letter, where scim2-models would understand it.

A strict dialect has no other rules. These return what they are given, or raise what is wrong with it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NoReturn

from scim2_models import (
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
    Path,
    ScimFilter,
)
from scim2_models.path import (
    AttrPath,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    Not,
    Present,
    ValuePath,
)

from django_scim.dialects.patch import PATCH_OP
from django_scim.dialects.rules import Stage, rule
from django_scim.schema.attributes import Attribute, Schema, member
from django_scim.schema.paths import Json

EVERYBODY = "clients that were never tested against a strict server"

OPERATIONS = ("add", "remove", "replace")

DATE_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
"""A dateTime of XML Schema, which has a date and a time (RFC 7643 section 2.3.5)."""


def require_schema(body: Any, urn: str) -> None:
    """Refuse a message that does not say what it is.

    :raises InvalidSyntaxException: If ``schemas`` does not have the URN.
    """
    listed = member(body, "schemas") if isinstance(body, dict) else None
    if not isinstance(listed, list) or urn.lower() not in (str(each).lower() for each in listed):
        raise InvalidSyntaxException(detail=f"'schemas' has to have '{urn}'")


@rule(Stage.MESSAGE, sent_by=EVERYBODY, source="RFC 7644 section 3.5.2", default=False)
def exact_message(body: Any) -> Any:
    """Require the schema of the message, and one operation at least."""
    require_schema(body, PATCH_OP)
    if not isinstance(member(body, "operations"), list) or not member(body, "operations"):
        raise InvalidSyntaxException(detail="'Operations' has to be a list of one or more operations")
    return body


@rule(Stage.SPLIT, sent_by=EVERYBODY, source="RFC 7644 section 3.5.2", default=False)
def exact_operation(operation: Json, schema: Schema) -> list[Json]:
    """Require ``op`` in lower case, a path that is not empty, and attributes as keys instead of paths."""
    if member(operation, "op") not in OPERATIONS:
        raise InvalidValueException(detail="'op' has to be 'add', 'remove' or 'replace'")
    path, value = member(operation, "path"), member(operation, "value")
    if path == "":
        raise InvalidPathException(detail="a path must not be empty")
    if path is None and isinstance(value, dict):
        for name in value:
            require_name(name, schema)
    return [operation]


def require_name(name: str, schema: Schema) -> None:
    """Refuse what is no attribute that a client may write, and no extension.

    :raises InvalidValueException: If there is no such attribute.
    :raises MutabilityException: If it is read-only.
    """
    attribute = schema.attributes.get(name.lower())
    if attribute is None and name.lower() not in schema.extensions:
        raise InvalidValueException(detail=f"'{name}' is no attribute of the schema")
    if attribute is not None and attribute.is_read_only:
        raise MutabilityException(attribute=attribute.name, detail=f"'{attribute.name}' is read-only")


@rule(Stage.RESOURCE, sent_by=EVERYBODY, source="RFC 7643 section 3", default=False)
def exact_schemas(body: Json, schema: Schema) -> Json:
    """Require ``schemas``, with those of all attributes that are there, and no other attributes."""
    require_schema(body, schema.urn)
    for name in body:
        if name.lower() in schema.extensions:
            require_schema(body, schema.extensions[name.lower()].urn)
        elif name.lower() not in schema.attributes:
            raise InvalidSyntaxException(detail=f"'{name}' is no attribute of the schema")
    return body


@rule(Stage.ENTRY, sent_by=EVERYBODY, source="RFC 7643 section 2.3", default=False)
def exact_type(entry: Any, attribute: Attribute) -> Any:
    """Require the JSON type that the attribute has, and the sub-attributes that it has."""
    if isinstance(entry, dict) and attribute.subs:
        for name in entry:
            if name.lower() not in attribute.subs:
                raise InvalidSyntaxException(
                    detail=f"'{attribute.name}.{name}' is no attribute of the schema"
                )
    elif not has_type(entry, attribute):
        raise InvalidValueException(detail=f"the value of '{attribute.name}' has another type")
    return entry


def has_type(value: Any, attribute: Attribute) -> bool:
    """Whether JSON has the type of an attribute (RFC 7643 section 2.3). Null is no value of any type."""
    kind = attribute.kind
    if value is None or (not attribute.subs and not isinstance(kind, type)):
        return True
    if attribute.subs:
        return isinstance(value, dict)
    if issubclass(kind, bool):
        return isinstance(value, bool)
    if issubclass(kind, int):
        return isinstance(value, int) and not isinstance(value, bool)
    if issubclass(kind, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if issubclass(kind, datetime):
        return isinstance(value, str) and DATE_TIME.fullmatch(value) is not None
    return isinstance(value, str) or not issubclass(kind, str | bytes)


@rule(Stage.FILTER, sent_by=EVERYBODY, source="RFC 7644 section 3.4.2.2", default=False)
def exact_filter(text: str, schema: Schema) -> str:
    """Require that each attribute is compared with a value of its type."""
    try:
        node = ScimFilter(text).ast
    except InvalidFilterException:
        return text
    ExactLiterals(schema).visit(node)
    return text


@rule(Stage.PATH, sent_by=EVERYBODY, source="RFC 7644 section 3.5.2", default=False)
def exact_path(path: str, schema: Schema) -> str:
    """Require the same of the filter in a path."""
    try:
        node = Path(path).ast
    except InvalidPathException:
        return path
    if isinstance(node, ValuePath | Comparison):
        ExactLiterals(schema).visit(node)
    return path


class ExactLiterals(FilterVisitor[None]):
    """Refuses a filter that compares an attribute with a value of another type.

    :param selected: The attribute whose values the filter is about, with a dot, inside brackets.
    """

    def __init__(self, schema: Schema, selected: str = "") -> None:
        self.schema = schema
        self.selected = selected

    def visit_comparison(self, node: Comparison) -> None:
        attribute = self.schema.target(f"{self.selected}{node.attr_path}").attribute
        if attribute is not None and attribute.subs:
            attribute = attribute.subs.get("value") if attribute.is_multivalued else None
            if attribute is None and node.value is not None:
                self.refuse(node.attr_path, "is complex: compare one of its sub-attributes")
        if attribute is not None and not has_type(node.value, attribute):
            self.refuse(node.attr_path, "is compared with a value of another type")

    def refuse(self, path: AttrPath, reason: str) -> NoReturn:
        raise InvalidFilterException(detail=f"'{self.selected}{path}' {reason}")

    def visit_present(self, node: Present) -> None:
        return

    def visit_value_path(self, node: ValuePath) -> None:
        ExactLiterals(self.schema, f"{node.attr_path}.").visit(node.val_filter)

    def visit_not(self, node: Not) -> None:
        self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> None:
        for term in node.terms:
            self.visit(term)
