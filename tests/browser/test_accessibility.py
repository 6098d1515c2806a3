"""Nobody is kept from the pages: axe-core finds no violation of WCAG 2.1 AA, light and dark."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from django_scim.models import ProvisioningEvent, Record
from tests.browser.provisioning import provisioned
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.representations import user as user_body


@pytest.fixture
def connection(transactional_db):
    """A connection that has provisioned, and was refused."""
    connection = ConnectionFactory.create(name="Okta")
    provisioned(ScimClient(connection))
    return connection


PAGES = {
    "connections": "connection/",
    "new connection": "connection/add/",
    "connection": "connection/{connection}/change/",
    "paused connection": "connection/{paused}/change/",
    "test of a connection": "connection/{connection}/test/",
    "rehearsal": "connection/{rehearsing}/rehearsal/",
    "beginning of a rehearsal": "connection/{connection}/rehearsal/",
    "new token": "connection/{connection}/tokens/create/",
    "history": "provisioningevent/",
    "event": "provisioningevent/{change}/change/",
    "refusal": "provisioningevent/{refusal}/change/",
    "resources": "record/",
    "resource": "record/{record}/change/",
    "search of resources": "record/?q=b",
    "somebody without a record": "record/why/User/{stranger}/",
    "deactivation": "record/{record}/deactivate/",
    "user of the project": "../auth/user/{user}/change/",
}
"""The pages by what they are called here, below the admin of the app."""


@pytest.fixture
def address(connection):
    """Return the address of a page."""
    paused = ConnectionFactory.create(name="Entra ID")
    paused.pause("more than 500 resources were to be deactivated or deleted within an hour")
    rehearsing = ConnectionFactory.create(name="OneLogin")
    rehearsing.rehearse()
    ScimClient(rehearsing).post("/Users", user_body("carl"))
    events = ProvisioningEvent.objects.order_by("pk")
    user = User.objects.get(username="bjensen")
    keys = {
        "connection": connection.pk,
        "paused": paused.pk,
        "rehearsing": rehearsing.pk,
        "change": events.get(operation="modify").pk,
        "refusal": events.get(outcome="refused").pk,
        "record": Record.objects.get(resource_type="User", integer_key=user.pk).pk,
        "user": user.pk,
        "stranger": User.objects.get(username="root").pk,
    }
    return lambda name: "/admin/django_scim/" + PAGES[name].format(**keys)


def test_no_page_is_missing(page, address):
    assert [name for name in PAGES if page.goto(address(name)).status != 200] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violation(page, address, violations, name, scheme):
    page.goto(address(name))

    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_on_a_phone(page, address, name):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address(name))

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
