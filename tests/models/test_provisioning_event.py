"""Events as they are stored: they outlive what they tell of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from django_scim.models import Operation, Outcome, ProvisioningEvent


@pytest.fixture
def tell(connection):
    """Store an event."""

    def told(**fields):
        given = {"operation": Operation.CREATE, "outcome": Outcome.SUCCESS, "status": 201, **fields}
        return ProvisioningEvent.objects.create(connection=connection, resource_type="User", **given)

    return told


def test_the_latest_provisioning_event_comes_first(tell):
    now = timezone.now()
    early, late = tell(time=now - timedelta(hours=1)), tell(time=now)
    between = tell(time=now - timedelta(minutes=1))

    assert list(ProvisioningEvent.objects.all()) == [late, between, early]


def test_the_second_of_two_events_at_one_time_comes_first(tell):
    now = timezone.now()
    one, other = tell(time=now), tell(time=now)

    assert list(ProvisioningEvent.objects.all()) == [other, one]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"display": "barbara", "resource_id": "1"}, "create User barbara"),
        ({"resource_id": "1"}, "create User 1"),
        ({}, "create User"),
    ],
)
def test_an_event_says_what_was_done_to_what(tell, fields, text):
    assert str(tell(**fields)) == text


def test_changes_of_an_event_are_kept_as_they_are(tell):
    changes = {
        "title": {"before": "Größe", "after": "😀"},
        "active": {"after": False},
        "emails": {"before": []},
    }

    assert ProvisioningEvent.objects.get(pk=tell(changes=changes).pk).changes == changes


def test_an_event_without_changes_shares_them_with_no_other():
    one, other = ProvisioningEvent(), ProvisioningEvent()

    one.changes["title"] = {}

    assert other.changes == {}
