"""People who look at the admin, and events for them to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from django_scim.models import Connection, ProvisioningEvent
from tests.factories import UserFactory


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """Return a browser in which somebody of the staff with some permissions on the app is signed in."""

    def sign_in(*codenames: str) -> Client:
        person = UserFactory.create(username="staff", is_staff=True)
        person.user_permissions.set(
            Permission.objects.filter(content_type__app_label="django_scim", codename__in=codenames)
        )
        browser = Client()
        browser.force_login(person)
        return browser

    return sign_in


@pytest.fixture
def event(connection: Connection) -> Callable[..., ProvisioningEvent]:
    """Return what writes an event."""

    def write(**fields: Any) -> ProvisioningEvent:
        defaults = {
            "connection": connection,
            "request_id": "request-1",
            "operation": "modify",
            "resource_type": "User",
            "resource_id": "67fbf7bb-a602-8000-8000-000000000001",
            "display": "bjensen",
            "outcome": "success",
            "status": 200,
            "display_key": fields.get("display", "bjensen").lower(),
        }
        return ProvisioningEvent.objects.create(**{**defaults, **fields})

    return write
