"""Reads and queries in the history, where ``RECORD_READS`` is on."""

from __future__ import annotations

import json
import logging

import pytest
from django.core import serializers
from django.db import DatabaseError
from django.db import connection as database
from django.db.models.signals import pre_save
from django.test.utils import CaptureQueriesContext

from django_scim.history.counting import roll_up
from django_scim.history.redaction import REDACTED
from django_scim.models import EventCount, ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.messages import SEARCH_REQUEST
from tests.representations import id_of, path_of, user

SECRET = "correct horse battery staple"


@pytest.fixture
def recorded(settings):
    """A project that wants reads in its history."""
    settings.DJANGO_SCIM = {"RECORD_READS": True}


@pytest.fixture
def account():
    """An account that is read."""
    return UserFactory.create(username="Barbara")


def the_event():
    """Return the only event that there is."""
    return ProvisioningEvent.objects.get()


def query(**parameters):
    """Return a SearchRequest."""
    return {"schemas": [SEARCH_REQUEST], **parameters}


def count_queries(request, *args):
    """Return how many queries a request takes whose token has just been used."""
    request(*args)
    with CaptureQueriesContext(database) as queries:
        request(*args)
    return len(queries)


@pytest.mark.usefixtures("recorded")
class TestReadOfAResource:
    def test_a_read_of_a_resource_is_an_event(self, scim, account):
        response = scim.get(path_of(account), {"attributes": "userName,externalId"}, **{"X-Request-ID": "r1"})

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("read", "success", 200)
        assert (event.resource_type, event.resource_id) == ("User", id_of(account))
        assert (event.display, event.display_key) == ("Barbara", "barbara")
        assert (event.connection, event.token, event.request_id) == (scim.connection, scim.stored, "r1")
        assert (event.method, event.request, event.changes) == ("GET", None, {})
        assert event.path == f"{path_of(account)}?attributes=userName%2CexternalId"
        assert event.version == response["ETag"]

    def test_a_read_of_a_resource_has_the_external_id_of_the_answer(self, scim):
        created = scim.post("/Users", user("barbara", externalId="b1")).json()

        scim.get(f"/Users/{created['id']}")

        assert ProvisioningEvent.objects.get(operation="read").external_id == "b1"

    def test_a_read_of_a_resource_is_an_event_if_the_client_has_the_version_already(self, scim, account):
        version = scim.get(path_of(account))["ETag"]
        ProvisioningEvent.objects.all().delete()

        response = scim.get(path_of(account), **{"If-None-Match": version})

        assert (response.status_code, the_event().status) == (304, 304)
        assert (the_event().operation, the_event().outcome) == ("read", "success")
        assert (the_event().resource_id, the_event().version) == (id_of(account), version)

    def test_a_read_of_a_resource_is_an_event_if_only_the_headers_are_asked_for(self, scim, account):
        scim.request("HEAD", path_of(account))

        assert (the_event().operation, the_event().method, the_event().display) == ("read", "HEAD", "Barbara")

    def test_a_read_of_a_resource_without_the_name_in_the_answer_has_none_in_the_history(self, scim, account):
        scim.get(path_of(account), {"attributes": "active"})

        assert (the_event().display, the_event().resource_id) == ("", id_of(account))

    def test_a_read_of_a_resource_that_finds_nothing_is_refused(self, scim):
        scim.get("/Groups/nobody")

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("read", "refused", 404)
        assert (event.resource_type, event.resource_id) == ("Group", "nobody")
        assert event.detail == "there is no Group with the id 'nobody'"

    def test_a_read_of_a_resource_takes_one_query_more(self, scim, settings, account):
        count = count_queries(scim.get, path_of(account))
        settings.DJANGO_SCIM = {}

        assert count == count_queries(scim.get, path_of(account)) + 1


