"""The events of each day as a bar: those that succeeded below, those that were refused on top."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django_scim.admin.pictures.plot import AREA, Tick, day_ticks, day_width, grouped, height_of, written
from django_scim.history.statistics import Day
from django_scim.models import Outcome

MOST_TICKS = 5
"""How many ticks there are at most beside the one at zero."""

LEAST_HEIGHT = 2
"""How high the part of a bar is at least that stands for something: one error of thousands is seen."""

GAP = 0.2
"""Which share of the width of a day is free."""


class Bar(NamedTuple):
    """A part of a bar, in the picture's own unit."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class OutcomesRow:
    """The figures of a day."""

    date: date
    succeeded: int
    refused: int


@dataclass(frozen=True)
class OutcomesPicture:
    """What the template draws, and the same in figures."""

    rows: list[OutcomesRow]
    succeeded: list[Bar]
    refused: list[Bar]
    ticks: list[Tick]
    days: list[Tick]

    @property
    def succeeded_count(self) -> int:
        """How many events succeeded on all days."""
        return sum(row.succeeded for row in self.rows)

    @property
    def refused_count(self) -> int:
        """How many events were refused on all days."""
        return sum(row.refused for row in self.rows)


def outcomes_picture(days: list[Day]) -> OutcomesPicture:
    """Return the picture of the outcomes of each day."""
    rows = [
        OutcomesRow(day.date, day.outcomes[Outcome.SUCCESS], day.outcomes[Outcome.REFUSED]) for day in days
    ]
    largest = max(row.succeeded + row.refused for row in rows)
    step = tick_step(largest)
    top = max(math.ceil(largest / step), 1) * step
    picture = OutcomesPicture(
        rows=rows,
        succeeded=[],
        refused=[],
        ticks=[Tick(written(height_of(count / top)), grouped(count)) for count in range(0, top + 1, step)],
        days=day_ticks(days),
    )
    width = day_width(days)
    for index, row in enumerate(rows):
        left, floor = AREA.left + width * (index + GAP / 2), float(AREA.bottom)
        for bars, count in ((picture.succeeded, row.succeeded), (picture.refused, row.refused)):
            if count:
                height = max((AREA.bottom - AREA.top) * count / top, LEAST_HEIGHT)
                floor -= height
                bars.append(Bar(written(left), written(floor), written(width * (1 - GAP)), written(height)))
    return picture


def tick_step(largest: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, 50 and so on with which the ticks reach the largest number."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * MOST_TICKS >= largest:
                return factor * power
        power *= 10
