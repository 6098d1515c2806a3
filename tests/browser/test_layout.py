"""Nothing on a page lies over something else, or beside the window."""

from __future__ import annotations

import pytest

from tests.browser.addresses import LOOKED_AT

OVERLAPPING = """
() => {
    const content = document.querySelector("#content") || document.querySelector("main");
    // What is cut off by a part that is scrolled is not seen there.
    const seen = (box, element, cutting) => {
        if (!element.checkVisibility()) return null;
        let {left, top, right, bottom} = box;
        for (let each = cutting; each && each !== document.body; each = each.parentElement) {
            const style = getComputedStyle(each);
            if (style.visibility !== "visible") return null;
            if (style.overflowX !== "visible" || style.overflowY !== "visible") {
                const outer = each.getBoundingClientRect();
                left = Math.max(left, outer.left);
                right = Math.min(right, outer.right);
                top = Math.max(top, outer.top);
                bottom = Math.min(bottom, outer.bottom);
            }
        }
        return right - left > 1 && bottom - top > 1 ? {left, top, right, bottom} : null;
    };
    const found = [];
    const add = (rectangle, element, cutting, text) => {
        const box = seen(rectangle, element, cutting);
        if (box) found.push({box, element, text});
    };
    const drawn = "a.button, .object-tools a, input, select, textarea, button, svg, img";
    for (const element of content.querySelectorAll(drawn)) {
        add(element.getBoundingClientRect(), element, element.parentElement, element.outerHTML.slice(0, 100));
    }
    // A heading is as wide as the page, and its text is not: the lines of a text are what is seen of it.
    const texts = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const node = texts.currentNode;
        const parent = node.parentElement;
        if (!node.data.trim() || parent.closest("svg, select, textarea, script, .visually-hidden")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const line of range.getClientRects()) add(line, parent, parent, node.data.trim().slice(0, 60));
    }
    const over = [];
    for (const [index, one] of found.entries()) {
        for (const other of found.slice(index + 1)) {
            if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
            const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
            const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
            // The letters of two lines may touch.
            if (width > 3 && height > 3) over.push(one.text + " \u2194 " + other.text);
        }
    }
    return over;
}
"""
"""The pairs of texts, buttons, fields and pictures that lie over each other."""

WIDTHS = (360, 390, 1280, 1700)
"""Of two phones, a laptop and a large screen."""

UNFOLD = """() => document.querySelectorAll("details").forEach((each) => { each.open = true; })"""


def test_all_of_a_page_can_be_seen(page, visit):
    found = {}
    for name in LOOKED_AT:
        visit(name)
        folded = across(page)
        page.evaluate(UNFOLD)
        found[name] = [*folded, *across(page)]

    assert {name: each for name, each in found.items() if each} == {}


LISTS = ("connections", "history", "resources", "search of resources")

CUT = """() => Array.from(document.querySelectorAll("#changelist .results"))
    .map((each) => each.scrollWidth - each.clientWidth)"""
"""By how many pixels the table of a list reaches beyond its place."""


@pytest.mark.parametrize("name", LISTS)
def test_no_column_of_a_list_is_cut_off_on_a_laptop(page, visit, name):
    page.set_viewport_size({"width": 1280, "height": 900})

    visit(name)

    assert page.evaluate(CUT) == [0]


def across(page):
    """Return what is wrong with a page in windows of all widths."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width}: {pair}" for pair in page.evaluate(OVERLAPPING)]
        own = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{width}: the page is {own} wide"] if own > width else []
    return found
