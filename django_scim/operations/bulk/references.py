"""References by ``bulkId`` between operations (RFC 7644 section 3.7.2), and the order that they require.

``"bulkId:qwerty"`` stands for the ``id`` of the resource that the operation with that ``bulkId`` creates:
as a value, at the end of a URL, or as a value in the path of a PATCH.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from typing import Any

from django_scim.dialects.canonical import canonical_path
from django_scim.schema.attributes import Attribute, Schema, member, without
from django_scim.schema.paths import Json

REFERENCE = re.compile(r'(?:\A|(?<=[/"]))bulkId:([^"]+)(?="|\Z)')
"""A reference: a whole string, the end of a URL, or a text in quotes in a filter."""


Change = Callable[[str], str]
"""What a string that can hold references becomes."""


def in_text(data: Any, change: Change) -> Any:
    """Return a copy of JSON, which the parser has kept from being deep, with all strings changed."""
    if isinstance(data, dict):
        return {name: in_text(item, change) for name, item in data.items()}
    if isinstance(data, list):
        return [in_text(item, change) for item in data]
    return change(data) if isinstance(data, str) else data


def in_data(data: Any, schema: Schema, change: Change) -> Any:
    """Return a copy of the data of an operation, a resource or a PatchOp, with changed references.

    RFC 7644 section 3.7.2 has them where an ``id`` would be. A title is text, whatever it begins with.
    """
    operations = member(data, "operations") if isinstance(data, dict) else data
    operations = [operations] if isinstance(operations, dict) else operations
    if not isinstance(operations, list):
        is_operation = isinstance(data, dict) and isinstance(member(data, "op"), str)
        return in_operation(data, schema, change) if is_operation else in_resource(data, schema, change)
    changed = [in_operation(operation, schema, change) for operation in operations]
    return {**without(data, "operations"), "Operations": changed} if isinstance(data, dict) else changed


def in_operation(operation: Any, schema: Schema, change: Change) -> Any:
    """Return a copy of an operation of a PATCH with changed references, those in its path among them."""
    if not isinstance(operation, dict):
        return operation
    path = member(operation, "path")
    if not isinstance(path, str) or not path:
        changed = in_resource(member(operation, "value"), schema, change)
    elif schema.target(path).object is not None:
        changed = in_resource({path: member(operation, "value")}, schema, change)[path]
    else:
        attribute = attribute_at(path, schema)
        changed = in_attribute(member(operation, "value"), attribute, change)
        path = in_attribute(path, attribute, change)
    new = {"path": path, "value": changed}
    return {name: new.get(name.lower(), value) for name, value in operation.items()}


def in_resource(data: Any, schema: Schema, change: Change) -> Any:
    """Return a copy of a resource, or of some attributes of one, with changed references."""
    if not isinstance(data, dict):
        return in_text(data, change)
    changed: Json = {}
    for name, value in data.items():
        extension = schema.extensions.get(name.lower())
        if extension is not None and isinstance(value, dict):
            changed[name] = {
                key: in_attribute(item, extension.attributes.get(key.lower()), change)
                for key, item in value.items()
            }
        else:
            changed[name] = in_attribute(value, attribute_at(name, schema), change)
    return changed


def in_attribute(value: Any, attribute: Attribute | None, change: Change) -> Any:
    """Return a copy of what an attribute is given, with changed references.

    Nothing is known of an attribute that no schema has: it may refer.
    """
    if attribute is None or attribute.is_link:
        return in_text(value, change)
    if not attribute.is_reference:
        return value
    if isinstance(value, list):
        return [in_attribute(entry, attribute, change) for entry in value]
    if isinstance(value, dict):
        return {
            name: in_text(item, change) if name.lower() in IDENTIFYING else item
            for name, item in value.items()
        }
    return in_text(value, change)


IDENTIFYING = ("value", "$ref", "members")
"""The members of a reference that say what it leads to, in lower case, and what clients wrap a list in."""


def attribute_at(path: str, schema: Schema) -> Attribute | None:
    """Return the attribute that a path leads to, or for the part of a reference that reference."""
    path = canonical_path(path, schema)
    attribute = schema.target(path).attribute
    if attribute is None or attribute.name.lower() not in IDENTIFYING:
        return attribute
    head = schema.target(path.rpartition(".")[0]).attribute
    return head if head is not None and head.is_reference else attribute


def may_refer(data: Any) -> bool:
    """Whether any text in JSON looks like a reference: in most there is none, and nothing to look up."""
    if isinstance(data, str):
        return "bulkId:" in data
    if isinstance(data, dict):
        return any(map(may_refer, data.values()))
    return isinstance(data, list) and any(map(may_refer, data))


def references(data: Any, schema: Schema | None = None) -> set[str]:
    """Return the ``bulkId`` values that the data of an operation refers to.

    :param schema: That of the resource; None for text that may hold references.
    """
    found: set[str] = set()

    def note(text: str) -> str:
        found.update(REFERENCE.findall(text))
        return text

    if not may_refer(data):
        return found
    if schema is None:
        in_text(data, note)
    else:
        in_data(data, schema, note)
    return found


def resolved(data: Any, identifiers: Mapping[str, str], schema: Schema | None = None) -> Any:
    """Return the data of an operation, or a copy in which each known reference is replaced by the ``id``.

    :param schema: That of the resource; None for text that may hold references.
    """

    def replaced(text: str) -> str:
        return REFERENCE.sub(lambda match: identifiers.get(match[1], match[0]), text)

    if not may_refer(data):
        return data
    return in_text(data, replaced) if schema is None else in_data(data, schema, replaced)


def without_references(document: Json, unresolved: Set[str], schema: Schema) -> Json:
    """Return a resource without the attributes that refer to resources that do not exist yet.

    An attribute is left out with all its values. The other attributes of an extension are kept.
    """
    kept: Json = {}
    for name, value in document.items():
        parts = value if name.startswith("urn:") and isinstance(value, dict) else None
        if parts is not None:
            kept[name] = {
                key: item
                for key, item in parts.items()
                if references({name: {key: item}}, schema).isdisjoint(unresolved)
            }
        elif references({name: value}, schema).isdisjoint(unresolved):
            kept[name] = value
    return kept


Needs = Sequence[Collection[int]]
"""For each operation, the positions of those that it needs."""


def execution_order(needs: Needs) -> Iterator[list[int]]:
    """Yield the positions of the operations in the order to run them, those of a circle together.

    An operation is done when the request comes to it. If it needs a later one, it waits for that, and no
    longer; a circle waits for its last operation.
    """
    # A circle runs at the position of its last operation, or when the last one that it waits for is done.
    found = strongly_connected(needs)
    circle_of = {position: number for number, circle in enumerate(found) for position in circle}
    waiting_for = [
        {circle_of[needed] for position in circle for needed in needs[position]} - {number}
        for number, circle in enumerate(found)
    ]
    waited_for_by: list[list[int]] = [[] for _ in found]
    for number, others in enumerate(waiting_for):
        for other in others:
            waited_for_by[other].append(number)
    for position in range(len(needs)):
        ready = deque([circle_of[position]])
        while ready:
            number = ready.popleft()
            # The positions of a circle ascend.
            if waiting_for[number] or found[number][-1] > position:
                continue
            yield found[number]
            for other in waited_for_by[number]:
                waiting_for[other].remove(number)
                if not waiting_for[other]:
                    ready.append(other)


def strongly_connected(needs: Needs) -> list[list[int]]:
    """Return the strongly connected components: positions that need each other together, all others alone.

    This is Tarjan's algorithm without recursion: operations may need each other in a chain of any length.
    """
    found: list[list[int]] = []
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_positions: list[int] = []
    is_open: set[int] = set()
    for start in range(len(needs)):
        path = [(start, iter(needs[start]))] if start not in number else []
        while path:
            position, rest = path[-1]
            if position not in number:
                number[position] = lowest[position] = len(number)
                open_positions.append(position)
                is_open.add(position)
            needed = next(rest, None)
            if needed is None:
                path.pop()
                if path:
                    parent = path[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[position])
                if lowest[position] == number[position]:
                    circle = [open_positions.pop()]
                    while circle[-1] != position:
                        circle.append(open_positions.pop())
                    is_open.difference_update(circle)
                    found.append(sorted(circle))
            elif needed not in number:
                path.append((needed, iter(needs[needed])))
            elif needed in is_open:
                lowest[position] = min(lowest[position], number[needed])
    return found
