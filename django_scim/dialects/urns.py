"""Schema URNs of earlier drafts, and names without the URN that they need."""

from __future__ import annotations

from typing import Any

from django_scim.dialects.rules import Stage, rule
from django_scim.schema.attributes import Schema, member, only_object, without
from django_scim.schema.paths import Json

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"

LEGACY_EXTENSIONS = {
    "urn:scim:schemas:extension:enterprise:1.0:user": ENTERPRISE,
    "urn:scim:schemas:extension:enterprise:2.0:user": ENTERPRISE,
    "urn:scim:schemas:extension:enterprise:1.0": ENTERPRISE,
    "urn:scim:schemas:extension:enterprise:2.0": ENTERPRISE,
}
"""What drafts of SCIM 2.0, and SCIM 1.1, called the enterprise extension."""

LEGACY_CORES = {
    "urn:scim:schemas:core:1.0": "",
    "urn:scim:schemas:core:2.0": "",
    "urn:scim:schemas:core:2.0:user": "urn:ietf:params:scim:schemas:core:2.0:user",
    "urn:scim:schemas:core:2.0:group": "urn:ietf:params:scim:schemas:core:2.0:group",
    "http://schemas.microsoft.com/2006/11/resourcemanagement/adscim/group": (
        "urn:ietf:params:scim:schemas:core:2.0:group"
    ),
    "http://schemas.microsoft.com/2006/11/resourcemanagement/adscim/2.0/group": (
        "urn:ietf:params:scim:schemas:core:2.0:group"
    ),
}
"""What drafts, and Microsoft, called the core schemas; the empty ones are those of any resource type."""


def canonical_urn(urn: str, schema: Schema) -> str:
    """Return the URN that a legacy one stands for, in the spelling of the schema."""
    folded = urn.lower()
    folded = LEGACY_EXTENSIONS.get(folded, folded)
    folded = LEGACY_CORES.get(folded, folded) or schema.urn.lower()
    if folded == schema.urn.lower():
        return schema.urn
    extension = schema.extensions.get(folded)
    return urn if extension is None else extension.urn


@rule(
    Stage.RESOURCE,
    sent_by="OneLogin, Microsoft Entra ID",
    source="github.com/goauthentik/authentik, issue 11249: what OneLogin sends; learn.microsoft.com, Develop "
    "and plan provisioning for a SCIM endpoint, Create Group",
)
def legacy_schemas(body: Json, schema: Schema) -> Json:
    """Put the URNs of today in ``schemas``, and the core schema if only extensions are listed.

    OneLogin sends those of a draft, Entra ID one of its own with groups. A core schema of another resource
    type stays, so that the request is refused.
    """
    listed = member(body, "schemas")
    if isinstance(listed, str):
        listed = [listed]
    if not isinstance(listed, list) or not all(isinstance(urn, str) for urn in listed):
        return body if listed is not None else without(body, "schemas")
    urns = list(dict.fromkeys(canonical_urn(urn, schema) for urn in listed))
    known = {extension.urn for extension in schema.extensions.values()}
    if schema.urn not in urns and known.issuperset(urns):
        urns.insert(0, schema.urn)
    return {**without(body, "schemas"), "schemas": urns}


@rule(
    Stage.RESOURCE,
    sent_by="OneLogin, Microsoft Entra ID",
    source="github.com/AzureAD/SCIMReferenceCode, Path.cs, ObsoleteSchemaPrefixPatterns",
)
def legacy_extensions(body: Json, schema: Schema) -> Json:
    """Put an extension under the URN of today: ``"urn:scim:schemas:extension:enterprise:1.0": {...}``."""
    renamed: Json = {}
    for name, value in body.items():
        urn = canonical_urn(name, schema) if name.lower() in LEGACY_EXTENSIONS else name
        if urn == name or urn not in body:
            renamed[urn] = value
    return renamed


@rule(
    Stage.RESOURCE,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint, example 2",
)
def unqualified_extension_attributes(body: Json, schema: Schema) -> Json:
    """Put attributes of an extension that stand at the top in the extension: ``"department": "IT"``.

    RFC 7643 section 3.3 has them in an object under the URN, so at the top the name means nothing else.
    """
    moved: dict[str, Json] = {}
    rest: Json = {}
    for name, value in body.items():
        urn = extension_of(name, schema)
        if urn is None:
            rest[name] = value
        else:
            moved.setdefault(urn, {})[name] = value
    for urn, attributes in moved.items():
        key = next((name for name in rest if name.lower() == urn.lower()), urn)
        given: Any = rest.get(key)
        if given is None or isinstance(given, dict):
            rest[key] = {**attributes, **(given or {})}
    return rest


@rule(
    Stage.RESOURCE,
    sent_by="generic clients",
    source="RFC 7643 section 2.5: null and an empty array are unassigned",
)
def extension_is_an_object(body: Json, schema: Schema) -> Json:
    """Read an extension that is an empty string or list as null, and take a single object out of a list."""
    read: Json = {}
    for name, value in body.items():
        if name.lower() in schema.extensions:
            value = None if value in ("", []) else only_object(value)
        read[name] = value
    return read


def extension_of(name: str, schema: Schema) -> str | None:
    """Return the URN of the only extension that has an attribute which the core schema does not have."""
    folded = name.lower()
    if folded in schema.attributes:
        return None
    urns = [extension.urn for extension in schema.extensions.values() if folded in extension.attributes]
    return urns[0] if len(urns) == 1 else None


@rule(
    Stage.PATH,
    sent_by="Microsoft Entra ID, OneLogin",
    source="learn.microsoft.com, Known issues with SCIM 2.0 protocol compliance: extension attributes with a "
    "dot before their name",
)
def legacy_path(path: str, schema: Schema) -> str:
    """Put a colon and the URN of today before an attribute: ``urn:...:enterprise:2.0:User.department``."""
    folded = path.lower()
    urns = [*LEGACY_EXTENSIONS, *LEGACY_CORES, schema.urn.lower(), *schema.extensions]
    for urn in sorted(urns, key=len, reverse=True):
        rest = path[len(urn) :]
        if folded.startswith(urn) and (not rest or rest[0] in ".:"):
            canonical = canonical_urn(path[: len(urn)], schema)
            return f"{canonical}:{rest[1:]}" if rest else canonical
    return path


@rule(
    Stage.PATH,
    sent_by="Microsoft Entra ID",
    source="learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint, examples 4 and 5",
)
def unqualified_path(path: str, schema: Schema) -> str:
    """Put its URN before the attribute of an extension: ``manager`` as the path of an operation."""
    name = path.partition(".")[0].partition("[")[0].strip()
    urn = extension_of(name, schema)
    return path if urn is None else f"{urn}:{path}"
