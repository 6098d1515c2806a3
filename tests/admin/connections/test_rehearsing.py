"""The page of a rehearsal: what would happen, and the button that goes live."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from django_scim.models import Connection
from tests.factories import ConnectionFactory, UserFactory
from tests.representations import path_of, user

ADD = reverse("admin:django_scim_connection_add")


def page(connection, name="rehearse"):
    """Return the address of a page of a connection."""
    return reverse(f"admin:django_scim_connection_{name}", args=(connection.pk,))


@pytest.fixture
def rehearsed(scim):
    """A connection that has rehearsed to create, to lock, and was refused."""
    scim.connection.rehearse()
    account = UserFactory.create(username="anna")
    scim.post("/Users", user("<b>carl</b>"))
    scim.patch(path_of(account), {"op": "replace", "path": "active", "value": False})
    scim.post("/Users", user("emil", emails="nonsense"))
    return scim.connection


def test_a_connection_can_start_in_rehearsal(admin_client, db):
    admin_client.post(ADD, {"name": "Okta", "is_active": "on", "in_rehearsal": "on", "tenant_id": ""})

    assert Connection.objects.get().rehearsal_since is not None


def test_a_connection_starts_live_unless_it_is_asked_to_rehearse(admin_client, db):
    admin_client.post(ADD, {"name": "Okta", "is_active": "on", "tenant_id": ""})

    assert Connection.objects.get().rehearsal_since is None


def test_a_change_of_a_connection_leaves_its_rehearsal(admin_client, rehearsed):
    form = {"name": "Renamed", "is_active": "on", "tenant_id": "", "in_rehearsal": ""}
    form |= {"tokens-TOTAL_FORMS": "0", "tokens-INITIAL_FORMS": "0"}
    admin_client.post(page(rehearsed, "change"), form)

    rehearsed.refresh_from_db()
    assert (rehearsed.name, rehearsed.rehearsal_since is not None) == ("Renamed", True)


def test_the_page_says_how_many_and_who(admin_client, rehearsed):
    text = admin_client.get(page(rehearsed)).text

    for expected in (
        "Would be created: 1 User",
        "User &lt;b&gt;carl&lt;/b&gt;",
        "Active, would be locked: 1 User",
        "User anna",
        "Refused: 1",
        "User emil: 400",
    ):
        assert expected in text


def test_the_page_of_a_connection_says_that_it_is_in_rehearsal(admin_client, rehearsed):
    text = admin_client.get(page(rehearsed, "change")).text

    assert "In rehearsal since" in text
    assert page(rehearsed) in text


def test_going_live_ends_the_rehearsal_and_is_logged(admin_client, rehearsed):
    admin_client.post(page(rehearsed), {"go_live": "Go live"})

    rehearsed.refresh_from_db()
    assert rehearsed.rehearsal_since is None
    assert "Gone live" in LogEntry.objects.latest("pk").change_message


def test_a_rehearsal_begins_later_too_once_that_is_confirmed(admin_client, connection):
    admin_client.get(page(connection))
    connection.refresh_from_db()
    assert connection.rehearsal_since is None

    admin_client.post(page(connection))

    connection.refresh_from_db()
    assert connection.rehearsal_since is not None


def test_a_rehearsal_is_for_those_who_may_change_connections_and_see_resources(staff):
    connection = ConnectionFactory.create()

    assert staff("view_connection", "change_connection").get(page(connection)).status_code == 403
