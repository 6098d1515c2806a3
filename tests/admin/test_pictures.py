"""Pictures of the history: what they show, in which words they say the same, and who may see them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone, translation

import django_scim
from django_scim.admin.pictures import AREA, MOST_TICKS, pictures, tick_step
from tests.factories import ConnectionFactory, EventCountFactory

SVG = "{http://www.w3.org/2000/svg}"
STATIC = Path(django_scim.__file__).parent / "static/django_scim"
ADMIN_STATIC = Path(admin.__file__).parent / "static/admin/css"


def noon(days_ago: int = 0) -> datetime:
    """Return the middle of a day in the current time zone."""
    today = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)


@pytest.fixture
def count(connection):
    """Return what makes a row of counts."""

    def make(days_ago=0, number=1, **fields):
        counted = {"connection": connection, "hour": noon(days_ago), "count": number}
        return EventCountFactory.create(**{**counted, **fields})

    return make


def drawings(html: str) -> list[ElementTree.Element]:
    """Return the pictures, each read as XML."""
    found = re.findall(r'<svg class="scim-picture".*?</svg>', html, re.DOTALL)
    return [
        ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314
        for svg in found
    ]


def rows(html: str) -> list[list[list[str]]]:
    """Return the cells of the tables."""
    tables = re.findall(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    return [
        [
            re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
            for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        ]
        for table in tables
    ]


def bars(picture: ElementTree.Element, kind: str) -> list[tuple[float, float, float]]:
    """Return the parts of bars of a kind: left, top, height. The first of that kind is in the legend."""
    found = [rect for rect in picture.iter(f"{SVG}rect") if rect.get("class") == f"scim-{kind}"]
    return [
        (float(bar.get("x", "")), float(bar.get("y", "")), float(bar.get("height", ""))) for bar in found
    ][1:]


# Outcomes


def test_the_bar_of_refusals_stands_on_that_of_successes(connection, count):
    count(number=30)
    count(number=20, outcome="refused", status=409)
    outcomes, _ = drawings(pictures(connection))
    ((left, top, height),) = bars(outcomes, "succeeded")
    ((left_refused, top_refused, height_refused),) = bars(outcomes, "refused")

    assert left_refused == left
    assert top_refused + height_refused == pytest.approx(top, abs=0.11)
    assert height_refused / height == pytest.approx(20 / 30, rel=0.01)
    # Fifty is the highest tick.
    assert (top_refused, top + height) == (AREA.top, AREA.bottom)


def test_the_days_of_a_picture_are_in_their_order(connection, count):
    count(3, 1)
    count(1, 1)
    (first, *_), (second, *_) = bars(drawings(pictures(connection))[0], "succeeded")

    assert second - first == pytest.approx(2 * (AREA.right - AREA.left) / 30, abs=0.11)


def test_one_error_of_thousands_is_seen_in_the_picture(connection, count):
    count(number=100_000)
    count(number=1, outcome="refused", status=409)
    ((_, _, height),) = bars(drawings(pictures(connection))[0], "refused")

    assert height >= 2


@pytest.mark.parametrize(
    ("largest", "step"), [(0, 1), (1, 1), (5, 1), (6, 2), (10, 2), (11, 5), (26, 10), (4_100, 1_000)]
)
def test_the_ticks_of_an_axis_reach_the_largest_number_in_round_steps(largest, step):
    assert tick_step(largest) == step
    assert step * MOST_TICKS >= largest


# Durations


def test_a_percentile_is_drawn_where_the_logarithmic_scale_has_it(connection, count):
    count(1, 100, duration=10)
    count(0, 100, duration=1_000)
    _, durations = drawings(pictures(connection))
    (path,) = [
        line.get("d", "")
        for group in durations.iter(f"{SVG}g")
        if group.get("class") == "scim-percentile-50"
        for line in group.iter(f"{SVG}path")
    ]
    (first, second) = (float(point.split(",")[1]) for point in re.split("[ML]", path)[1:])

    # 7.5 ms and 750 ms on a scale from 1 ms to 1 s: two of three decades lie between them.
    assert first - second == pytest.approx((AREA.bottom - AREA.top) * 2 / 3, abs=0.2)


def test_the_line_of_a_picture_is_interrupted_where_there_was_no_event(connection, count):
    for days_ago in (5, 4, 2):
        count(days_ago)
    _, durations = drawings(pictures(connection))
    paths = [path.get("d", "") for path in durations.iter(f"{SVG}path") if path.get("class") == "scim-line"]

    assert [re.sub("[^ML]", "", path) for path in paths] == ["MLM"] * 3


def test_each_line_of_a_picture_has_a_mark_of_its_own(connection, count):
    count()
    _, durations = drawings(pictures(connection))
    marks = {use.get("href") for use in durations.iter(f"{SVG}use")}
    known = {f"#{element.get('id')}" for element in durations.iter() if element.get("id")}

    assert marks == {"#scim-mark-50", "#scim-mark-95", "#scim-mark-99"}
    assert marks <= known


# The same in words


def test_a_picture_has_a_name_and_a_description(connection, count):
    count(number=1_200)
    count(number=3, outcome="refused", status=409)
    outcomes, durations = drawings(pictures(connection))

    for picture in (outcomes, durations):
        assert picture.get("role") == "img"
        texts = {element.get("id"): element.text for element in picture.iter() if element.get("id")}
        assert all(texts[name] for name in picture.get("aria-labelledby", "").split())
    assert "1,200 succeeded, 3 were refused" in (outcomes.findtext(f"{SVG}desc") or "")
    assert "50% took at most 8 ms" in (durations.findtext(f"{SVG}desc") or "")


def test_the_tables_below_pictures_have_the_figures_of_each_day(connection, count):
    count(1, 1_200)
    count(1, 3, outcome="refused", status=409)
    count(0, 7, duration=2_000)
    outcomes, durations = rows(pictures(connection))

    assert (len(outcomes), len(durations)) == (30, 30)
    assert [row[1:] for row in outcomes[-3:]] == [["0", "0"], ["1,200", "3"], ["7", "0"]]
    assert [row[1:] for row in durations[-3:]] == [
        ["—"] * 3,
        ["8 ms", "10 ms", "10 ms"],
        ["1.5 s", "1.9 s", "2 s"],
    ]


def test_a_picture_of_no_event_says_so(connection):
    html = pictures(connection)

    assert "There were no events in the last 30 days." in html
    assert drawings(html) == []


def test_the_positions_in_a_picture_are_numbers_in_every_language(connection, count, settings):
    settings.USE_THOUSAND_SEPARATOR = True
    count(number=123_456)
    with translation.override("de"):
        outcomes, _ = drawings(pictures(connection))

    assert bars(outcomes, "succeeded")
    assert "123.456" in (outcomes.findtext(f"{SVG}desc") or "")


# How they are drawn


def test_all_pictures_together_take_one_query(connection, count, django_assert_num_queries):
    for days_ago in range(30):
        count(days_ago, duration=20, outcome="refused", status=409, scim_type="uniqueness")
        count(days_ago)

    with django_assert_num_queries(1):
        pictures(connection)
    with django_assert_num_queries(1):
        pictures(None)


def test_a_strict_content_security_policy_lets_pictures_through(connection, count):
    count()
    html = pictures(connection)

    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", html)


def test_each_colour_of_a_picture_is_one_of_the_admins_own():
    for sheet in ("connection.css", "pictures.css"):
        text = (STATIC / sheet).read_text("utf-8")
        colours = re.findall(r"(?:color|fill|stroke|background|border): ([^;]+);", text)
        assert colours
        assert all(re.fullmatch(r"var\(--[\w-]+\)|none|currentColor", colour) for colour in colours)


def variables(sheet: str) -> dict[str, str]:
    """Return the colours of a theme of the admin."""
    text = (ADMIN_STATIC / sheet).read_text("utf-8")
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", text))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.1."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [("base.css",), ("base.css", "dark_mode.css")], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("colour", "least"), [("link-fg", 3), ("error-fg", 3), ("body-quiet-color", 3), ("body-fg", 4.5)]
)
def test_the_colours_of_a_picture_stand_out_from_the_page_in_both_themes(theme, colour, least):
    """WCAG 2.1, 1.4.11 for what is drawn, 1.4.3 for text."""
    colours: dict[str, str] = {}
    for sheet in theme:
        colours |= variables(sheet)
    brighter, darker = sorted((luminance(colours[colour]), luminance(colours["body-bg"])), reverse=True)

    assert (brighter + 0.05) / (darker + 0.05) >= least


# Where, and for whom


def page(connection):
    return reverse("admin:django_scim_connection_change", args=(connection.pk,))


def test_the_page_of_a_connection_has_the_pictures_of_its_own_events(admin_client, connection, count):
    count(number=3)
    count(number=5, connection=ConnectionFactory.create())
    html = admin_client.get(page(connection)).text

    assert "3 succeeded" in html
    assert "8 succeeded" in pictures(None)


HISTORY = reverse("admin:django_scim_provisioningevent_changelist")


def test_the_history_has_the_pictures_of_all_events(admin_client, connection, count):
    count(number=3)
    count(number=5, connection=ConnectionFactory.create())
    count(number=7, connection=None)

    assert "15 succeeded" in admin_client.get(HISTORY).text


def test_the_history_of_a_connection_has_the_pictures_of_its_events(admin_client, connection, count):
    count(number=3)
    count(number=5, connection=ConnectionFactory.create())

    assert "3 succeeded" in admin_client.get(HISTORY, {"connection__id__exact": connection.pk}).text


@pytest.mark.parametrize("chosen", ["none", "999999", "9" * 30, "abc", ""])
def test_the_history_of_no_connection_that_is_there_is_answered(admin_client, connection, count, chosen):
    count(number=3)
    response = admin_client.get(HISTORY, {"connection__id__exact": chosen}, follow=True)

    assert response.status_code == 200


def test_the_history_has_no_pictures_for_staff_that_may_not_view_it(staff, connection, count):
    count()
    response = staff("view_connection").get(HISTORY)

    assert response.status_code == 403
    assert drawings(response.text) == []


def test_the_page_of_a_connection_has_no_pictures_without_the_permission_to_view_the_history(
    staff, connection, count
):
    count()
    browser = staff("view_connection", "change_connection", "view_accesstoken", "view_record")
    html = browser.get(page(connection)).text

    assert drawings(html) == []
    assert "pictures.css" not in html


def test_the_page_of_a_connection_has_pictures_with_the_permission_to_view_the_history(
    staff, connection, count
):
    count()
    html = staff("view_connection", "view_provisioningevent").get(page(connection)).text

    assert len(drawings(html)) == 2
