"""What the tests of the history's pages share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from django_scim.models import Connection, ProvisioningEvent

LIST = reverse("admin:django_scim_provisioningevent_changelist")
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
NOON = datetime(2025, 6, 30, 12, tzinfo=UTC)


def page(event: ProvisioningEvent) -> str:
    """Return the address of the page of an event."""
    return reverse("admin:django_scim_provisioningevent_change", args=(event.pk,))


def shown(browser: Client, **query: Any) -> Any:
    """Return the list that a page has."""
    response: Any = browser.get(LIST, query)
    assert response.status_code == 200
    return response.context["cl"]


def listed(browser: Client, **query: Any) -> list[str]:
    """Return what the list shows of the resources."""
    return [event.display for event in shown(browser, **query).result_list]


def many_events(connection: Connection, number: int, **fields: Any) -> list[ProvisioningEvent]:
    """Make events a second apart, named by their number, the earliest first."""
    return ProvisioningEvent.objects.bulk_create(
        ProvisioningEvent(
            **{
                "connection": connection,
                "time": NOON + timedelta(seconds=index),
                "request_id": f"request-{index}",
                "operation": "modify",
                "resource_type": "User",
                "resource_id": f"id-{index}",
                "display": f"user{index}",
                "display_key": f"user{index}",
                "outcome": "success",
                "status": 200,
                **fields,
            }
        )
        for index in range(number)
    )
