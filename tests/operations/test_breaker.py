"""A connection that deprovisions too much at once is paused until somebody has looked."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.models import Connection, ProvisioningEvent, Record
from django_scim.operations import breaker as limits
from django_scim.signals import connection_paused
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE, remove, replace
from tests.representations import ENTERPRISE, group, id_of, path_of, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def scim(db):
    """A client of a connection that may deprovision two resources within an hour."""
    return ScimClient(ConnectionFactory.create(deprovisioning_limit=2))


@pytest.fixture
def told():
    """What the signal told."""
    seen = []

    def receive(*, connection, reason, **kwargs):
        seen.append((connection, reason))

    connection_paused.connect(receive)
    yield seen
    connection_paused.disconnect(receive)


def statuses(responses):
    return [response.status_code for response in responses]


def deactivate(scim, rows):
    return statuses([scim.patch(path_of(row), DEACTIVATE) for row in rows])


class TestTheLimit:
    def test_the_deprovisioning_limit_lets_as_many_pass_as_it_says_and_then_pauses_the_connection(self, scim):
        rows = UserFactory.create_batch(3)

        assert deactivate(scim, rows) == [200, 200, 503]

        assert [row.is_active for row in User.objects.order_by("pk")] == [False, False, True]
        scim.connection.refresh_from_db()
        assert scim.connection.paused_at is not None
        assert "more than 2" in scim.connection.pause_reason

    @pytest.mark.parametrize("way", ["soft", "hard"])
    def test_the_deprovisioning_limit_counts_deletions_with_deactivations(self, scim, settings, way):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": way}}}
        first, second, third = UserFactory.create_batch(3)

        assert scim.patch(path_of(first), DEACTIVATE).status_code == 200
        assert scim.delete(path_of(second)).status_code == 204
        assert scim.delete(path_of(third)).status_code == 503

        assert User.objects.get(pk=third.pk).is_active

    def test_the_deprovisioning_limit_counts_groups_too(self, scim):
        rows = GroupFactory.create_batch(3)

        assert statuses(scim.delete(path_of(row)) for row in rows) == [204, 204, 503]

    def test_the_deprovisioning_limit_counts_whoever_is_replaced_by_somebody_inactive(self, scim):
        rows = UserFactory.create_batch(3)

        answers = [scim.put(path_of(row), user(row.username, active=False)) for row in rows]

        assert statuses(answers) == [200, 200, 503]

    def test_the_deprovisioning_limit_does_not_count_what_was_inactive_before(self, scim):
        assert deactivate(scim, UserFactory.create_batch(4, is_active=False)) == [200] * 4

    def test_the_deprovisioning_limit_counts_the_deletion_of_an_inactive_account(self, scim):
        rows = UserFactory.create_batch(3, is_active=False)

        assert statuses(scim.delete(path_of(row)) for row in rows) == [204, 204, 503]

    def test_the_deprovisioning_limit_counts_a_person_once(self, scim):
        first, second, third = UserFactory.create_batch(3)

        for _ in range(2):
            assert deactivate(scim, [first]) == [200]
            assert scim.patch(path_of(first), ACTIVATE).status_code == 200
        assert scim.delete(path_of(first)).status_code == 204

        assert deactivate(scim, [second, third]) == [200, 503]

    @pytest.mark.parametrize(
        "change",
        [
            replace("userName", "somebody-{number}"),
            replace("name.familyName", "Nobody {number}"),
            replace("password", "A-long-secret-{number}"),
            replace("emails", [{"value": "{number}@evil.example"}]),
            remove("name"),
            replace(None, {"name": {"givenName": "{number}"}}),
        ],
        ids=str,
    )
    def test_the_deprovisioning_limit_counts_who_gets_another_name_or_password(self, scim, change):
        rows = [managed(scim.connection, row) for row in UserFactory.create_batch(3)]
        sent = [json.loads(json.dumps(change).replace("{number}", str(row.pk))) for row in rows]

        answers = [scim.patch(path_of(row), each) for row, each in zip(rows, sent, strict=True)]

        assert statuses(answers) == [200, 200, 503]

    def test_the_deprovisioning_limit_does_not_count_names_where_there_were_none(self, scim):
        rows = UserFactory.create_batch(3, first_name="", last_name="")

        answers = [scim.patch(path_of(row), replace("name.givenName", "Eve")) for row in rows]

        assert statuses(answers) == [200] * 3

    def test_the_deprovisioning_limit_does_not_count_the_names_of_an_adoption(self):
        scim = ScimClient(ConnectionFactory.create(deprovisioning_limit=0, adoption="matching"))
        row = UserFactory.create()

        answer = scim.put(path_of(row), user(row.username, name={"givenName": "Other"}))

        assert answer.status_code == 200

    @pytest.mark.parametrize("way", ["remove", "replace", "remove each", "put", "leave one"])
    def test_the_deprovisioning_limit_counts_groups_that_are_emptied(self, scim, way):
        people = UserFactory.create_batch(3)
        rows = GroupFactory.create_batch(3)
        for row in rows:
            row.user_set.set(people)

        def empty(row):
            if way == "put":
                return scim.put(path_of(row), group(row.name))
            if way == "replace":
                return scim.patch(path_of(row), replace("members", []))
            if way == "remove":
                return scim.patch(path_of(row), remove("members"))
            gone = people[1:] if way == "leave one" else people
            return scim.patch(path_of(row), *(remove(f'members[value eq "{id_of(each)}"]') for each in gone))

        assert [empty(row).status_code for row in rows][2] == 503
        assert rows[2].user_set.count() == 3

    def test_the_deprovisioning_limit_does_not_count_a_group_that_keeps_most_of_its_members(self, scim):
        people = UserFactory.create_batch(3)
        rows = GroupFactory.create_batch(4)
        for row in rows:
            row.user_set.set(people)
        gone = remove(f'members[value eq "{id_of(people[0])}"]')

        assert statuses(scim.patch(path_of(row), gone) for row in rows) == [204] * 4

    def test_the_deprovisioning_limit_does_not_count_what_the_connection_made_within_the_hour(self, scim):
        made = [scim.post("/Users", user(f"test{number}")).json()["id"] for number in range(4)]

        for each in made:
            assert scim.patch(f"/Users/{each}", DEACTIVATE).status_code == 200
            assert scim.delete(f"/Users/{each}").status_code == 204

        scim.connection.refresh_from_db()
        assert scim.connection.paused_at is None

    def test_the_deprovisioning_limit_counts_what_the_connection_made_before(self, scim):
        made = [scim.post("/Users", user(f"old{number}")).json()["id"] for number in range(3)]
        ProvisioningEvent.objects.update(time=timezone.now() - timedelta(minutes=61))

        answers = [scim.delete(f"/Users/{each}") for each in made]

        assert statuses(answers) == [204, 204, 503]

    def test_the_deprovisioning_limit_counts_what_another_connection_made(self, scim):
        other = ScimClient(ConnectionFactory.create())
        made = [other.post("/Groups", group(f"new{number}")).json()["id"] for number in range(3)]
        Record.objects.update(managed_by=None)

        answers = [scim.delete(f"/Groups/{each}") for each in made]

        assert statuses(answers) == [204, 204, 503]

    def test_the_deprovisioning_limit_does_not_count_what_was_refused(self, scim):
        protected = UserFactory.create_batch(3, is_superuser=True)

        deactivate(scim, protected)

        assert deactivate(scim, UserFactory.create_batch(2)) == [200, 200]

    def test_the_deprovisioning_limit_does_not_count_what_is_an_hour_old(self, scim):
        deactivate(scim, UserFactory.create_batch(2))
        ProvisioningEvent.objects.update(time=timezone.now() - timedelta(minutes=61))

        assert deactivate(scim, UserFactory.create_batch(2)) == [200, 200]

    def test_the_deprovisioning_limit_is_one_of_each_connection(self, scim):
        other = ScimClient(ConnectionFactory.create(deprovisioning_limit=1))
        deactivate(other, UserFactory.create_batch(2))

        assert deactivate(scim, UserFactory.create_batch(2)) == [200, 200]

    def test_the_deprovisioning_limit_of_zero_allows_none(self):
        scim = ScimClient(ConnectionFactory.create(deprovisioning_limit=0))

        assert deactivate(scim, [UserFactory.create()]) == [503]

    def test_the_deprovisioning_limit_of_the_settings_is_that_of_connections_without_one(
        self, connection, settings
    ):
        settings.DJANGO_SCIM = {"DEPROVISIONING_LIMIT": 1}

        assert deactivate(ScimClient(connection), UserFactory.create_batch(2)) == [200, 503]

    def test_the_deprovisioning_limit_can_be_left_out(self, connection, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_LIMIT": None, "DEPROVISIONING_SHARE": None}

        assert deactivate(ScimClient(connection), UserFactory.create_batch(30)) == [200] * 30

    def test_the_deprovisioning_limit_costs_writes_that_deactivate_nobody_nothing(
        self, scim, django_assert_num_queries, settings
    ):
        row = UserFactory.create()
        change = {"op": "replace", "path": "title", "value": "B"}
        scim.patch(path_of(row), {**change, "value": "A"})
        with CaptureQueriesContext(database) as limited:
            scim.patch(path_of(row), change)
        settings.DJANGO_SCIM = {"DEPROVISIONING_LIMIT": None, "DEPROVISIONING_SHARE": None}
        with django_assert_num_queries(len(limited)):
            scim.patch(path_of(row), {**change, "value": "C"})


class TestTheShare:
    @pytest.fixture
    def scim(self, connection, monkeypatch):
        monkeypatch.setattr(limits, "ALWAYS_ALLOWED", 3)
        return ScimClient(connection)

    def test_the_deprovisioning_share_lets_no_more_pass_than_that_part_of_the_accounts(self, scim, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 50}
        rows = UserFactory.create_batch(10)

        assert deactivate(scim, rows) == [200] * 5 + [503] * 5

    def test_the_deprovisioning_share_lets_a_few_pass_however_few_accounts_there_are(self, scim, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 10}
        rows = UserFactory.create_batch(5)

        assert deactivate(scim, rows) == [200] * 3 + [503] * 2

    def test_the_deprovisioning_share_is_asked_beside_the_number(self, scim, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 100, "DEPROVISIONING_LIMIT": 4}

        assert deactivate(scim, UserFactory.create_batch(6)) == [200] * 4 + [503] * 2

    def test_the_deprovisioning_share_is_that_of_one_resource_type(self, scim, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 50}
        assert deactivate(scim, UserFactory.create_batch(10)[:4]) == [200] * 4
        groups = GroupFactory.create_batch(2)

        assert [scim.delete(path_of(group)).status_code for group in groups] == [204, 204]

    def test_the_deprovisioning_share_counts_no_accounts_that_are_locked(self, scim, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 50}
        UserFactory.create_batch(10, is_active=False)
        rows = UserFactory.create_batch(10)

        assert deactivate(scim, rows) == [200] * 5 + [503] * 5

    def test_the_deprovisioning_share_is_not_lifted_by_accounts_that_are_made_within_the_hour(
        self, scim, settings
    ):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 50}
        rows = UserFactory.create_batch(10)
        for number in range(10):
            scim.post("/Users", user(f"filler{number}"))

        assert deactivate(scim, rows) == [200] * 5 + [503] * 5

    def test_the_deprovisioning_share_counts_no_accounts_of_other_connections(self, scim, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 50}
        other = ConnectionFactory.create()
        for row in UserFactory.create_batch(10):
            managed(other, row)
        rows = UserFactory.create_batch(10)

        assert deactivate(scim, rows) == [200] * 5 + [503] * 5

    def test_the_deprovisioning_share_counts_what_is_made_by_hand_only_where_it_may_be_adopted(
        self, scim, settings
    ):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 50}
        scim.connection.adoption = "own"
        scim.connection.save()
        UserFactory.create_batch(10)
        rows = [managed(scim.connection, row) for row in UserFactory.create_batch(10)]

        assert deactivate(scim, rows) == [200] * 5 + [503] * 5

    def test_the_deprovisioning_share_is_not_asked_of_a_connection_with_a_number_of_its_own(
        self, scim, settings
    ):
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 10}
        scim.connection.deprovisioning_limit = 5
        scim.connection.save()

        assert deactivate(scim, UserFactory.create_batch(6)) == [200] * 5 + [503]


class TestAPausedConnection:
    @pytest.fixture
    def scim(self, scim):
        scim.connection.pause("too much")
        return scim

    @pytest.mark.parametrize(
        ("method", "path", "payload"),
        [
            ("POST", "/Users", user("new")),
            ("PUT", "/Users/1", user("new")),
            ("PATCH", "/Users/1", {"schemas": [], "Operations": []}),
            ("DELETE", "/Users/1", None),
            ("POST", "/Groups", group("new")),
            ("POST", "/Bulk", {"schemas": [], "Operations": []}),
        ],
    )
    def test_a_paused_connection_is_told_to_come_back_later(self, scim, method, path, payload):
        response = scim.request(method, path, payload)

        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        assert response.json()["detail"] == "provisioning is paused: too much"
        assert response.json()["status"] == "503"

    def test_a_paused_connection_may_read(self, scim):
        row = UserFactory.create()

        answers = [scim.get(path_of(row)), scim.get("/Users"), scim.post("/.search", {"schemas": []})]

        assert statuses(answers) == [200] * 3

    def test_a_paused_connection_has_what_it_asked_for_in_the_history(self, scim):
        scim.post("/Users", user("new"))

        event = ProvisioningEvent.objects.get()
        assert (event.outcome, event.status, event.display) == ("refused", 503, "new")
        assert event.request == user("new")

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_a_paused_connection_has_the_name_of_whom_it_asked_about_in_the_history(self, scim, method):
        row = UserFactory.create()

        scim.request(method, path_of(row), {"Operations": []} if method == "PATCH" else None)

        assert ProvisioningEvent.objects.get().display == row.username

    def test_a_paused_connection_has_the_operations_of_a_job_in_the_history(self, scim):
        row = UserFactory.create()
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("new")},
            {"method": "DELETE", "path": path_of(row)},
        ]

        assert scim.post("/Bulk", {"schemas": [], "Operations": operations}).status_code == 503

        events = ProvisioningEvent.objects.order_by("pk")
        assert [(event.method, event.display, event.status) for event in events] == [
            ("POST", "new", 503),
            ("DELETE", "", 503),
        ]

    def test_a_paused_connection_is_told_to_come_back_whatever_it_sends(self, scim):
        assert scim.request("POST", "/Users", b"no JSON").status_code == 503
        assert scim.request("PATCH", "/Users/nobody", b"").status_code == 503

    def test_a_paused_connection_does_not_stop_others(self, scim):
        assert ScimClient(ConnectionFactory.create()).post("/Users", user("new")).status_code == 201

    def test_a_paused_connection_writes_again_once_it_is_resumed_and_is_counted_anew(self):
        scim = ScimClient(ConnectionFactory.create(deprovisioning_limit=2))
        rows = UserFactory.create_batch(6)
        deactivate(scim, rows[:3])

        Connection.objects.get().resume()

        assert deactivate(scim, rows[2:6]) == [200, 200, 503, 503]

    def test_a_paused_connection_is_told_to_the_project_once(
        self, told, caplog, django_capture_on_commit_callbacks
    ):
        scim = ScimClient(ConnectionFactory.create(deprovisioning_limit=1))
        caplog.set_level(logging.ERROR, "django_scim.request")

        with django_capture_on_commit_callbacks(execute=True):
            deactivate(scim, UserFactory.create_batch(4))

        ((connection, reason),) = told
        assert (connection, reason) == (scim.connection, Connection.objects.get().pause_reason)
        assert [record.levelname for record in caplog.records if "paused" in record.message] == ["ERROR"]


def test_a_bulk_job_makes_no_circle_after_the_limit(scim):
    rows = UserFactory.create_batch(3)
    operations: list[dict[str, Any]] = [{"method": "DELETE", "path": path_of(row)} for row in rows]
    for name, other in ("a", "b"), ("b", "a"):
        data = user(name) | {ENTERPRISE: {"manager": {"value": f"bulkId:{other}"}}}
        operations.append({"method": "POST", "path": "/Users", "bulkId": name, "data": data})

    response = scim.post("/Bulk", {"schemas": [], "Operations": operations})

    answers = [each["status"] for each in response.json()["Operations"]]
    assert answers == ["204", "204", "503", "503", "503"]
    assert User.objects.count() == 3


def test_a_bulk_job_stops_at_the_limit_and_does_nothing_more(scim):
    rows = UserFactory.create_batch(4)
    operations: list[dict[str, Any]] = [{"method": "DELETE", "path": path_of(row)} for row in rows]
    operations.insert(3, {"method": "POST", "path": "/Users", "bulkId": "n", "data": user("new")})

    response = scim.post("/Bulk", {"schemas": [], "Operations": operations})

    answers = [each["status"] for each in response.json()["Operations"]]
    assert answers == ["204", "204", "503", "503", "503"]
    assert User.objects.filter(is_active=True).count() == 2
    assert ProvisioningEvent.objects.filter(status=503).count() == 3
