"""What the pictures have in common: the area, the days along it, and the ticks."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.formats import date_format, number_format

from django_scim.history.statistics import Day

DAYS_BETWEEN_LABELS = 10


class Area(NamedTuple):
    """The size of a picture, and the edges of the area within it; around it are the legend and the labels."""

    width: int = 480
    height: int = 200
    left: int = 64
    right: int = 440
    top: int = 28
    bottom: int = 172


AREA = Area()


class Tick(NamedTuple):
    """A mark on an axis; the position is in the picture's own unit, as SVG writes numbers."""

    position: str
    label: str


def written(number: float) -> str:
    """Return a number as SVG writes it, whatever the language of the page."""
    return f"{number:.1f}"


def grouped(number: float) -> str:
    """Return a whole number as people write it."""
    return number_format(round(number), decimal_pos=0, force_grouping=True)


def day_width(days: list[Day]) -> float:
    """Return how wide the part of a day is."""
    return (AREA.right - AREA.left) / len(days)


def middle(days: list[Day], index: int) -> float:
    """Return where the middle of a day is."""
    return AREA.left + day_width(days) * (index + 0.5)


def height_of(share: float) -> float:
    """Return how high up a share of the height of the area is, from the top of the picture."""
    return AREA.bottom - (AREA.bottom - AREA.top) * share


def day_ticks(days: list[Day]) -> list[Tick]:
    """Return a tick for the last day, and for some before it."""
    last = len(days) - 1
    return [
        Tick(written(middle(days, index)), date_format(days[index].date, "MONTH_DAY_FORMAT"))
        for index in range(last, -1, -DAYS_BETWEEN_LABELS)
    ]
