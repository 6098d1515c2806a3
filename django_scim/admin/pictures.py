"""The pictures of the history, as SVG: the outcomes of each day, and the durations of requests."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_scim.history.counting import roll_up
from django_scim.history.statistics import Day, days, percentile
from django_scim.models import Connection, Outcome

DAYS_BETWEEN_LABELS = 10


class Area(NamedTuple):
    """The size of a picture, and the edges of the area inside it. Legend and labels are around the area."""

    width: int = 480
    height: int = 200
    left: int = 64
    right: int = 440
    top: int = 28
    bottom: int = 172


AREA = Area()


class Tick(NamedTuple):
    """A mark on an axis. The position is in the unit of the picture, as SVG writes numbers."""

    position: str
    label: str


def svg_number(number: float) -> str:
    """Return a number as SVG writes it, whatever the language of the page."""
    return f"{number:.1f}"


def whole_number(number: float) -> str:
    """Return a whole number as people write it."""
    return number_format(round(number), decimal_pos=0, force_grouping=True)


def day_width(days: list[Day]) -> float:
    return (AREA.right - AREA.left) / len(days)


def day_middle(days: list[Day], index: int) -> float:
    return AREA.left + day_width(days) * (index + 0.5)


def height_of(share: float) -> float:
    """Return the vertical position, from the top of the picture, of a share of the area's height."""
    return AREA.bottom - (AREA.bottom - AREA.top) * share


def day_ticks(days: list[Day]) -> list[Tick]:
    """Return a tick for the last day, and for every tenth day before it."""
    last = len(days) - 1
    return [
        Tick(svg_number(day_middle(days, index)), date_format(days[index].date, "MONTH_DAY_FORMAT"))
        for index in range(last, -1, -DAYS_BETWEEN_LABELS)
    ]


MOST_TICKS = 5
"""The most ticks, without the one at zero."""

LEAST_HEIGHT = 2
"""The least height of a part of a bar, so that a single error among thousands is visible."""

GAP = 0.2
"""The share of a day's width that stays empty."""


class Bar(NamedTuple):
    """A part of a bar, in the unit of the picture."""

    x: str
    y: str
    width: str
    height: str


def outcomes_picture(days: list[Day]) -> dict[str, Any]:
    """Return what the template draws of the outcomes of each day, and the same in figures."""
    largest = max(day.outcomes.total() for day in days)
    step = tick_step(largest)
    top = max(math.ceil(largest / step), 1) * step
    width = day_width(days)
    # The refused ones stand on top of those that succeeded.
    bars: dict[Outcome, list[Bar]] = {Outcome.SUCCESS: [], Outcome.REFUSED: []}
    for index, day in enumerate(days):
        left, floor = AREA.left + width * (index + GAP / 2), float(AREA.bottom)
        for outcome, parts in bars.items():
            if count := day.outcomes[outcome]:
                height = max((AREA.bottom - AREA.top) * count / top, LEAST_HEIGHT)
                floor -= height
                parts.append(Bar(*map(svg_number, (left, floor, width * (1 - GAP), height))))
    return {
        "rows": days,
        "counts": sum((day.outcomes for day in days), start=Counter()),
        "bars": bars,
        "ticks": [
            Tick(svg_number(height_of(count / top)), whole_number(count)) for count in range(0, top + 1, step)
        ],
        "days": day_ticks(days),
    }


def tick_step(largest: int) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50 and so on with which the ticks reach the largest number."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * MOST_TICKS >= largest:
                return factor * power
        power *= 10


PERCENTS = (50, 95, 99)
"""The percentiles that are shown."""

LEGEND = (40, 184, 328)
"""The horizontal positions of the parts of the legend."""


@dataclass(frozen=True)
class Line:
    """A percentile over the days, with a gap for each day without events."""

    percent: int
    legend: int
    """The horizontal position of its part of the legend."""
    path: str
    """The path in the notation of SVG."""
    points: list[tuple[str, str]]
    """The points of the days with events: a single day between two gaps has no line."""


def durations_picture(days: list[Day]) -> dict[str, Any]:
    """Return what the template draws of the percentiles of each day, and the same in figures.

    They are interpolated: see :func:`~django_scim.history.statistics.percentile`.
    """
    # The scale is logarithmic: a request takes anything from milliseconds to minutes.
    figures = [[percentile(day.durations, percent) for percent in PERCENTS] for day in days]
    known = [figure for row in figures for figure in row if figure is not None]
    decades = max(1, math.ceil(math.log10(max(known, default=1))))
    together: Counter[int] = sum((day.durations for day in days), start=Counter())
    return {
        "rows": [(day.date, map(duration_text, row)) for day, row in zip(days, figures, strict=True)],
        "lines": [
            Line(percent, LEGEND[index], *line_of([row[index] for row in figures], days, decades))
            for index, percent in enumerate(PERCENTS)
        ],
        "ticks": [
            Tick(svg_number(height_of(power / decades)), duration_text(10**power))
            for power in range(decades + 1)
        ],
        "days": day_ticks(days),
        "all_days": [duration_text(percentile(together, percent)) for percent in PERCENTS],
    }


def line_of(figures: list[float | None], days: list[Day], decades: int) -> tuple[str, list[tuple[str, str]]]:
    """Return the path of a line, interrupted on days without a figure, and its points."""
    steps: list[str] = []
    points: list[tuple[str, str]] = []
    is_drawing = False
    for index, figure in enumerate(figures):
        if figure is not None:
            share = math.log10(max(figure, 1)) / decades
            x, y = svg_number(day_middle(days, index)), svg_number(height_of(share))
            steps.append(f"{'L' if is_drawing else 'M'}{x},{y}")
            points.append((x, y))
        is_drawing = figure is not None
    return "".join(steps), points


def duration_text(milliseconds: float | None) -> str:
    """Return a duration as text."""
    if milliseconds is None:
        return "—"
    if milliseconds < 1000:
        return _("%(number)s ms") % {"number": whole_number(max(milliseconds, 1))}
    seconds = round(milliseconds / 1000, 1)
    return _("%(number)s s") % {
        "number": number_format(seconds, decimal_pos=0 if seconds.is_integer() else 1)
    }


def pictures_beside(equal: Mapping[str, Any]) -> SafeString | str:
    """Return the pictures for a list of events.

    :param equal: The columns by which the list is filtered, with their values.
    :returns: An empty string for the events of deleted connections, since their counts are not kept apart.
    """
    roll_up()
    if "connection_id" not in equal:
        return pictures(None)
    connection = Connection.objects.filter(pk=equal["connection_id"]).first()
    return "" if connection is None else pictures(connection)


def pictures(connection: Connection | None) -> SafeString:
    """Return the pictures as HTML, with their stylesheet, in one query.

    Check before that the user may view the history.

    :param connection: The connection of the events, or None for all events.
    """
    figures = days(connection)
    context = {"outcomes": outcomes_picture(figures), "durations": durations_picture(figures), "area": AREA}
    return render_to_string("admin/django_scim/pictures/pictures.html", context)
