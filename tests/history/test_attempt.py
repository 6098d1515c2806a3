"""The history: each write is one event, with what it changed or why it was refused."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.utils import timezone
from scim2_models import UniquenessException

from django_scim.history.events import Attempt
from django_scim.history.redaction import REDACTED
from django_scim.models import Operation, ProvisioningEvent
from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory, managed
from tests.messages import BULK_REQUEST
from tests.representations import ENTERPRISE, group, id_of, member, path_of, user


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


def the_event():
    """Return the only event that there is."""
    return ProvisioningEvent.objects.get()


class TestSuccesses:
    def test_successes_of_a_creation_are_told_with_all_that_was_set(self, scim):
        created = scim.post(
            "/Users",
            user(
                "barbara",
                name={"givenName": "Barbara"},
                title="Tour Guide",
                externalId="b1",
                **{ENTERPRISE: {"department": "Tours"}},
            ),
        ).json()

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("create", "success", 201)
        assert (event.resource_type, event.resource_id, event.display) == ("User", created["id"], "barbara")
        assert (event.scim_type, event.detail) == ("", "")
        assert event.changes == {
            "userName": {"after": "barbara"},
            "name.givenName": {"after": "Barbara"},
            "title": {"after": "Tour Guide"},
            "externalId": {"after": "b1"},
            f"{ENTERPRISE}:department": {"after": "Tours"},
        }

    def test_successes_of_a_replacement_are_told_with_what_it_changed_alone(self, scim):
        row = UserFactory.create(username="barbara", first_name="Barbara", last_name="Jensen", email="")

        scim.put(path_of(row), user("barbara", name={"givenName": "Babs"}, title="Tour Guide"))

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("replace", "success", 200)
        assert event.changes == {
            "name.givenName": {"before": "Barbara", "after": "Babs"},
            "name.familyName": {"before": "Jensen"},
            "title": {"after": "Tour Guide"},
        }

    def test_successes_of_a_modification_are_told_with_what_it_changed_alone(self, scim):
        row = managed(scim.connection, UserFactory.create(username="barbara", email="old@example.com"))

        scim.patch(
            path_of(row),
            replace("active", False),
            replace("emails[primary eq true].value", "new@example.com"),
            replace("name.familyName", row.last_name),
        )

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("modify", "success", 200)
        assert (event.resource_id, event.display) == (id_of(row), "barbara")
        assert event.changes["active"] == {"before": True, "after": False}
        assert [each["value"] for each in event.changes["emails"]["before"]] == ["old@example.com"]
        assert [each["value"] for each in event.changes["emails"]["after"]] == ["new@example.com"]
        assert set(event.changes) == {"active", "emails"}

    def test_successes_of_a_deletion_are_told_with_what_it_took_away(self, scim):
        row, team = UserFactory.create(username="barbara"), GroupFactory.create()
        row.groups.add(team)

        scim.delete(path_of(row))

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("delete", "success", 204)
        assert (event.resource_id, event.display) == (id_of(row), "barbara")
        assert event.changes["active"] == {"before": True, "after": False}

    def test_successes_of_a_hard_deletion_outlive_the_row(self, scim, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": "hard"}}}
        row = UserFactory.create(username="barbara")
        identifier = id_of(row)

        scim.delete(path_of(row))

        assert not User.objects.exists()
        assert (the_event().resource_id, the_event().display) == (identifier, "barbara")

    def test_successes_of_memberships_are_told_by_who_came_and_who_went(self, scim):
        stays, goes, comes = UserFactory.create_batch(3)
        team = GroupFactory.create()
        team.user_set.add(stays, goes)

        scim.put(path_of(team), group(team.name, members=[member(stays), member(comes)]))

        assert the_event().changes == {"members": {"added": [id_of(comes)], "removed": [id_of(goes)]}}

    def test_successes_that_change_nothing_are_told_without_changes(self, scim):
        row = UserFactory.create()

        scim.patch(path_of(row), replace("active", True))

        assert (the_event().outcome, the_event().changes) == ("success", {})

    def test_events_of_successes_say_when_and_how_long(self, scim):
        before = timezone.now()

        scim.post("/Users", user())

        event = the_event()
        assert before - timedelta(seconds=1) <= event.time <= timezone.now()
        assert 0 <= event.duration < 60_000

    def test_successes_of_a_bulk_job_are_told_one_by_one(self, scim):
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": name, "data": user(name)} for name in ("a", "b")
        ]

        scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations}, **{"X-Request-ID": "job-1"})

        told = ProvisioningEvent.objects.order_by("pk").values_list("operation", "display", "request_id")
        assert list(told) == [("create", "a", "job-1"), ("create", "b", "job-1")]


def of_a_taken_name(scim):
    UserFactory.create(username="barbara")
    return scim.post("/Users", user("Barbara"))


def of_a_missing_attribute(scim):
    return scim.post("/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]})


def of_what_no_client_may_change(scim):
    return scim.patch(path_of(UserFactory.create(username="barbara")), replace("id", "mine"))


def of_an_unknown_resource(scim):
    return scim.delete("/Users/none")


def of_a_superuser(scim):
    return scim.put(path_of(UserFactory.create(is_superuser=True)), user("barbara"))


def of_another_version(scim):
    return scim.put(path_of(UserFactory.create()), user("barbara"), **{"If-Match": 'W/"other"'})


def of_what_is_no_json(scim):
    return scim.post("/Users", b"{")


def of_another_media_type(scim):
    headers = {"Authorization": f"Bearer {scim.token}"}
    return scim.client.post("/scim/v2/Users", b"<User/>", content_type="application/xml", headers=headers)


def of_a_method_that_is_not_there(scim):
    return scim.put("/Users", user("barbara"))


def of_too_large_a_body(scim):
    return scim.post("/Users", b" " * (10 * 1024 * 1024 + 1))


class TestRefusals:
    @pytest.mark.parametrize(
        ("refused", "operation", "status", "scim_type", "display"),
        [
            (of_a_taken_name, "create", 409, "uniqueness", "Barbara"),
            (of_a_missing_attribute, "create", 400, "invalidValue", ""),
            (of_what_no_client_may_change, "modify", 400, "mutability", ""),
            (of_an_unknown_resource, "delete", 404, "", ""),
            (of_a_superuser, "replace", 403, "", "barbara"),
            (of_another_version, "replace", 412, "", "barbara"),
            (of_what_is_no_json, "create", 400, "invalidSyntax", ""),
            (of_another_media_type, "create", 415, "", ""),
            (of_a_method_that_is_not_there, "replace", 405, "", ""),
            (of_too_large_a_body, "create", 413, "", ""),
        ],
    )
    def test_refusals_are_told_as_they_were_answered(
        self, scim, refused, operation, status, scim_type, display
    ):
        response = refused(scim)

        event = the_event()
        assert response.status_code == status
        assert (event.operation, event.outcome, event.status) == (operation, "refused", status)
        assert event.scim_type == response.json().get("scimType", "") == scim_type
        assert event.detail == response.json()["detail"]
        assert event.changes == {}
        assert event.display == display
        assert (event.connection, event.token) == (scim.connection, scim.stored)

    def test_refusals_name_the_resource_of_the_address(self, scim):
        scim.delete("/Users/none")

        assert (the_event().resource_type, the_event().resource_id) == ("User", "none")

    def test_refusals_name_what_the_body_names_in_any_case(self, scim):
        scim.post("/Users", {"USERNAME": "barbara", "active": "perhaps"})

        assert the_event().display == "barbara"

    def test_refusals_of_a_name_that_is_none_are_told_without_one(self, scim):
        scim.post("/Users", {"userName": ["barbara"]})

        assert the_event().display == ""

    def test_refusals_of_texts_that_no_column_holds_are_told_in_part(self, scim):
        scim.put(f"/Users/{'x' * 5000}", user("y" * 5000), **{"X-Request-ID": "z" * 5000})

        event = the_event()
        assert event.status == 404
        assert event.resource_id == "x" * 400
        assert event.display == "y" * 255
        assert event.request_id == "z" * 100


class TestReading:
    def test_reading_is_not_told(self, scim):
        row = UserFactory.create()

        for path in ("/Users", path_of(row), "/Users/none", "/Schemas", "/Users?filter=("):
            scim.get(path)
            scim.request("HEAD", path)
            scim.request("OPTIONS", path)
        scim.post("/Users/.search", {})
        scim.post("/.search", b"{")

        assert not ProvisioningEvent.objects.exists()


class TestRequestIds:
    def test_request_ids_are_those_of_the_client(self, scim):
        scim.post("/Users", user(), **{"X-Request-ID": "trace-42"})

        assert the_event().request_id == "trace-42"

    def test_request_ids_are_those_of_the_client_when_it_is_refused_too(self, scim):
        scim.post("/Users", {}, **{"X-Request-ID": "trace-42"})

        assert the_event().request_id == "trace-42"

    @pytest.mark.parametrize("header", [{}, {"X-Request-ID": ""}], ids=["none", "empty"])
    def test_request_ids_are_made_where_the_client_has_none(self, scim, header):
        for name in ("a", "b"):
            scim.post("/Users", user(name), **header)

        ids = {UUID(each) for each in ProvisioningEvent.objects.values_list("request_id", flat=True)}
        assert len(ids) == 2


SECRET = "correct horse battery staple"


class TestSecrets:
    """A password is in no event, no answer and no log, however it was sent and whatever came of it."""

    @pytest.mark.parametrize(
        ("method", "payload"),
        [
            ("POST", user("new", password=SECRET)),
            ("POST", user("new", PASSWORD=SECRET)),
            ("POST", user("new", password=[SECRET])),
            ("POST", user("new", password={"value": SECRET})),
            ("POST", user("barbara", password=SECRET)),
            ("POST", {"password": SECRET}),
            ("PUT", user("barbara", password=SECRET)),
            ("PUT", user("", password=SECRET)),
            ("PATCH", [replace("password", SECRET)]),
            ("PATCH", [replace("urn:ietf:params:scim:schemas:core:2.0:User:password", SECRET)]),
            ("PATCH", [{"op": "add", "value": {"password": SECRET}}]),
            ("PATCH", [{"op": "remove", "path": "password", "value": SECRET}]),
            ("PATCH", [replace("password", SECRET), replace("active", "perhaps")]),
            ("PATCH", [replace("password", [SECRET])]),
            ("PATCH", [replace("password", {"value": SECRET})]),
            ("PATCH", [replace(f'password[value eq "{SECRET}"]', "x")]),
            ("PATCH", [replace("password.value", SECRET)]),
        ],
        ids=repr,
    )
    def test_secrets_are_kept_nowhere(self, scim, caplog, method, payload):
        caplog.set_level(logging.DEBUG)
        row = UserFactory.create(username="barbara")
        path = "/Users" if method == "POST" else path_of(row)

        response = scim.patch(path, *payload) if method == "PATCH" else scim.request(method, path, payload)

        told = serializers.serialize("json", ProvisioningEvent.objects.all())
        assert ProvisioningEvent.objects.count() == 1
        assert SECRET not in told
        assert SECRET not in response.content.decode()
        logged = [each.getMessage() for each in caplog.records if each.name != "django.db.backends"]
        assert SECRET not in "\n".join(logged)

    def test_secrets_leave_word_that_they_were_changed(self, scim):
        row = managed(scim.connection, UserFactory.create())

        scim.patch(path_of(row), replace("password", SECRET))

        row.refresh_from_db()
        assert row.check_password(SECRET)
        assert the_event().changes == {"password": {"after": REDACTED}}

    def test_secrets_may_be_too_short_without_being_told(self, scim):
        row = managed(scim.connection, UserFactory.create())

        scim.patch(path_of(row), replace("password", "hunter2"))

        assert (the_event().status, the_event().scim_type) == (400, "invalidValue")
        assert "hunter2" not in serializers.serialize("json", ProvisioningEvent.objects.all())


class TestConnections:
    def test_connections_have_each_their_own_events(self, scim, connection):
        second = ScimClient(connection)

        scim.post("/Users", user("a"))
        second.post("/Users", user("b"))

        assert list(connection.events.order_by("pk").values_list("display", "token")) == [
            ("a", scim.stored.pk),
            ("b", second.stored.pk),
        ]


class TestAttempt:
    """What an operation of the host's own may do with it."""

    def attempt(self, connection, **attributes):
        return Attempt(
            Operation.CREATE,
            connection=connection,
            token=None,
            request_id="1",
            resource_type="User",
            **attributes,
        )

    def test_an_attempt_keeps_the_first_name_that_it_is_given(self, connection):
        attempt = self.attempt(connection)

        attempt.receive({"displayName": "Guides"})
        attempt.receive({"userName": "barbara"})

        assert attempt.succeeded(201).display == "Guides"

    @pytest.mark.parametrize("payload", [None, [], "barbara", 1, {}, {"userName": None}])
    def test_an_attempt_takes_no_name_from_what_has_none(self, connection, payload):
        attempt = self.attempt(connection)

        attempt.receive(payload)

        assert attempt.display == ""

    def test_an_attempt_writes_what_no_database_holds_in_another_way(self, connection):
        attempt = self.attempt(connection, resource_id="a\0b\ud800")

        event = attempt.refused(UniquenessException(detail="\0 is taken \ud800"))

        event.refresh_from_db()
        assert event.resource_id == "a\N{REPLACEMENT CHARACTER}b?"
        assert event.detail == "\N{REPLACEMENT CHARACTER} is taken ?"
