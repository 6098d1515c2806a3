"""Nobody is kept from the pages: axe-core finds no violation of WCAG 2.1 AA, light and dark."""

from __future__ import annotations

import pytest

from django_scim.models import ProvisioningEvent, Record
from tests.browser.provisioning import provisioned
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory


@pytest.fixture
def connection(transactional_db):
    """A connection that has provisioned, and was refused."""
    connection = ConnectionFactory.create(name="Okta")
    provisioned(ScimClient(connection))
    return connection


PAGES = {
    "connections": lambda connection: "/admin/django_scim/connection/",
    "new connection": lambda connection: "/admin/django_scim/connection/add/",
    "connection": lambda connection: f"/admin/django_scim/connection/{connection.pk}/change/",
    "new token": lambda connection: f"/admin/django_scim/connection/{connection.pk}/tokens/create/",
    "history": lambda connection: "/admin/django_scim/provisioningevent/",
    "event": lambda connection: event_page(outcome="success", operation="modify"),
    "refusal": lambda connection: event_page(outcome="refused"),
    "resources": lambda connection: "/admin/django_scim/record/",
    "resource": lambda connection: f"/admin/django_scim/record/{Record.objects.first().pk}/change/",
}


def event_page(**conditions):
    event = ProvisioningEvent.objects.filter(**conditions).first()
    return f"/admin/django_scim/provisioningevent/{event.pk}/change/"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violation(page, connection, violations, name, scheme):
    page.goto(PAGES[name](connection))

    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_on_a_phone(page, connection, name):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(PAGES[name](connection))

    width = page.evaluate("document.documentElement.scrollWidth")

    assert width <= 360
