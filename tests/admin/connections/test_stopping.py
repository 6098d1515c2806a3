"""The pages that pause a connection, say what was refused, and give back what it has changed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from django_scim.admin.history.words import is_locking
from django_scim.models import ProvisioningEvent
from django_scim.signals import connection_paused
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.operations.patch_operations import DEACTIVATE, replace
from tests.registered import receiving
from tests.representations import path_of, user


def url(connection, page):
    """Return the address of a page of a connection."""
    return reverse(f"admin:django_scim_connection_{page}", args=(connection.pk,))


@pytest.fixture
def limited(db):
    """A client of a connection that may lock two accounts."""
    return ScimClient(ConnectionFactory.create(deprovisioning_limit=2))


def window(**fields):
    """Return the form of the page of undoing."""
    since = timezone.localtime() - timedelta(hours=1)
    return {"since": since.strftime("%Y-%m-%dT%H:%M:%S"), "until": "", **fields}


class TestPause:
    def test_a_pause_by_hand_asks_for_a_reason_first(self, admin_client, connection):
        assert "Pause the connection?" in admin_client.get(url(connection, "pause")).text
        assert "This field is required" in admin_client.post(url(connection, "pause")).text

        connection.refresh_from_db()
        assert connection.paused_at is None

    def test_a_pause_by_hand_stops_writes_and_is_logged_and_told(
        self, admin_client, scim, django_capture_on_commit_callbacks
    ):
        with receiving(connection_paused) as told, django_capture_on_commit_callbacks(execute=True):
            response = admin_client.post(
                url(scim.connection, "pause"), {"reason": "Maintenance"}, follow=True
            )

        assert "The connection is paused" in response.text
        assert scim.post("/Users", user()).json()["detail"] == "provisioning is paused: Maintenance"
        assert LogEntry.objects.get().get_change_message() == "Paused. Reason: Maintenance"
        assert len(told) == 1

    def test_a_pause_by_hand_keeps_the_reason_of_one_that_there_is(self, admin_client, connection):
        connection.pause("too much")

        admin_client.post(url(connection, "pause"), {"reason": "Maintenance"})

        connection.refresh_from_db()
        assert connection.pause_reason == "too much"
        assert not LogEntry.objects.exists()

    def test_a_pause_by_hand_has_its_link_at_the_connection_while_it_runs(self, admin_client, connection):
        page = reverse("admin:django_scim_connection_change", args=(connection.pk,))
        assert url(connection, "pause") in admin_client.get(page).text

        connection.pause("too much")

        assert url(connection, "pause") not in admin_client.get(page).text


class TestResume:
    def test_a_pause_says_who_was_locked_and_who_was_next(self, admin_client, limited):
        rows = UserFactory.create_batch(4)
        for row in rows:
            limited.patch(path_of(row), DEACTIVATE)

        text = admin_client.get(url(limited.connection, "resume")).text

        hurt, refused = text.split("Refused since")
        assert [row.username in hurt for row in rows] == [True, True, False, False]
        assert [row.username in refused for row in rows] == [False, False, True, True]
        assert url(limited.connection, "undo") in text

    def test_a_pause_says_what_was_next_in_words(self, admin_client, limited):
        rows = UserFactory.create_batch(5)
        for row in rows[:3]:
            limited.patch(path_of(row), DEACTIVATE)
        limited.delete(path_of(rows[3]))
        limited.patch(path_of(rows[4]), replace("title", "Guide"))

        text = admin_client.get(url(limited.connection, "resume")).text

        asked = re.findall(r"<li>([\w ]+) User <bdi>", text.split("Refused since")[1])
        assert asked == ["Deactivate", "delete", "modify"]

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"active": False}, True),
            ({"Operations": [{"op": "Replace", "path": "Active", "value": "False"}]}, True),
            ({"Operations": [{"op": "replace", "value": {"active": False}}]}, True),
            ({"Operations": [{"op": "replace", "path": "active", "value": True}]}, False),
            ({"Operations": [{"op": "replace", "path": "title", "value": "false"}]}, False),
            ({"Operations": ["nonsense"]}, False),
            ({"Operations": None, "active": None}, False),
            (["active"], False),
            (None, False),
        ],
    )
    def test_a_body_that_locks_somebody_is_told_from_others(self, body, expected):
        assert is_locking(body) is expected

    def test_a_pause_names_nobody_to_staff_that_may_not_see_events(self, staff, limited):
        rows = UserFactory.create_batch(3)
        for row in rows:
            limited.patch(path_of(row), DEACTIVATE)

        text = staff("view_connection", "change_connection").get(url(limited.connection, "resume")).text

        assert "Resume the connection?" in text
        assert not any(row.username in text for row in rows)


class TestUndo:
    @pytest.fixture
    def row(self, scim):
        """An account that was locked and renamed."""
        row = UserFactory.create(username="bob")
        scim.patch(path_of(row), DEACTIVATE, replace("userName", "robert"))
        return row

    def test_undo_shows_first_what_it_would_give_back(self, admin_client, scim, row):
        response = admin_client.post(url(scim.connection, "undo"), window())

        assert "1 would be given back, 0 in part, and 0 left as they are" in response.text
        assert User.objects.get(username="robert").is_active is False
        assert ProvisioningEvent.objects.count() == 1

    def test_undo_shows_what_it_would_give_back_beside_much_that_it_leaves(self, admin_client, scim, row):
        for number in range(25):
            scim.post("/Users", user(f"made{number}"))

        response = admin_client.post(url(scim.connection, "undo"), window())

        assert "1 would be given back, 0 in part, and 25 left as they are" in response.text
        assert re.search(r"User \w+: given back", response.text), re.findall(r"<li><bdi>.*", response.text)[
            -8:
        ]
        assert "and 5 more" in response.text

    def test_undo_gives_it_back_when_it_is_confirmed_and_logs_that(self, admin_client, scim, row):
        form = admin_client.post(url(scim.connection, "undo"), window()).context["window"]
        sent = {name: form[name].value().strftime("%Y-%m-%dT%H:%M:%S") for name in ("since", "until")}

        response = admin_client.post(url(scim.connection, "undo"), {**sent, "give_back": "1"}, follow=True)

        assert "Changes given back: 1. Left as they are: 0." in response.text
        assert User.objects.get(username="bob").is_active is True
        assert "undone by admin" in ProvisioningEvent.objects.latest("pk").detail
        assert "Changes given back: 1." in LogEntry.objects.get().get_change_message()

    def test_undo_sends_more_than_a_request_can_do_to_the_command(self, admin_client, scim, row, monkeypatch):
        monkeypatch.setattr("django_scim.admin.connections.stopping.MOST_UNDONE", 0)

        response = admin_client.post(url(scim.connection, "undo"), window(give_back="1"))

        assert "manage.py scim_undo" in response.text
        assert User.objects.get(pk=row.pk).username == "robert"

    def test_undo_refuses_a_time_that_is_none(self, admin_client, scim, row):
        response = admin_client.post(url(scim.connection, "undo"), {"since": "soon", "give_back": "1"})

        assert "Enter a valid date/time." in response.text

    @pytest.mark.parametrize("permissions", [("view_connection",), ("view_connection", "change_connection")])
    def test_undo_takes_the_permissions_to_change_connections_and_to_see_events(
        self, staff, scim, row, permissions
    ):
        answer = staff(*permissions).post(url(scim.connection, "undo"), window(give_back="1"))

        assert answer.status_code == 403
        assert User.objects.get(pk=row.pk).username == "robert"
