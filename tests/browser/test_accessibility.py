"""Nobody is kept from the pages: axe-core finds no violation of WCAG 2.1 AA, light and dark."""

from __future__ import annotations

import pytest

from tests.browser.addresses import PAGES


def test_no_page_is_missing(page, address):
    missing = [name for name in PAGES if page.goto(address(name)).status != 200]
    assert missing == ["set-up by a link that leads nowhere"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violation(page, address, violations, name, scheme):
    page.goto(address(name))

    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_on_a_phone(page, address, name):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address(name))

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
