"""Nobody is kept from the pages: axe-core finds no violation of WCAG 2.1 AA, light and dark."""

from __future__ import annotations

from tests.browser.addresses import LOOKED_AT


def test_no_page_has_a_violation(visit, violations, scheme):
    found = {name: violations(visit(name)) for name in LOOKED_AT}

    assert {name: each for name, each in found.items() if each} == {}
