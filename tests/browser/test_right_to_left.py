"""The pages in a language that runs from right to left, whose translation of the admin is Django's own."""

from __future__ import annotations

import pytest

from tests.browser.addresses import PAGES

STICKING_OUT = """
() => {
    const isCut = (element) => getComputedStyle(element).overflowX !== "visible";
    const isReachable = (element) => {
        for (let each = element.parentElement; each && each !== document.body; each = each.parentElement) {
            if (isCut(each)) return true;
        }
        return false;
    };
    return Array.from(document.querySelectorAll("#content *"))
        .filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width > 1 && (box.left < -1 || box.right > innerWidth + 1) && !isReachable(element);
        })
        .map((element) => element.outerHTML.slice(0, 150));
}
"""
"""What lies beside the window, unless it is in something that can be scrolled."""


@pytest.fixture
def page_from_right(page):
    """A page whose reader reads from right to left."""
    page.context.set_extra_http_headers({"Accept-Language": "ar"})
    return page


@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "laptop"])
def test_every_page_that_runs_from_right_to_left_fits(page_from_right, address, width):
    page_from_right.set_viewport_size({"width": width, "height": 800})

    found = {}
    for name in PAGES:
        page_from_right.goto(address(name))
        is_wide = page_from_right.evaluate("document.documentElement.scrollWidth > innerWidth")
        direction = page_from_right.locator("html").get_attribute("dir")
        found[name] = (direction, is_wide, page_from_right.evaluate(STICKING_OUT))

    assert found == dict.fromkeys(PAGES, ("rtl", False, []))


def test_times_in_a_picture_go_from_left_to_right_all_the_same(page_from_right, connection):
    page_from_right.goto("/admin/django_scim/provisioningevent/")
    page_from_right.locator(".scim-folded summary").first.click()

    for picture in page_from_right.locator(".scim-picture").all():
        assert picture.evaluate("(element) => getComputedStyle(element).direction") == "ltr"
