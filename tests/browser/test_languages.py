"""The pages in a language with long words, and in one that runs from right to left, which is Django's own."""

from __future__ import annotations

import pytest

from tests.browser.addresses import LOOKED_AT

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

WIDTHS = (390, 1280)
"""Of a phone and of a laptop."""


@pytest.fixture
def ask_in(page):
    """Return what has the page asked for in a language."""

    def ask(language):
        page.context.set_extra_http_headers({"Accept-Language": language})
        return page

    return ask


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("de", "ltr")])
def test_every_page_fits_in_a_language(ask_in, visit, language, direction):
    page = ask_in(language)

    found = {}
    for name in LOOKED_AT:
        visit(name)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            own = page.locator("html").get_attribute("dir")
            found[name, width] = (own, is_wide, page.evaluate(STICKING_OUT))

    assert {each: own for each, own in found.items() if own != (direction, False, [])} == {}


def test_times_in_a_picture_go_from_left_to_right_all_the_same(ask_in, connection):
    page = ask_in("ar")
    page.goto("/admin/django_scim/provisioningevent/")
    page.locator(".scim-folded summary").first.click()

    for picture in page.locator(".scim-picture").all():
        assert picture.evaluate("(element) => getComputedStyle(element).direction") == "ltr"
