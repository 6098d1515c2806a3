"""Keys of a resource that are paths, as the keys of a PATCH without a path are."""

from __future__ import annotations

from typing import Any

from scim2_models import InvalidPathException, Path
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

from django_scim.dialects.rules import Stage, rule
from django_scim.dialects.urns import legacy_path, unqualified_path
from django_scim.schema.attributes import Schema
from django_scim.schema.paths import AttributePath, Json, from_binding, parametrized


@rule(
    Stage.RESOURCE,
    sent_by="generic clients that map attributes to paths",
    source="learn.microsoft.com, Customize user provisioning attribute-mappings: targets are paths such as "
    'emails[type eq "work"].value',
)
def keys_that_are_paths(body: Json, schema: Schema) -> Json:
    """Put the value at the path that is its key: ``"name.givenName": "Barbara"``.

    No attribute has a dot, a colon or a bracket in its name (RFC 7643 section 2.1), so that such a key means
    nothing else. It counts more than what the object beside it says.
    """
    plain = {name: value for name, value in body.items() if not is_path(name, schema)}
    for name, value in body.items():
        if name not in plain and not put(plain, name, value, schema):
            plain[name] = value
    return plain


def is_path(name: str, schema: Schema) -> bool:
    """Whether a key is no name of an attribute, and no URN of an extension."""
    is_short = len(name) <= LONGEST
    return is_short and any(mark in name for mark in ".:[") and name.lower() not in schema.extensions


LONGEST = 500
"""How many characters a key may have to be read as a path: to parse long ones takes time."""


def put(body: Json, name: str, value: Any, schema: Schema) -> bool:
    """Put a value at a path in a body; return False if the path leads nowhere."""
    try:
        parsed = parametrized(Path, schema.resource)(unqualified_path(legacy_path(name, schema), schema))
    except InvalidPathException:
        return False
    binding = parsed.resolve()
    if binding is None:
        return False
    path = from_binding(schema.resource, binding)
    selected = {} if parsed.value_filter is None else selected_by(parsed.value_filter)
    if selected is None:
        return False
    holder = body if path.extension is None else inner(body, path.extension)
    key = key_of(holder, path.name)
    if path.is_multivalued and (selected or path.sub):
        holder[key] = with_entry(holder.get(key), selected, part_of(path, value))
    elif path.sub:
        inside = inner(holder, path.name)
        inside[key_of(inside, path.sub)] = value
    else:
        holder[key] = value
    return True


def part_of(path: AttributePath, value: Any) -> Json:
    """Return what a path adds to an entry: a sub-attribute, or all that an object has."""
    if path.sub:
        return {path.sub: value}
    return value if isinstance(value, dict) else {"value": value}


def with_entry(entries: Any, selected: Json, part: Json) -> Any:
    """Return entries of which those that are selected have a part; a new one if none is."""
    found = list(entries) if isinstance(entries, list) else []
    chosen = [
        entry
        for entry in found
        if isinstance(entry, dict) and all(entry.get(sub) == value for sub, value in selected.items())
    ]
    if not chosen:
        return [*found, {**selected, **part}]
    return [{**entry, **part} if any(entry is one for one in chosen) else entry for entry in found]


def selected_by(node: FilterNode) -> Json | None:
    """Return the sub-attributes that a filter asks an entry to have; None if it asks for anything else."""
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_:
        selected: Json = {}
        for term in node.terms:
            part = selected_by(term)
            if part is None:
                return None
            selected |= part
        return selected
    if isinstance(node, Comparison) and node.op is CompareOperator.eq:
        return {str(node.attr_path): node.value}
    return None


def key_of(data: Json, name: str) -> str:
    """Return the key that an object has for a name, in any case, or the name."""
    return next((key for key in data if key.lower() == name.lower()), name)


def inner(data: Json, name: str) -> Json:
    """Return an object in another one, as a copy that may be changed; a new one if there is none."""
    key = key_of(data, name)
    found = data.get(key)
    data[key] = dict(found) if isinstance(found, dict) else {}
    inside: Json = data[key]
    return inside
