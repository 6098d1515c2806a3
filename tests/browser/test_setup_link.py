"""What a customer does with a set-up link, in a browser in which nobody is signed in."""

from __future__ import annotations

import pytest

from django_scim.models import AccessToken
from django_scim.token_format import is_token
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.representations import user
from tests.setup_links.conftest import shared

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'"
"""A policy that allows no inline script and no inline style."""


@pytest.fixture
def link(transactional_db):
    """A link that may show a token, and the path of its page."""
    return shared(ConnectionFactory.create(name="Acme", dialect="okta"))


@pytest.fixture(params=[390, 1280])
def customer(chromium, live_server, request):
    """A page of a browser under a strict policy; what it refuses fails the test."""
    context = chromium.new_context(
        base_url=live_server.url,
        viewport={"width": request.param, "height": 844},
        color_scheme=request.getfixturevalue("scheme") if "scheme" in request.fixturenames else "light",
        permissions=["clipboard-read", "clipboard-write"],
    )
    opened = context.new_page()
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.route("**/scim-setup/**", with_strict_policy)
    yield opened
    context.close()
    assert not problems


def with_strict_policy(route):
    """Answer as the server does, under the policy."""
    response = route.fetch()
    route.fulfill(response=response, headers={**response.headers, "content-security-policy": STRICT})


def ticked(page):
    """Return the names of the steps that are ticked."""
    return page.eval_on_selector_all("#scim-progress .done", "items => items.map(item => item.dataset.step)")


def test_the_token_is_shown_by_a_click_and_copied(customer, link):
    customer.goto(link[1])

    customer.get_by_role("button", name="Show the token").click()
    token = customer.locator("#scim-token").input_value()
    customer.locator("button[data-scim-copy='scim-token']").click()

    assert is_token(token)
    assert customer.evaluate("navigator.clipboard.readText()") == token
    customer.goto(link[1])
    assert customer.get_by_role("button", name="Show the token").count() == 0
    assert AccessToken.objects.count() == 1


def test_what_arrives_is_ticked_without_a_click_and_the_token_stays(customer, link):
    customer.clock.install()
    customer.goto(link[1])
    customer.get_by_role("button", name="Show the token").click()
    token = customer.locator("#scim-token").input_value()
    assert ticked(customer) == ["token"]

    ScimClient(link[0].connection).post("/Users", user("bjensen"))
    customer.clock.fast_forward(11_000)
    customer.wait_for_selector("li.done[data-step='user']")

    assert ticked(customer) == ["token", "request", "change", "user"]
    assert customer.locator("#scim-token").input_value() == token


def test_the_page_has_no_violation_and_fits(customer, link, violations, scheme):
    for _ in range(2):
        customer.goto(link[1])
        customer.get_by_text("The same as text").click()
        assert violations(customer) == []
        width = customer.viewport_size["width"]
        assert customer.evaluate("document.documentElement.scrollWidth") <= width
        if customer.get_by_role("button", name="Show the token").count():
            customer.get_by_role("button", name="Show the token").click()
            assert violations(customer) == []
            assert customer.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_works_without_scripts(chromium, live_server, link):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(link[1])

    page.get_by_role("button", name="Show the token").click()

    assert is_token(page.locator("#scim-token").input_value())
    assert page.get_by_role("button", name="Copy").count() == 0
    assert page.get_by_text("Open the page again to see what is new.").is_visible()
    context.close()
