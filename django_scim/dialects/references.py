"""Complex values, such as members, roles and the manager, in other shapes."""

from __future__ import annotations

from typing import Any

import orjson

from django_scim.adapters.paths import is_assigned
from django_scim.dialects.attributes import Attribute, member, without
from django_scim.dialects.rules import Stage, rule


@rule(
    Stage.ENTRY,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Customize user provisioning attribute-mappings, AppRoleAssignmentsComplex",
    default=False,
)
def json_text(entry: Any, attribute: Attribute) -> Any:
    r"""Read a value that is an object as JSON text: ``"{\"value\": \"Admin\", \"displayName\": ...}"``.

    Entra ID adds roles so by PATCH, as the ``value`` of each. Only where the connection's dialect says so:
    another client may mean the text.
    """
    text = member(entry, "value") if isinstance(entry, dict) else entry
    if not attribute.has_value or not isinstance(text, str) or not text.startswith("{"):
        return entry
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return entry
    if not isinstance(parsed, dict) or not isinstance(member(parsed, "value"), str):
        return entry
    others = without(entry, "value") if isinstance(entry, dict) else {}
    display = member(parsed, "displayname")
    if display is not None and "display" in attribute.subs and "displayname" not in attribute.subs:
        parsed = {**without(parsed, "displayname"), "display": display}
    known = {name: value for name, value in parsed.items() if name.lower() in attribute.subs}
    return {**others, **known}


@rule(
    Stage.ENTRY,
    sent_by="Microsoft Entra ID (manager), generic clients (members, roles, emails)",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint: the example schema; "
    "github.com/Captain-P-Goldfish/SCIM-SDK, issues 541 and 686",
)
def bare_value(entry: Any, attribute: Attribute) -> Any:
    """Put a bare string where a complex value is due in its ``value``: ``"manager": "2c2f6fb8"``."""
    return {"value": entry} if entry and attribute.has_value and isinstance(entry, str) else entry


@rule(
    Stage.ENTRY,
    sent_by="Okta",
    source="developer.okta.com, Okta and SCIM Version 2.0: attributes without a value are empty strings",
)
def reference_to_nothing(entry: Any, attribute: Attribute) -> Any:
    """Read a single reference whose ``value`` is empty as none: ``"manager": {"value": ""}``."""
    if attribute.is_reference and not attribute.is_multivalued and isinstance(entry, dict):
        names = {name.lower() for name in entry}
        value = member(entry, "value")
        if "value" in names and (value == "" or not is_assigned(value)) and not member(entry, "$ref"):
            return None
    return entry
