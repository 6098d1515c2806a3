"""References by ``bulkId`` between operations (RFC 7644 section 3.7.2), and the order that they require.

``"bulkId:qwerty"`` stands for the ``id`` of the resource that the operation with that ``bulkId`` creates:
as a value, at the end of a URL, or as a value in the path of a PATCH.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from typing import Any

from django_scim.schema.paths import Json

REFERENCE = re.compile(r'(?:\A|(?<=[/"]))bulkId:([^"]+)(?="|\Z)')
"""A reference: a whole string, the end of a URL, or a text in quotes in a filter."""


def references(data: Any) -> set[str]:
    """Return the ``bulkId`` values that a document refers to."""
    found: set[str] = set()
    pending = [data]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str) and "bulkId:" in item:
            found.update(REFERENCE.findall(item))
    return found


def resolved(data: Any, identifiers: Mapping[str, str]) -> Any:
    """Return a copy of a document in which each known reference is replaced by the ``id``.

    It is recursive: the parser has limited the depth of the document.
    """

    def replaced(text: str) -> str:
        if "bulkId:" not in text:
            return text
        return REFERENCE.sub(lambda match: identifiers.get(match[1], match[0]), text)

    return transformed(data, replaced)


def transformed(data: Any, change: Callable[[str], str]) -> Any:
    """Return a copy of a document, which the parser has kept from being deep, with changed strings."""
    if isinstance(data, dict):
        return {name: transformed(item, change) for name, item in data.items()}
    if isinstance(data, list):
        return [transformed(item, change) for item in data]
    return change(data) if isinstance(data, str) else data


def without_references(document: Json, unresolved: Set[str]) -> Json:
    """Return a resource without the attributes that refer to resources that do not exist yet.

    An attribute is left out with all its values. The other attributes of an extension are kept.
    """
    kept: Json = {}
    for name, value in document.items():
        if name.startswith("urn:") and isinstance(value, dict):
            kept[name] = without_references(value, unresolved)
        elif references(value).isdisjoint(unresolved):
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
