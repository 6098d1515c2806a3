"""The message of a PATCH, and its operations (RFC 7644 section 3.5.2)."""

from __future__ import annotations

from typing import Any

from django_scim.dialects.rules import Stage, rule
from django_scim.schema.attributes import Schema, Target, member, only_object, without
from django_scim.schema.paths import Json

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@rule(
    Stage.MESSAGE,
    sent_by="generic clients that know JSON Patch",
    source="RFC 6902 section 3, where a patch is an array",
)
def bare_operations(body: Any) -> Any:
    """Put a bare array of operations in a message."""
    return {"Operations": body} if isinstance(body, list) else body


@rule(
    Stage.MESSAGE,
    sent_by="Oracle, generic clients",
    source="docs.oracle.com, Identity and Access Management Service, Modify Group Membership",
)
def single_operation(body: Any) -> Any:
    """Put a single operation in a message, and in a list: ``{"op": "add", "path": "members", ...}``."""
    if not isinstance(body, dict):
        return body
    operations = member(body, "operations")
    if operations is None and member(body, "op") is not None:
        return {"Operations": [without(body, "schemas")]}
    if isinstance(operations, dict):
        return {**without(body, "operations"), "Operations": [operations]}
    return body


@rule(
    Stage.MESSAGE,
    sent_by="WSO2, generic clients",
    source="is.docs.wso2.com, SCIM 2.0 batch operations: schemas is empty",
)
def message_schemas(body: Any) -> Any:
    """Put the schema of the message in ``schemas``, where it is missing or another.

    The method says already that the message is a PatchOp.
    """
    return {**without(body, "schemas"), "schemas": [PATCH_OP]} if isinstance(body, dict) else body


@rule(
    Stage.SPLIT,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint: Add, Replace and Remove",
)
def operator_in_any_case(operation: Json, schema: Schema) -> list[Json]:
    """Write ``op`` in lower case: ``"op": "Add"``."""
    op = member(operation, "op")
    if not isinstance(op, str) or op == op.lower():
        return [operation]
    return [{**without(operation, "op"), "op": op.lower()}]


@rule(
    Stage.SPLIT,
    sent_by="generic clients",
    source="RFC 7644 section 3.5.2, where a path is optional and has an attribute",
)
def empty_path(operation: Json, schema: Schema) -> list[Json]:
    """Read an empty path as none."""
    return [without(operation, "path") if member(operation, "path") == "" else operation]


@rule(
    Stage.SPLIT,
    sent_by="Microsoft Entra ID with its flag aadOptscim062020, Okta, authentik",
    source="learn.microsoft.com, Known issues with SCIM 2.0 protocol compliance, flags; "
    "developer.okta.com, Okta and SCIM Version 2.0, where the id is in the value",
)
def keys_are_paths(operation: Json, schema: Schema) -> list[Json]:
    """Make an operation of each key of the value, where there is no path: each key is one.

    Okta and authentik put the whole resource in the value, with ``id`` and ``meta``: what no client may
    write is left out. The object may be the only one in a list.
    """
    value = only_object(member(operation, "value"))
    op = member(operation, "op")
    if member(operation, "path") or not isinstance(value, dict) or not isinstance(op, str):
        return [operation]
    if op.lower() == "remove":
        return [operation]
    return [
        {"op": op, "path": key, "value": item}
        for key, item in value.items()
        if key and key.lower() != "schemas" and not is_read_only(key, schema)
    ]


@rule(
    Stage.SPLIT,
    sent_by="generic clients",
    source="RFC 7644 section 3.5.2, where the value of a schema is an object",
)
def object_of_a_schema(operation: Json, schema: Schema) -> list[Json]:
    """Take the value of a whole extension out of a list that it is alone in."""
    path = member(operation, "path")
    if not isinstance(path, str) or path.lower() not in (schema.urn.lower(), *schema.extensions):
        return [operation]
    value = member(operation, "value")
    inner = only_object(value)
    return [operation if inner is value else {**without(operation, "value"), "value": inner}]


def is_read_only(path: str, schema: Schema) -> bool:
    """Whether a path leads to what no client may write."""
    attribute = schema.target(path).attribute
    return attribute is not None and attribute.is_read_only


@rule(
    Stage.SPLIT,
    sent_by="Okta, OneLogin, JumpCloud",
    source="developer.okta.com, Okta and SCIM Version 2.0, where middleName is an empty string; "
    "RFC 7643 section 2.5: null is unassigned",
)
def nothing_to_add(operation: Json, schema: Schema) -> list[Json]:
    """Read an ``add`` of nothing: no values where there may be several, else the end of the value.

    RFC 7644 section 3.5.2.1 has an ``add`` to a single-valued attribute replace its value.
    """
    op, path = member(operation, "op"), member(operation, "path")
    is_nothing = member(operation, "value") in (None, "") and "value" in map(str.lower, operation)
    if not is_nothing or not path or not isinstance(op, str) or op.lower() != "add":
        return [operation]
    attribute = schema.target(path).attribute if isinstance(path, str) else None
    if attribute is not None and attribute.is_multivalued:
        return [{"op": op, "path": path, "value": []}]
    return [{"op": "replace", "path": path, "value": None}]


@rule(
    Stage.OPERATION,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Known issues with SCIM 2.0 protocol compliance, requests to remove a member",
)
def removed_values(operation: Json, target: Target) -> Json:
    """Keep the value of a ``remove`` only where it can say which values to remove.

    Entra ID names the members so. RFC 7644 section 3.5.2.2 reads no value: on a single-valued attribute,
    or one whose path selects the values already, it says nothing.
    """
    if operation["op"].lower() != "remove" or "value" not in operation:
        return operation
    value, attribute = operation["value"], target.attribute
    if value is None or attribute is None or not attribute.is_multivalued or target.is_selected:
        return without(operation, "value")
    if isinstance(value, list):
        named = [drop_unassigned(entry) for entry in value]
        return {**operation, "value": [entry for entry in named if entry != {}]}
    return operation


def drop_unassigned(entry: Any) -> Any:
    """Return an object without the members that are null: ``{"$ref": null, "value": "2819c223"}``."""
    if not isinstance(entry, dict):
        return entry
    return {name: value for name, value in entry.items() if value is not None}


@rule(
    Stage.OPERATION,
    sent_by="generic clients",
    source="RFC 7643 section 2.5: null is unassigned",
)
def unassigned_extension(operation: Json, target: Target) -> Json:
    """Remove an extension that is replaced by null."""
    is_removal = operation["op"].lower() == "remove" or "value" not in operation
    if is_removal or target.object is None or "path" not in operation:
        return operation
    return {"op": "remove", "path": operation["path"]} if operation["value"] in (None, "", []) else operation
