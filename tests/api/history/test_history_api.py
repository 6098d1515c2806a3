"""/history: the events as JSON, for a system that collects them."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.request import Request

from django_scim.api.history.filters import EventFilterSet
from django_scim.api.history.identifiers import masked, unmasked
from django_scim.models import ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM, HttpsClient, ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.representations import group, id_of, member, path_of, user

HISTORY = f"{ROOT}/history"
NOON = datetime(2025, 6, 30, 12, 0, 0, 123456, tzinfo=UTC)
FAR_BACK = "2020-01-01T00:00:00Z"


def make_event(**attributes):
    """Make an event of the past hour."""
    return ProvisioningEvent.objects.create(
        **{
            "request_id": "1",
            "operation": "create",
            "resource_type": "User",
            "outcome": "success",
            "status": 201,
            **attributes,
        }
    )


def make_events(count, **attributes):
    """Make events, a second after each other; return their keys, the newest first."""
    time = attributes.pop("time", timezone.now() - timedelta(hours=1))
    made = [make_event(time=time + timedelta(seconds=index), **attributes) for index in range(count)]
    return [event.pk for event in reversed(made)]


def ids(response):
    """Return the ids of the events on a page."""
    assert response.status_code == 200, response.content
    return [key_of(event) for event in response.json()["results"]]


def key_of(event):
    """Return the key of an event of an answer, which a token has masked."""
    return unmasked(event["id"]) if isinstance(event["id"], str) else event["id"]


def walk(client, address, **headers):
    """Return the pages from an address on."""
    pages = []
    while address is not None:
        page = client.get(address, headers=headers).json()
        pages.append([key_of(event) for event in page["results"]])
        address = page["next"]
    return pages


@pytest.fixture
def siem(connection):
    """A collector with a token of one connection."""
    return ScimClient(connection, "history")


@pytest.fixture
def staff(db):
    """Somebody who supports the project, signed in, who may view events and nothing else."""
    account = UserFactory.create(is_staff=True)
    account.user_permissions.add(Permission.objects.get(codename="view_provisioningevent"))
    client = HttpsClient()
    client.force_login(account)
    return client


@pytest.fixture
def get(staff):
    """Asks for the history as staff."""

    def asked(**parameters):
        return staff.get(HISTORY, parameters)

    return asked


class TestEvent:
    def test_an_event_of_a_write_tells_all_that_is_known_but_the_request(self, scim, siem):
        scim.post("/Users", user("Barbara", externalId="b1"), **{"X-Request-ID": "r1"})

        (found,) = siem.get("/history").json()["results"]

        event = ProvisioningEvent.objects.get()
        assert key_of(found) == event.pk
        assert found["time"] == event.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert found["connection"] == {"id": siem.connection.pk, "name": siem.connection.name}
        assert (found["requestId"], found["method"], found["path"]) == ("r1", "POST", "/Users")
        assert (found["operation"], found["outcome"], found["status"]) == ("create", "success", 201)
        assert (found["resourceType"], found["resourceId"]) == ("User", event.resource_id)
        assert (found["display"], found["externalId"]) == ("Barbara", "b1")
        assert found["changes"]["userName"] == {"after": "Barbara"}
        assert found["deactivated"] is False
        assert "request" not in found

    def test_an_event_has_the_request_if_it_is_asked_for(self, scim, siem):
        scim.post("/Users", user("barbara"))

        (found,) = siem.get("/history", {"include": "request"}).json()["results"]

        assert found["request"] == user("barbara")

    def test_an_event_can_be_read_alone_with_its_request(self, scim, siem):
        scim.post("/Users", user("barbara"))
        (listed,) = siem.get("/history").json()["results"]

        found = siem.get(f"/history/{listed['id']}").json()

        assert found == {**listed, "request": user("barbara")}

    @pytest.mark.parametrize("key", ["0", "999999", "9" * 18, "9" * 19, "9" * 5000, "x", "-1", "1.0", "1%00"])
    def test_an_event_that_there_is_not_is_404(self, siem, key):
        make_event(connection=siem.connection)

        assert_scim_error(siem.get(f"/history/{key}"), 404)

    def test_an_event_of_a_connection_that_is_no_more_is_still_there(self, get):
        event = make_event()

        (found,) = get().json()["results"]

        assert (key_of(found), found["connection"]) == (event.pk, None)

    @pytest.mark.parametrize("number", [2**63, 2**64, 10**30, -(10**30)])
    def test_an_event_may_hold_numbers_of_any_size(self, get, staff, number):
        event = make_event(changes={"count": {"after": number}}, request={"count": number})

        (found,) = get(include="request").json()["results"]

        assert found["changes"] == {"count": {"after": number}}
        assert found["request"] == {"count": number}
        assert staff.get(f"{HISTORY}/{event.pk}").json()["changes"] == {"count": {"after": number}}

    def test_an_event_has_its_time_in_utc_whatever_the_zone_of_the_project(self, get, settings):
        settings.TIME_ZONE = "Asia/Tokyo"
        make_event(time=NOON)

        (found,) = get().json()["results"]

        assert found["time"] == "2025-06-30T12:00:00.123456Z"


class TestToken:
    def test_a_token_with_the_scope_reads_the_events_of_its_connection_alone(self, siem):
        own = make_event(connection=siem.connection)
        other = make_event(connection=ConnectionFactory.create())
        orphan = make_event()

        assert ids(siem.get("/history")) == [own.pk]
        assert siem.get(f"/history/{masked(own.pk)}").status_code == 200
        for event in (other, orphan):
            assert_scim_error(siem.get(f"/history/{masked(event.pk)}"), 404)

    def test_a_token_cannot_ask_for_another_connection_nor_learn_of_it(self, siem):
        other = ConnectionFactory.create(name="Okta")
        make_event(connection=other)

        unknown = assert_scim_error(siem.get("/history", {"connection": "999999"}), 400, "invalidValue")
        told = assert_scim_error(siem.get("/history", {"connection": other.pk}), 400, "invalidValue")
        named = assert_scim_error(siem.get("/history", {"connection_name": "Okta"}), 400, "invalidValue")

        assert told == unknown
        assert named.partition(": ")[2] == unknown.partition(": ")[2]

    @pytest.mark.parametrize("scopes", [["read"], ["write"], ["read", "write", "users", "groups"]])
    def test_a_token_without_the_scope_reads_nothing(self, connection, scopes):
        client, event = ScimClient(connection, *scopes), make_event(connection=connection)

        for path in ("/history", f"/history/{masked(event.pk)}"):
            assert "history" in assert_scim_error(client.get(path), 403)

    def test_a_token_for_the_history_alone_reads_no_resources(self, siem):
        assert_scim_error(siem.get("/Users"), 403)

    def test_a_token_for_some_resource_types_sees_the_events_of_those(self, connection, scim):
        scim.post("/Users", user("barbara"))
        scim.post("/Groups", group("Guides"))
        make_event(connection=connection, resource_type="", operation="search")
        client = ScimClient(connection, "history", "users")

        events = client.get("/history", {"time_after": ago(hours=1)}).json()["results"]

        assert [event["display"] for event in events] == ["barbara"]
        hidden = ProvisioningEvent.objects.get(display="Guides")
        assert_scim_error(client.get(f"/history/{hidden.pk}"), 404)

    def test_a_token_for_resource_types_that_are_no_longer_served_sees_nothing(self, connection, settings):
        client = ScimClient(connection, "history", "groups")
        make_event(connection=connection, resource_type="Group")
        settings.DJANGO_SCIM = {"RESOURCES": {"Group": None}}

        for narrowed in ({}, {"outcome": "success"}, {"display": "guides"}):
            assert ids(client.get("/history", {"time_after": ago(hours=1), **narrowed})) == []

    @pytest.mark.parametrize("scopes", [["users"], ["users", "groups"]])
    def test_a_token_for_some_resource_types_needs_no_time(self, connection, scopes):
        events = [make_event(connection=connection).pk for _ in range(3)]
        make_event(connection=connection, resource_type="Device")
        client = ScimClient(connection, "history", *scopes)

        first = client.get("/history", {"page_size": 2})

        assert ids(first) == events[:0:-1]
        assert walk(client.client, first.json()["next"], Authorization=f"Bearer {client.token}") == [
            events[:1]
        ]

    @pytest.mark.parametrize("scopes", [["users"], ["users", "groups"]])
    def test_the_events_of_a_token_for_some_resource_types_are_found_by_an_index(
        self, rf, connection, scopes
    ):
        make_event(connection=connection)
        request = Request(rf.get(HISTORY))
        filters = EventFilterSet(request.query_params, ProvisioningEvent.objects.all(), request=request)
        assert filters.is_valid()

        selection = filters.selection({"connection_id": connection.pk}, ["User", "Group"][: len(scopes)])

        for branch in selection.branches:
            assert "scim_event_connection_type" in branch.first(100, ascending=False).explain()

    def test_a_token_for_groups_learns_no_names_of_users_from_events(self, connection, scim, settings):
        settings.DJANGO_SCIM = {"RECORD_READS": True}
        account = UserFactory.create(username="barbara")
        named = {**member(account), "display": "barbara"}
        made = scim.post("/Groups", group("Guides", members=[named])).json()
        path = f"/Groups/{made['id']}"
        scim.patch(path, {"op": "remove", "path": 'members[display eq "barbara"]'})
        scim.patch(path, {"op": "remove", "path": 'members[display eq "barbara" and value eq "x"]'})
        scim.patch(path, {"op": "add", "path": "members", "value": [named]})
        scim.put(path, group("Guides", members=[named]))
        scim.get("/Groups", {"filter": 'members.display eq "barbara"'})
        scim.get("/Groups", {"filter": 'members[display zz "barbara"]'})
        scim.post("/Groups/.search", {"filter": 'members[display eq "barbara"]', "schemas": []})
        client = ScimClient(connection, "history", "groups")

        listed = client.get("/history", {"include": "request"})
        single = [client.get(f"/history/{number}") for number in ids(listed)]

        assert len(single) > 5
        assert "Guides" in listed.text
        assert id_of(account) in listed.text
        assert not [each.text for each in (listed, *single) if "barbara" in each.text]

    def test_a_token_for_users_learns_no_names_of_groups_from_events(self, connection, scim):
        scim.post("/Users", user("barbara", groups=[{"value": "1", "display": "Guides"}]))
        client = ScimClient(connection, "history", "users")

        listed = client.get("/history", {"include": "request"})

        assert "barbara" in listed.text
        assert "Guides" not in listed.text

    def test_a_token_for_both_types_reads_the_names_of_members(self, connection, scim):
        named = {**member(UserFactory.create(username="barbara")), "display": "barbara"}
        scim.post("/Groups", group("Guides", members=[named]))
        client = ScimClient(connection, "history", "groups", "users")

        (event,) = client.get("/history", {"include": "request"}).json()["results"]

        assert event["request"]["members"] == [named]

    def test_a_token_that_is_revoked_reads_nothing(self, siem):
        siem.stored.revoke()

        assert_scim_error(siem.get("/history"), 401)


class TestStaff:
    def test_staff_with_the_permission_reads_the_events_of_all_connections(self, get, staff):
        one = make_event(connection=ConnectionFactory.create())
        two = make_event(connection=ConnectionFactory.create())

        assert ids(get()) == [two.pk, one.pk]
        assert staff.get(f"{HISTORY}/{one.pk}").status_code == 200

    @pytest.mark.parametrize(
        ("attributes", "permission"),
        [
            ({"is_staff": True}, None),
            ({"is_staff": True}, "change_provisioningevent"),
            ({"is_staff": True}, "view_connection"),
            ({"is_staff": False}, "view_provisioningevent"),
        ],
    )
    def test_staff_that_lacks_something_reads_nothing(self, anonymous, attributes, permission):
        account = UserFactory.create(**attributes)
        if permission:
            account.user_permissions.add(Permission.objects.get(codename=permission))
        anonymous.force_login(account)
        event = make_event()

        for address in (HISTORY, f"{HISTORY}/{event.pk}"):
            assert "staff" in assert_scim_error(anonymous.get(address), 403)

    def test_staff_that_is_locked_is_not_known(self, staff):
        User.objects.update(is_active=False)

        assert_scim_error(staff.get(HISTORY), 401)

    def test_staff_may_be_authenticated_by_other_classes(self, anonymous, settings):
        settings.DJANGO_SCIM = {
            "HISTORY_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"]
        }
        account = User.objects.create_superuser("root", password="correct horse")
        credentials = b64encode(b"root:correct horse").decode()

        assert anonymous.get(HISTORY, headers={"Authorization": f"Basic {credentials}"}).status_code == 200
        anonymous.force_login(account)
        assert_scim_error(anonymous.get(HISTORY), 401)

    def test_staff_is_known_at_the_history_alone(self, staff):
        assert_scim_error(staff.get(f"{ROOT}/Users"), 401)

    def test_a_connection_that_the_project_authenticates_reads_no_history(
        self, anonymous, settings, connection
    ):
        settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": ["tests.api.hosts.NamedConnection"]}
        make_event(connection=connection)

        detail = assert_scim_error(anonymous.get(HISTORY, headers={"X-Connection": connection.name}), 403)

        assert "scope 'history'" in detail


class TestRequest:
    def test_a_request_of_nobody_is_401_with_a_challenge(self, anonymous):
        event = make_event()

        for address in (HISTORY, f"{HISTORY}/{event.pk}"):
            response = anonymous.get(address)
            assert_scim_error(response, 401)
            assert response["WWW-Authenticate"] == 'Bearer realm="SCIM"'

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_a_request_to_change_the_history_is_405(self, siem, method):
        event = make_event(connection=siem.connection)

        for path in ("/history", f"/history/{masked(event.pk)}"):
            assert_scim_error(siem.request(method, path, {}), 405)

        assert ProvisioningEvent.objects.get() == event

    def test_a_request_to_change_the_history_by_a_session_is_refused(self, staff):
        for method in ("post", "put", "patch", "delete"):
            assert_scim_error(getattr(staff, method)(HISTORY), 405)

    def test_a_request_for_another_media_type_is_406(self, siem):
        for path in ("/history", "/history/1"):
            assert_scim_error(siem.get(path, Accept="text/html"), 406)

    @pytest.mark.parametrize("media_type", ["application/json", SCIM])
    def test_a_request_for_json_is_answered_as_such(self, siem, media_type):
        assert siem.get("/history", Accept=media_type)["Content-Type"] == media_type

    @pytest.mark.parametrize("path", ["/history", "/history/"])
    def test_a_request_for_the_history_may_end_with_a_slash(self, siem, path):
        assert siem.get(path).status_code == 200

    def test_a_request_for_the_headers_alone_has_no_body(self, siem):
        response = siem.request("HEAD", "/history")

        assert (response.status_code, response.content) == (200, b"")

    def test_a_request_for_the_history_is_no_event_itself(self, siem, settings):
        settings.DJANGO_SCIM = {"RECORD_READS": True}

        siem.get("/history")

        assert not ProvisioningEvent.objects.exists()

    def test_a_request_for_the_history_beyond_the_limit_of_the_project_is_429(
        self, siem, settings, shared_cache
    ):
        settings.DJANGO_SCIM = {"THROTTLE_CLASSES": ["tests.api.hosts.TwoRequests"]}

        assert [siem.get("/history").status_code for _ in range(3)] == [200, 200, 429]


def ago(**age):
    """Return a time in the past as a parameter."""
    return (timezone.now() - timedelta(**age)).isoformat().replace("+00:00", "Z")


class TestFilter:
    """Each as staff; what else a filter needs to be answered is given with it."""

    @pytest.mark.parametrize(
        ("attribute", "value", "other"),
        [
            ("operation", "delete", "create"),
            ("outcome", "refused", "success"),
            ("status", 409, 400),
            ("scim_type", "uniqueness", "noTarget"),
            ("resource_type", "Group", "User"),
            ("resource_id", "2819c223", "2819c224"),
            ("external_id", "b1", "b2"),
            ("request_id", "r1", "r2"),
        ],
    )
    def test_a_filter_of_the_history_keeps_the_events_with_a_value(self, get, attribute, value, other):
        wanted = make_event(**{attribute: value})
        make_event(**{attribute: other})

        assert ids(get(**{attribute: value}, time_after=ago(hours=1))) == [wanted.pk]

    @pytest.mark.parametrize("attribute", ["resource_id", "external_id", "request_id"])
    def test_a_filter_of_the_history_of_an_identifier_is_case_exact_on_every_database(self, get, attribute):
        wanted = make_event(**{attribute: "Ab é"})
        for other in ("aB é", "Ab e", "Ab é ", " Ab é", "Ab"):
            make_event(**{attribute: other})

        assert ids(get(**{attribute: "Ab é"})) == [wanted.pk]

    def test_a_filter_of_the_history_by_connection_takes_its_key_or_its_name(self, get):
        one, two = ConnectionFactory.create(name="Okta"), ConnectionFactory.create(name="Entra ID")
        wanted = make_event(connection=one)
        make_event(connection=two), make_event()

        assert ids(get(connection=one.pk)) == [wanted.pk]
        assert ids(get(connection_name="Okta")) == [wanted.pk]
        assert ids(get(connection=two.pk, connection_name="Okta")) == []

    def test_a_filter_of_the_history_by_display_makes_no_difference_of_case(self, get):
        wanted = [make_event(display=name, display_key=name.lower()).pk for name in ("BJensen", "bjensen")]
        for name in ("bjense", "bjensén", "bjensen2"):
            make_event(display=name, display_key=name)

        assert sorted(ids(get(display="bJENSEN"))) == wanted

    def test_a_filter_of_the_history_by_display_finds_what_a_client_has_sent(self, scim, siem):
        name = "É" * 300
        scim.post("/Groups", group(name))

        assert len(ids(siem.get("/history", {"display": name.lower()}))) == 1

    @pytest.mark.parametrize(("value", "expected"), [("true", True), ("false", False)])
    def test_a_filter_of_the_history_tells_deactivations_from_other_events(self, get, value, expected):
        events = {flag: make_event(deactivated=flag) for flag in (True, False)}

        assert ids(get(deactivated=value, time_after=ago(hours=1))) == [events[expected].pk]

    @pytest.mark.parametrize(
        ("parameters", "expected"),
        [
            ({"time_after": "2025-06-30T12:00:00.123456Z"}, [2, 1]),
            ({"time_after": "2025-06-30T12:00:00.123457Z"}, [2]),
            ({"time_before": "2025-06-30T12:00:00.123456Z"}, [0]),
            ({"time_before": "2025-06-30T12:00:00.123457Z"}, [1, 0]),
            ({"time_after": "2025-06-30T11:59:59Z", "time_before": "2025-06-30T12:00:01Z"}, [1, 0]),
            ({"time_after": "2025-06-30T14:00:00.123456+02:00"}, [2, 1]),
            ({"time_after": "2025-06-30T12:00:00.123456"}, [2, 1]),
            ({"time_after": "2025-06-30"}, [2, 1, 0]),
            ({"time_after": "2025-07-01"}, []),
            ({"time_before": "2025-06-30"}, []),
        ],
    )
    def test_a_filter_of_the_history_by_time_takes_what_is_from_its_beginning_until_before_its_end(
        self, get, settings, parameters, expected
    ):
        settings.TIME_ZONE = "Asia/Tokyo"
        events = [make_event(time=NOON + timedelta(seconds=offset)).pk for offset in (-1, 0, 1)]

        assert ids(get(**parameters)) == [events[index] for index in expected]

    def test_a_filter_of_the_history_may_be_joined_with_others(self, get, connection):
        wanted = make_event(connection=connection, outcome="refused", status=409)
        make_event(connection=connection, outcome="refused", status=400)
        make_event(outcome="refused", status=409)

        found = get(connection=connection.pk, outcome="refused", status=409, time_after=ago(hours=1))

        assert ids(found) == [wanted.pk]


class TestWrongParameter:
    @pytest.mark.parametrize(
        ("parameters", "detail"),
        [
            ({"operations": "create"}, "there is no parameter 'operations'. Did you mean 'operation'?"),
            ({"format": "csv"}, "there is no parameter 'format'"),
            ({"status__gte": "400"}, "there is no parameter 'status__gte'"),
            ({"connection__name": "Okta"}, "there is no parameter 'connection__name'"),
            ({"request_id": ""}, "request_id has to have one value"),
            ({"request_id": ["a", "b"]}, "request_id has to have one value"),
            ({"operation": "patch"}, "operation: "),
            ({"operation": "CREATE"}, "operation: "),
            ({"outcome": "null"}, "outcome: "),
            ({"status": "4xx"}, "status: "),
            ({"status": "99"}, "status: "),
            ({"status": "600"}, "status: "),
            ({"status": "409.5"}, "status: "),
            ({"status": "9" * 5000}, "status: "),
            ({"deactivated": "1"}, "deactivated: "),
            ({"deactivated": "True"}, "deactivated: "),
            ({"connection": "x"}, "connection: "),
            ({"connection": "null"}, "connection: "),
            ({"connection": "9" * 5000}, "connection: "),
            ({"connection": "\0"}, "connection: "),
            ({"connection_name": "nobody"}, "connection_name: "),
            ({"connection_name": "\0"}, "connection_name: "),
            ({"display": "a\0"}, "display: "),
            ({"external_id": "\0"}, "external_id: "),
            ({"time_after": "yesterday"}, "time_after: "),
            ({"time_after": "2025-02-30"}, "time_after: "),
            ({"time_after": "2025-06-30T12:00:00 02:00"}, "time_after: "),
            ({"time_after": "1751284800"}, "time_after: "),
            ({"time_before": "0001-01-01T00:00:00+14:00"}, "time_before: "),
            ({"time_before": "9999-12-31T23:59:59-14:00"}, "time_before: "),
            ({"page_size": "0"}, "page_size has to be a whole number over 0"),
            ({"page_size": "-1"}, "page_size has to be a whole number over 0"),
            ({"page_size": "many"}, "page_size has to be a whole number over 0"),
            ({"page_size": "9" * 5000}, "page_size has to be a whole number over 0"),
            ({"include": "changes"}, "include can only be 'request'"),
        ],
        ids=lambda value: repr(value)[:60],
    )
    def test_a_wrong_parameter_is_400_and_says_which(self, get, parameters, detail):
        make_event()

        assert assert_scim_error(get(**parameters), 400, "invalidValue").startswith(detail)

    @pytest.mark.parametrize("parameters", [{"operation": "create"}, {"include": "request"}, {"x": "1"}])
    def test_any_parameter_of_one_event_is_a_wrong_one(self, staff, parameters):
        event = make_event()

        assert_scim_error(staff.get(f"{HISTORY}/{event.pk}", parameters), 400, "invalidValue")

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "é",
            "\0",
            "!",
            b64encode(b"p=yesterday").decode(),
            b64encode(b"p=").decode(),
            b64encode(b"p=0001-01-01T00:00:00%2B14:00+1").decode(),
            b64encode(b"p=9999-12-31T23:59:59-14:00+1").decode(),
            b64encode(b"p=%00").decode(),
            b64encode(b"o=-1").decode(),
            b64encode(b"o=x").decode(),
            b64encode(b"r=x").decode(),
            b64encode(b"o=" + b"9" * 5000).decode(),
            b64encode(b"o=5").decode(),
            b64encode(b"p=2025-06-30T12:00:00Z").decode(),
            b64encode(b"p=2025-06-30T12:00:00Z+x").decode(),
            b64encode(b"p=2025-06-30T12:00:00Z+-1").decode(),
            b64encode(b"p=2025-06-30T12:00:00Z+" + b"9" * 5000).decode(),
            b64encode(b"p=2025-06-30T12:00:00Z+1&o=-1").decode(),
        ],
    )
    def test_a_cursor_of_the_history_that_was_never_given_is_refused(self, get, cursor):
        make_event()

        assert_scim_error(get(cursor=cursor), 400, "invalidCursor")

    @hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from([*EventFilterSet.base_filters, "cursor", "page_size", "include"]),
            st.text(max_size=30),
            min_size=1,
            max_size=3,
        )
    )
    def test_a_wrong_parameter_of_any_kind_is_no_failure_of_the_server(self, staff, parameters):
        with transaction.atomic():
            response = staff.get(f"{HISTORY}?{urlencode(parameters, errors='replace')}")

        assert response.status_code in (200, 400)


class TestAccessByIndex:
    @pytest.mark.parametrize(
        "parameters",
        [
            {"status": "409"},
            {"deactivated": "true"},
            {"scim_type": "uniqueness"},
            {"outcome": "refused", "status": "409"},
            {"status": "409", "time_before": FAR_BACK},
            {"status": "409", "time_after": FAR_BACK},
            {"status": "409", "time_after": FAR_BACK, "time_before": "2020-02-02T00:00:00Z"},
        ],
    )
    def test_access_by_index_is_missing_for_what_would_read_the_whole_history(self, get, parameters):
        detail = assert_scim_error(get(**parameters), 400, "invalidValue")

        assert "time_after" in detail

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"time_after": FAR_BACK},
            {"time_before": FAR_BACK},
            {"outcome": "refused"},
            {"operation": "delete", "resource_type": "Group"},
            {"status": "409", "time_after": FAR_BACK, "time_before": "2020-01-31T00:00:00Z"},
            {"status": "409", "request_id": "r1"},
            {"status": "409", "display": "barbara"},
            {"status": "409", "external_id": "b1"},
            {"status": "409", "resource_id": "1"},
        ],
    )
    def test_access_by_index_is_there_for_the_rest(self, get, parameters):
        assert get(**parameters).status_code == 200

    @pytest.mark.parametrize(
        ("parameter", "index"),
        [
            ("display", "scim_event_display"),
            ("external_id", "scim_event_external_id"),
            ("request_id", "scim_event_request"),
            ("resource_id", "scim_event_resource"),
        ],
    )
    def test_access_by_index_finds_what_belongs_to_few_events_whatever_else_is_asked(
        self, rf, connection, parameter, index
    ):
        for number in range(300):
            text = str(number)
            make_event(connection=connection, display_key=text, external_id=text, request_id=text)
        others = f"connection={connection.pk}&status=409&resource_type=User&deactivated=true"

        request = Request(rf.get(f"{HISTORY}?{parameter}=7&{others}"))
        filters = EventFilterSet(request.query_params, ProvisioningEvent.objects.all(), request=request)

        assert filters.is_valid()
        (branch,) = filters.selection({}).branches
        assert index in branch.first(100, ascending=False).explain()

    def test_access_by_index_is_there_for_what_a_token_may_see(self, siem):
        assert siem.get("/history", {"time_after": FAR_BACK}).status_code == 200
        assert siem.get("/history", {"connection": siem.connection.pk}).status_code == 200
        assert siem.get("/history", {"outcome": "refused"}).status_code == 200
        assert_scim_error(siem.get("/history", {"status": "409"}), 400, "invalidValue")


class TestPages:
    def test_pages_of_the_history_have_the_newest_events_first(self, get):
        events = make_events(3)

        assert ids(get()) == events

    def test_pages_of_the_history_lead_to_each_other_in_both_directions(self, staff):
        events = make_events(7)

        pages = walk(staff, f"{HISTORY}?page_size=3")

        assert pages == [events[:3], events[3:6], events[6:]]
        first = staff.get(HISTORY, {"page_size": 3}).json()
        second = staff.get(first["next"]).json()
        back = staff.get(second["previous"]).json()
        assert (first["previous"], back["results"]) == (None, first["results"])
        assert staff.get(back["next"]).json()["results"] == second["results"]

    def test_pages_of_the_history_keep_the_filters(self, staff, connection):
        wanted = make_events(5, connection=connection)
        make_events(5)

        pages = walk(staff, f"{HISTORY}?page_size=2&connection={connection.pk}")

        assert pages == [wanted[:2], wanted[2:4], wanted[4:]]

    def test_pages_of_the_history_stay_as_they_are_while_events_come_in(self, siem):
        events = make_events(6, connection=siem.connection)
        first = siem.get("/history", {"page_size": 2}).json()
        make_events(5, connection=siem.connection, time=timezone.now())

        rest = walk(siem.client, first["next"], Authorization=f"Bearer {siem.token}")

        assert rest == [events[2:4], events[4:]]

    def test_pages_of_the_history_stay_as_they_are_while_old_events_are_pruned(self, staff):
        events = make_events(6)
        first = staff.get(HISTORY, {"page_size": 2}).json()
        ProvisioningEvent.objects.filter(pk__in=events[-2:]).delete()

        assert walk(staff, first["next"]) == [events[2:4]]

    @pytest.mark.parametrize("size", [1, 2, 3, 10])
    def test_pages_of_the_history_have_each_of_several_events_of_the_same_time_once(self, staff, size):
        for offset in (0, 1, 1, 1, 1, 1, 2):
            make_event(time=NOON + timedelta(seconds=offset))

        found = [event for page in walk(staff, f"{HISTORY}?page_size={size}") for event in page]

        assert found == list(ProvisioningEvent.objects.order_by("-time", "-pk").values_list("pk", flat=True))

    def test_pages_of_the_history_have_as_many_events_as_the_settings_say(self, get, settings):
        settings.DJANGO_SCIM = {"DEFAULT_PAGE_SIZE": 2, "MAX_HISTORY_PAGE": 4}
        make_events(6)

        assert len(ids(get())) == 2
        assert len(ids(get(page_size=3))) == 3
        assert len(ids(get(page_size=1000))) == 4

    def test_pages_of_the_history_take_the_same_queries_whatever_their_size(self, siem):
        for _ in range(20):
            make_event(connection=siem.connection, token=siem.stored, request={"a": 1})
        siem.get("/history")

        counts = []
        for size in (1, 20):
            for include in ({}, {"include": "request"}):
                with CaptureQueriesContext(database) as queries:
                    assert len(ids(siem.get("/history", {"page_size": size, **include}))) == size
                counts.append(len(queries))

        assert counts == [3, 3, 3, 3]

    def test_pages_of_the_history_leave_requests_in_the_database(self, siem):
        make_event(connection=siem.connection, request={"a": 1})

        with CaptureQueriesContext(database) as queries:
            siem.get("/history")

        column = database.ops.quote_name("request")
        assert not [query["sql"] for query in queries if f".{column}" in query["sql"]]

    def test_pages_of_the_history_are_empty_without_events(self, get):
        assert get().json() == {"next": None, "previous": None, "results": []}


def test_reads_of_resources_are_in_the_history_if_they_are_recorded(scim, siem, settings):
    settings.DJANGO_SCIM = {"RECORD_READS": True}
    account = UserFactory.create(username="Barbara")

    scim.get(path_of(account))

    (found,) = siem.get("/history").json()["results"]
    assert (found["operation"], found["display"]) == ("read", "Barbara")
