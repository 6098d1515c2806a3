"""What ``python -m tests.browser.screenshots`` runs; no test, and not found as one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from django_scim.models import EventCount, ProvisioningEvent, Record
from tests.browser.provisioning import company
from tests.browser.screenshots import IMAGES
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.setup_links.conftest import shared

WIDTH, HEIGHT = 1440, 900


@pytest.fixture
def connection(transactional_db):
    """A company that has been provisioned for a month."""
    connection = ConnectionFactory.create(name="Okta")
    company(ScimClient(connection))
    today = timezone.now().replace(minute=0, second=0, microsecond=0)
    for day in range(1, 30):
        for outcome, status, count in (("success", 200, 40 + day * 7 % 23), ("refused", 409, day % 4)):
            for duration, share in ((20, 0.7), (50, 0.25), (200, 0.05)):
                EventCount.objects.create(
                    connection=connection,
                    hour=today - timedelta(days=day),
                    outcome=outcome,
                    status=status,
                    duration=duration,
                    count=round(count * share),
                )
    return connection


def pages(connection):
    """Yield the name of each picture, and the address of its page."""
    events = ProvisioningEvent.objects.order_by("pk")
    change = events.get(display="bjensen@example.com", operation="modify")
    refusal = events.get(scim_type="uniqueness")
    barbara = User.objects.get(username="bjensen@example.com")
    record = Record.objects.get(resource_type="User", integer_key=barbara.pk)
    yield "history", "/admin/django_scim/provisioningevent/"
    yield "event", f"/admin/django_scim/provisioningevent/{change.pk}/change/"
    yield "refusal", f"/admin/django_scim/provisioningevent/{refusal.pk}/change/"
    yield "connection", f"/admin/django_scim/connection/{connection.pk}/change/"
    yield "resources", "/admin/django_scim/record/"
    yield "resource", f"/admin/django_scim/record/{record.pk}/change/"
    yield "user", f"/admin/auth/user/{barbara.pk}/change/"
    yield "setup", shared(connection)[1]


def test_take_screenshots(page, connection, scheme):
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    suffix = "" if scheme == "light" else "-dark"
    for name, address in pages(connection):
        page.goto(address)
        page.screenshot(path=IMAGES / f"{name}{suffix}.png", full_page=True)