@pytest.mark.usefixtures("recorded")
class TestQuery:
    @pytest.mark.parametrize(("path", "resource_type"), [("/Users", "User"), ("/Groups", "Group"), ("/", "")])
    def test_a_query_of_the_address_is_an_event_with_its_filter(self, scim, path, resource_type):
        UserFactory.create(), GroupFactory.create()

        scim.get(path, {"filter": 'externalId eq "1"', "count": "5"})

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("search", "success", 200)
        assert (event.resource_type, event.resource_id, event.display) == (resource_type, "", "")
        assert event.path == f"{path}?filter=externalId+eq+%221%22&count=5"

    @pytest.mark.parametrize(
        ("path", "resource_type"),
        [("/Users/.search", "User"), ("/Groups/.search", "Group"), ("/.search", "")],
    )
    def test_a_query_of_a_body_is_an_event_with_the_body(self, scim, path, resource_type):
        scim.post(path, query(filter='externalId eq "1"', count=5))

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("search", "success", 200)
        assert (event.method, event.path, event.resource_type) == ("POST", path, resource_type)
        assert event.request == query(filter='externalId eq "1"', count=5)

    def test_a_query_of_a_body_leaves_the_body_out_where_the_project_does_not_want_it(self, scim, settings):
        settings.DJANGO_SCIM = {"RECORD_READS": True, "RECORD_REQUESTS": False}

        scim.post("/Users/.search", query(count=5))

        assert the_event().request is None

    def test_a_query_that_cannot_be_answered_is_refused(self, scim):
        scim.get("/Users", {"filter": "userName is Barbara"})

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("search", "refused", 400)
        assert event.scim_type == "invalidFilter"

    @pytest.mark.parametrize("body", [b"{", b"[]", b'{"filter": 5}', b'{"filter": ["x"]}'], ids=repr)
    def test_a_query_of_a_body_that_is_no_query_is_refused(self, scim, body):
        assert_scim_error(scim.post("/Users/.search", body), 400, the_scim_type(scim, body))

        assert {event.outcome for event in ProvisioningEvent.objects.all()} == {"refused"}

    @pytest.mark.parametrize(
        ("path", "payload"), [("/Users", None), ("/Users/.search", query()), ("/", None)]
    )
    def test_a_query_takes_one_query_more(self, scim, settings, path, payload):
        method = "GET" if payload is None else "POST"
        count = count_queries(scim.request, method, path, payload)
        settings.DJANGO_SCIM = {}

        assert count == count_queries(scim.request, method, path, payload) + 1


def the_scim_type(scim, body):
    """Return how the same body is refused elsewhere."""
    return scim.post("/Groups/.search", body).json()["scimType"]


@pytest.mark.usefixtures("recorded")
class TestRefusal:
    def test_a_refusal_for_a_lack_of_scope_is_an_event(self, connection, account):
        groups_only = ScimClient(connection, "read", "groups")

        assert groups_only.get(path_of(account)).status_code == 403

        assert (the_event().operation, the_event().status) == ("read", 403)
        assert the_event().resource_id == id_of(account)

    def test_a_refusal_is_an_event_of_the_connection_that_asked(self, scim):
        other = ScimClient(ConnectionFactory.create())

        other.get("/Users/nobody")

        assert (the_event().connection, the_event().token) == (other.connection, other.stored)

    def test_a_refusal_for_too_many_requests_is_no_event(self, scim, settings, shared_cache):
        throttles = ["tests.api.hosts.TwoRequests"]
        settings.DJANGO_SCIM = {"RECORD_READS": True, "THROTTLE_CLASSES": throttles}

        answers = [scim.get("/Users").status_code for _ in range(3)]

        assert answers == [200, 200, 429]
        assert list(ProvisioningEvent.objects.values_list("status", flat=True)) == [200, 200]

    def test_a_refusal_for_what_nobody_foresaw_is_an_event_that_tells_nothing(self, scim, settings):
        permissions = ["tests.api.hosts.Broken"]
        settings.DJANGO_SCIM = {"RECORD_READS": True, "PERMISSION_CLASSES": permissions}

        scim.client.raise_request_exception = False

        scim.get("/Users")

        assert (the_event().status, the_event().outcome) == (500, "refused")
        assert "swordfish" not in the_event().detail

    def test_a_refusal_of_somebody_unknown_is_none(self, anonymous):
        anonymous.get("/scim/v2/Users")
        anonymous.get("/scim/v2/Users", headers={"Authorization": "Bearer scim_unknown"})

        assert not ProvisioningEvent.objects.exists()


class TestMe:
    @pytest.fixture(autouse=True)
    def own_account(self, db, settings):
        """A host whose clients may be accounts."""
        settings.DJANGO_SCIM = {
            "RECORD_READS": True,
            "AUTHENTICATION_CLASSES": ["tests.api.acting.OwnAccount"],
        }

    def test_a_read_of_me_is_the_read_of_the_resource_that_it_stands_for(self, anonymous, account):
        anonymous.get("/scim/v2/Me", {"attributes": "userName"}, headers={"X-Account": "Barbara"})

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("read", "success", 200)
        assert (event.resource_type, event.resource_id, event.display) == ("User", id_of(account), "Barbara")
        assert (event.path, event.token) == ("/Me?attributes=userName", None)

    def test_a_read_of_me_of_a_client_that_acts_for_nobody_is_refused(self, scim, settings):
        settings.DJANGO_SCIM = {"RECORD_READS": True}

        scim.get("/Me")

        event = the_event()
        assert (event.operation, event.outcome, event.status) == ("read", "refused", 501)
        assert (event.resource_type, event.resource_id, event.path) == ("", "", "/Me")


