"""The order of the operations of a bulk job: that of the request, but each after those that it needs."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence

Needs = Sequence[Collection[int]]
"""For each operation, the positions of those that it needs."""


def in_order(needs: Needs) -> Iterator[list[int]]:
    """Yield the positions of the operations as they can be done, those of a circle together.

    An operation is done when the request comes to it. If it needs a later one, it waits for that, and no
    longer; a circle waits for its last operation.
    """
    found = circles(needs)
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


def circles(needs: Needs) -> list[list[int]]:
    """Return the positions in circles: what needs each other is together, all else is alone.

    They are the strongly connected components of the graph, found as R. Tarjan found them, without
    recursion: operations may need each other in a chain of any length.
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
