"""How long requests took: the percentiles of each day as lines over a logarithmic scale."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from django_scim.admin.pictures.plot import Tick, day_ticks, grouped, height_of, middle, written
from django_scim.history.statistics import Day, percentile

PERCENTS = (50, 95, 99)
"""The percentiles that are shown."""

LEGEND = (64, 192, 320)
"""Where the parts of the legend begin."""


@dataclass(frozen=True)
class Line:
    """A percentile over the days; it is interrupted where there was nothing."""

    percent: int
    legend: int
    """Where its part of the legend is."""
    path: str
    """What is drawn, in the notation of SVG."""
    points: list[tuple[str, str]]
    """Where there is a figure: a day between two without events has no line."""


@dataclass(frozen=True)
class DurationsRow:
    """The figures of a day, for people to read."""

    date: date
    durations: list[str]


@dataclass(frozen=True)
class DurationsPicture:
    """What the template draws, and the same in figures."""

    rows: list[DurationsRow]
    lines: list[Line]
    ticks: list[Tick]
    days: list[Tick]
    all_days: list[str]
    """The percentiles of all days together."""


def durations_picture(days: list[Day]) -> DurationsPicture:
    """Return the picture of the percentiles of each day.

    They are interpolated: see :func:`~django_scim.history.statistics.percentile`.
    """
    figures = [[percentile(day.durations, percent) for percent in PERCENTS] for day in days]
    known = [figure for row in figures for figure in row if figure is not None]
    decades = max(1, math.ceil(math.log10(max(known, default=1))))
    together: Counter[int] = sum((day.durations for day in days), start=Counter())
    return DurationsPicture(
        rows=[
            DurationsRow(day.date, [readable(figure) for figure in row])
            for day, row in zip(days, figures, strict=True)
        ],
        lines=[
            Line(percent, LEGEND[index], *drawn([row[index] for row in figures], days, decades))
            for index, percent in enumerate(PERCENTS)
        ],
        ticks=[
            Tick(written(height_of(power / decades)), readable(10**power)) for power in range(decades + 1)
        ],
        days=day_ticks(days),
        all_days=[readable(percentile(together, percent)) for percent in PERCENTS],
    )


def drawn(figures: list[float | None], days: list[Day], decades: int) -> tuple[str, list[tuple[str, str]]]:
    """Return the path of a line, and its points."""
    steps: list[str] = []
    points: list[tuple[str, str]] = []
    is_drawing = False
    for index, figure in enumerate(figures):
        if figure is not None:
            share = math.log10(max(figure, 1)) / decades
            x, y = written(middle(days, index)), written(height_of(share))
            steps.append(f"{'L' if is_drawing else 'M'}{x},{y}")
            points.append((x, y))
        is_drawing = figure is not None
    return "".join(steps), points


def readable(milliseconds: float | None) -> str:
    """Return a duration for people to read."""
    if milliseconds is None:
        return "—"
    if milliseconds < 1000:
        return _("%(number)s ms") % {"number": grouped(max(milliseconds, 1))}
    seconds = round(milliseconds / 1000, 1)
    return _("%(number)s s") % {
        "number": number_format(seconds, decimal_pos=0 if seconds.is_integer() else 1)
    }
