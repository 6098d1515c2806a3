"""A headless Chromium, a server, and an administrator who is signed in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from django_scim.models import ProvisioningEvent, Record
from tests.browser.addresses import NOT_FOUND, PAGES, PRESSED
from tests.browser.provisioning import provisioned
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.representations import user as user_body
from tests.setup_links.conftest import shared

HERE = Path(__file__).resolve().parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""A browser that is steered has no business elsewhere."""

OF_DJANGO = [".selector", *((".datetime", ".breadcrumbs") if django.VERSION < (6, 0) else ())]
"""What is Django's own and has findings of its own.

The icon of its widget for many values has a label that it may not have. Before 6.0, its fields of dates and
times have no labels, and its breadcrumbs are links among text that are not underlined.
"""

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

# Playwright has an event loop in this thread, which Django takes for a sign of asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave these tests to a run of their own, with their settings."""
    is_own = settings.SETTINGS_MODULE == "tests.browser.settings"
    return None if is_own or collection_path.parent != HERE else True


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """The browser."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium here")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    """What the person prefers; a test that does not ask for it sees the light pages."""
    return request.param


@pytest.fixture
def page(chromium, live_server, request, administrator):
    """A page of the admin, signed in; what its scripts complain of fails the test."""
    scheme = request.getfixturevalue("scheme") if "scheme" in request.fixturenames else "light"
    context = chromium.new_context(base_url=live_server.url, color_scheme=scheme)
    opened = context.new_page()
    problems = []
    opened.on("pageerror", lambda error: problems.append(f"{opened.url}: {error}"))
    opened.goto("/admin/")
    opened.get_by_label("Username:").fill("root")
    opened.get_by_label("Password:").fill("secret")
    opened.get_by_role("button", name="Log in").click()
    yield opened
    context.close()
    assert not problems


@pytest.fixture
def administrator(transactional_db):
    """A superuser whose password is ``secret``."""
    return User.objects.create_superuser("root", password="secret")


@pytest.fixture
def violations():
    """Return what axe-core finds wrong with a page."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    script = (resources.files(package) / "axe.min.js").read_text()

    def find(page):
        page.evaluate(script)
        arguments = [
            {"exclude": [[each] for each in OF_DJANGO]},
            {"runOnly": {"type": "tag", "values": WCAG}},
        ]
        found = page.evaluate("([context, options]) => axe.run(context, options)", arguments)["violations"]
        return [
            f"{each['id']}: {each['help']}: " + "; ".join(node["html"][:200] for node in each["nodes"])
            for each in found
        ]

    return find


@pytest.fixture
def connection(transactional_db):
    """A connection that has provisioned, and was refused; its token too, where it had not the scope."""
    connection = ConnectionFactory.create(name="Okta")
    scim = ScimClient(connection)
    provisioned(scim)
    scim.get("/history")
    return connection


@pytest.fixture
def address(connection, administrator):
    """Return the address of a page."""
    paused = ConnectionFactory.create(name="Entra ID of the subsidiary in Switzerland")
    paused.pause("more than 500 resources were to be deactivated or deleted within an hour")
    ScimClient(paused).post("/Users", user_body("dora.of-a-long-name@subsidiary.example.com"))
    rehearsing = ConnectionFactory.create(name="OneLogin")
    rehearsing.rehearse()
    ScimClient(rehearsing).post("/Users", user_body("carl"))
    events = ProvisioningEvent.objects.order_by("pk")
    user = User.objects.get(username="bjensen")
    link, path = shared(connection)
    keys = {
        "link": link.pk,
        "secret": path.rpartition("/")[2],
        "connection": connection.pk,
        "paused": paused.pk,
        "rehearsing": rehearsing.pk,
        "token": connection.tokens.get().pk,
        "change": events.get(operation="modify").pk,
        "refusal": events.get(outcome="refused", connection=connection).pk,
        "record": Record.objects.get(resource_type="User", integer_key=user.pk).pk,
        "user": user.pk,
        "stranger": User.objects.get(username="root").pk,
    }
    return lambda name: "/admin/django_scim/" + PAGES[name].format(**keys)


@pytest.fixture
def visit(page, address):
    """Return what opens a page by its name, and presses its button if what is wanted comes after it."""

    def go(name):
        response = page.goto(address(PRESSED.get(name, name)))
        if name in PRESSED:
            with page.expect_navigation() as navigation:
                page.locator("#content input[type=submit]").first.click()
            response = navigation.value
        assert response.status == (404 if name == NOT_FOUND else 200), f"{name}: {response.status}"
        return page

    return go