@pytest.mark.usefixtures("recorded")
class TestSecrets:
    @pytest.mark.parametrize(
        "parameters",
        [
            {"filter": f'password eq "{SECRET}"'},
            {"filter": f'userName eq "a" or PASSWORD eq "{SECRET}"'},
            {"filter": f'urn:ietf:params:scim:schemas:core:2.0:User:password eq "{SECRET}"'},
            {"filter": f'password[value eq "{SECRET}"]'},
            {"sortBy": f'password[value eq "{SECRET}"]'},
            {"attributes": f'password[value eq "{SECRET}"]'},
        ],
        ids=repr,
    )
    @pytest.mark.parametrize("is_body", [False, True], ids=["address", "body"])
    @pytest.mark.parametrize("path", ["/Users", ""], ids=["Users", "root"])
    def test_secrets_are_kept_nowhere(self, scim, parameters, is_body, path):
        if is_body:
            response = scim.post(f"{path}/.search", query(**parameters))
        else:
            response = scim.get(path or "/", parameters)

        told = serializers.serialize("json", ProvisioningEvent.objects.all())
        assert response.status_code in (200, 400)
        assert (ProvisioningEvent.objects.count(), REDACTED in told) == (1, True)
        assert SECRET not in told

    @pytest.mark.parametrize(
        "body",
        [
            {"filter": [f'password eq "{SECRET}"']},
            {"filter": {f'password eq "{SECRET}"': 1}},
            {"filter": {"password": SECRET}},
            {"attributes": ["userName", f'password eq "{SECRET}"']},
        ],
        ids=repr,
    )
    def test_secrets_are_kept_nowhere_of_a_body_that_is_no_query_either(self, scim, body):
        scim.post("/Users/.search", query(**body))

        assert REDACTED in json.dumps(the_event().request)
        assert SECRET not in serializers.serialize("json", [the_event()])


class TestWhatIsNotRecorded:
    @pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/nowhere"])
    def test_discovery_is_not_recorded(self, scim, recorded, path):
        scim.get(path)

        assert not ProvisioningEvent.objects.exists()

    def test_the_question_which_methods_there_are_is_not_recorded(self, scim, recorded):
        scim.request("OPTIONS", "/Users")

        assert not ProvisioningEvent.objects.exists()

    def test_a_read_is_not_recorded_where_the_project_does_not_ask_for_it(self, scim, account):
        scim.get(path_of(account))
        scim.get("/Users")
        scim.get("/")
        scim.get("/Users/nobody")
        scim.post("/.search", query())

        assert not ProvisioningEvent.objects.exists()

    def test_the_answer_to_a_write_is_not_recorded_as_a_read(self, scim, recorded):
        scim.post("/Users", user("barbara"))

        assert the_event().operation == "create"

    def test_reads_are_left_out_of_the_counts_of_writes(self, scim, recorded):
        scim.get("/Users")
        scim.get("/Users/nobody")

        roll_up()

        assert ProvisioningEvent.objects.count() == 2
        assert not EventCount.objects.exists()


@pytest.mark.usefixtures("recorded")
class TestEventThatCannotBeWritten:
    @pytest.fixture(autouse=True)
    def full_disk(self, db):
        """A database that takes no event."""

        def fail(**kwargs):
            raise DatabaseError("the disk is full")

        pre_save.connect(fail, sender=ProvisioningEvent)
        yield
        pre_save.disconnect(fail, sender=ProvisioningEvent)

    def test_an_event_that_cannot_be_written_is_logged_and_the_client_reads_its_answer(
        self, scim, account, caplog
    ):
        response = scim.get(path_of(account))

        assert (response.status_code, response.json()["userName"]) == (200, "Barbara")
        (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
        assert record.getMessage() == "the event of a read could not be written"

    def test_an_event_that_cannot_be_written_is_logged_and_the_client_reads_why_it_was_refused(
        self, scim, caplog
    ):
        assert_scim_error(scim.get("/Users/nobody"), 404)

        assert "the event of a refused request could not be written" in caplog.text


def test_the_duration_in_an_event_is_that_of_the_whole_read(scim, recorded, account, monkeypatch):
    seconds = iter(range(100))
    monkeypatch.setattr("django_scim.history.events.time.monotonic", lambda: next(seconds))

    scim.get(path_of(account))

    assert the_event().duration == 1000
