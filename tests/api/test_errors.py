"""Whatever goes wrong, the answer is a SCIM error body (RFC 7644 section 3.12), and never a crash."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

import orjson
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.db.models.signals import pre_save

from django_scim.models import Connection, ProvisioningEvent
from tests.api.endpoints import COLLECTION_METHODS, RESOURCE_METHODS
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM, HttpsClient
from tests.factories import GroupFactory, UserFactory, managed
from tests.messages import PATCH_OP, patch_op
from tests.representations import GROUP, USER, group, path_of, user


def writes():
    """Return each address that takes a body, with the method."""
    account, team = UserFactory.create(), GroupFactory.create()
    return [
        ("POST", "/Users"),
        ("PUT", path_of(account)),
        ("PATCH", path_of(account)),
        ("POST", "/Groups"),
        ("PUT", path_of(team)),
        ("PATCH", path_of(team)),
    ]


class TestSyntax:
    """A body that is no JSON object, or none that a database can hold."""

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b" ",
            b"{",
            b'{"userName": "barbara"',
            b'{"userName": "barbara",}',
            b"{'userName': 'barbara'}",
            b'{"userName": "barbara"} {"userName": "barbara"}',
            b"userName=barbara",
            b"<User><userName>barbara</userName></User>",
            b"null",
            b"true",
            b"1",
            b'"barbara"',
            b'{"userName": NaN}',
            b'{"userName": Infinity}',
            b'{"userName": -Infinity}',
            b'{"userName": 1e400}',
            b'{"userName": 01}',
            b'{"userName": "bar\nbara"}',
            b'{"userName": "\xff\xfe"}',
            b'{"userName": "\xed\xa0\x80"}',  # a surrogate in UTF-8
            b'{"userName": "\\ud800"}',  # half of a surrogate pair
            b'{"userName": "\\udc00\\ud800"}',
            b'{"\\ud800": "barbara"}',
            '{"userName": "barbara"}'.encode("utf-16"),
            b"\xef\xbb\xbf",
            b"\x00",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b'{"a":' * 40 + b"1" + b"}" * 40,
            b'{"a":' + b"[" * 500 + b"]" * 500 + b"}",
        ],
        ids=lambda body: repr(body[:30]),
    )
    def test_a_body_that_is_no_json_object_is_refused(self, send, body):
        for method, path in writes():
            assert_scim_error(send(method, path, body), 400, "invalidSyntax")

    @pytest.mark.parametrize("body", [b"[]", b'[{"userName": "barbara"}]'])
    def test_a_list_is_refused_unless_it_may_be_the_operations_of_a_patch(self, send, body):
        for method, path in writes():
            if method != "PATCH":
                assert_scim_error(send(method, path, body), 400, "invalidSyntax")

    @pytest.mark.parametrize(
        "document",
        [
            {"userName": "bar\0bara"},
            {"name": {"givenName": "\0"}},
            {"emails": [{"value": "\0"}]},
            {"\0": 1},
            {"urn:example:unknown": {"a": [{"b": "\0"}]}},
        ],
        ids=repr,
    )
    def test_the_character_nul_is_refused_wherever_it_is(self, send, document):
        for method, path in writes():
            assert_scim_error(send(method, path, document), 400, "invalidValue")

    @pytest.mark.parametrize("number", ["9" * 30, "-" + "9" * 30, "1.5", "1e300", "9" * 4000, "-0.0"])
    def test_a_number_of_any_size_is_the_wrong_type_of_a_text(self, send, number):
        body = f'{{"schemas":["{USER}"],"userName":"a","title":{number}}}'.encode()

        response = send("POST", "/Users", body)

        assert response.status_code == 400
        assert response.json()["scimType"] in ("invalidValue", "invalidSyntax")
        assert not User.objects.exists()

    def test_a_body_whose_length_nobody_knows_is_not_taken_for_an_empty_one(self, scim):
        response = scim.client.generic(
            "POST",
            f"{ROOT}/Users",
            headers={
                "Authorization": f"Bearer {scim.token}",
                "Content-Type": SCIM,
                "Transfer-Encoding": "chunked",
            },
        )

        assert_scim_error(response, 411)


WRONG_USERS = [
    {"schemas": [1]},
    {"schemas": [[USER]]},
    {"schemas": ["urn:example:unknown"]},
    {"schemas": [GROUP]},
    {"userName": None},
    {"userName": ""},
    {"userName": True},
    {"userName": True},
    {"userName": ["barbara"]},
    {"userName": {"value": "barbara"}},
    {"userName": "x" * 151},
    {"externalId": True},
    {"externalId": {}},
    {"externalId": "x" * 501},
    {"active": "perhaps"},
    {"active": 2},
    {"active": {}},
    {"name": "Barbara"},
    {"name": ["Barbara"]},
    {"name": {"givenName": True}},
    {"name": {"givenName": {}}},
    {"name": {"givenName": ["Barbara"]}},
    {"name": {"givenName": "x" * 151}},
    {"emails": 1},
    {"emails": [1]},
    {"emails": [{"value": 1}]},
    {"emails": [{"value": {}}]},
    {"emails": [{"value": "b@example.com", "primary": "perhaps"}]},
    {"emails": [{"value": "a@b.com", "primary": True}, {"value": "c@d.com", "primary": True}]},
    {"emails": [{"value": "no address"}]},
    {"password": 1},
    {"password": ["correct horse"]},
    {"password": "short"},
    {"title": {}},
    {"addresses": [{"country": {}}]},
    {"x509Certificates": [{"value": 1}]},
    {"photos": [{"value": {}}]},
    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": "Sales"},
    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": ["Sales"]},
    {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": True}},
]
WRONG_GROUPS = [
    {"displayName": None},
    {"displayName": True},
    {"displayName": "x" * 151},
    {"members": "1"},
    {"members": 1},
    {"members": {"value": "1"}},
    {"members": ["1"]},
    {"members": [1]},
    {"members": [{"value": 1}]},
    {"members": [{"value": {}}]},
    {"members": [{"value": "none"}]},
    {"members": [{"value": "00000000-0000-0000-0000-000000000000"}]},
    {"members": [{"$ref": 1}]},
    {"members": [{"value": "\u00e9" * 5000}]},
]
WRONG_PATCHES = [
    {},
    {"schemas": [PATCH_OP]},
    {"schemas": [PATCH_OP], "Operations": None},
    {"schemas": [PATCH_OP], "Operations": {}},
    {"schemas": [PATCH_OP], "Operations": "replace"},
    patch_op(None),
    patch_op("replace"),
    {"schemas": [PATCH_OP], "Operations": [[]]},
    patch_op({}),
    patch_op({"op": None, "path": "title", "value": "x"}),
    patch_op({"op": 1, "path": "title", "value": "x"}),
    patch_op({"op": "move", "path": "title", "value": "x"}),
    patch_op({"op": ["replace"], "path": "title", "value": "x"}),
    patch_op({"op": "remove"}),
    patch_op({"op": "add"}),
    patch_op({"op": "replace", "path": 1, "value": "x"}),
    patch_op({"op": "replace", "path": {}, "value": "x"}),
    patch_op({"op": "replace", "path": ["displayName"], "value": "x"}),
    patch_op({"op": "replace", "path": "[", "value": "x"}),
    patch_op({"op": "replace", "path": "displayName[", "value": "x"}),
    patch_op({"op": "replace", "path": "displayName[value eq", "value": "x"}),
    patch_op({"op": "replace", "path": "displayName.", "value": "x"}),
    patch_op({"op": "replace", "path": "displayName..x", "value": "x"}),
    patch_op({"op": "replace", "path": "(" * 3000, "value": "x"}),
    patch_op({"op": "replace", "path": "displayName", "value": {}}),
    patch_op({"op": "replace", "path": "displayName", "value": ["x", "y"]}),
    patch_op({"op": "replace", "path": "displayName", "value": True}),
    patch_op({"op": "replace", "value": "x"}),
    patch_op({"op": "replace", "value": ["x"]}),
    patch_op({"op": "replace", "value": {"displayName": {}}}),
]


class TestValues:
    """JSON of the wrong shape, at every level."""

    @pytest.mark.parametrize("wrong", WRONG_USERS, ids=lambda wrong: repr(wrong)[:60])
    def test_values_of_the_wrong_type_in_a_user_are_refused(self, send, wrong):
        account = managed(Connection.objects.get(), UserFactory.create(username="before"))

        for method, path in (("POST", "/Users"), ("PUT", path_of(account))):
            response = send(method, path, {**user("barbara"), **wrong})
            assert response.status_code == 400, response.content
            assert_scim_error(response, 400, response.json()["scimType"])
            assert response.json()["scimType"] in ("invalidValue", "invalidSyntax")
        assert [each.username for each in User.objects.all()] == ["before"]

    @pytest.mark.parametrize("wrong", WRONG_GROUPS, ids=lambda wrong: repr(wrong)[:60])
    def test_values_of_the_wrong_type_in_a_group_are_refused(self, send, wrong):
        team = GroupFactory.create(name="before")

        for method, path in (("POST", "/Groups"), ("PUT", path_of(team))):
            response = send(method, path, {**group("Guides"), **wrong})
            assert response.status_code == 400, response.content
            assert_scim_error(response, 400, response.json()["scimType"])
        team.refresh_from_db()
        assert team.name == "before"

    @pytest.mark.parametrize("wrong", WRONG_PATCHES, ids=lambda wrong: repr(wrong)[:90])
    def test_values_of_the_wrong_type_in_a_patch_are_refused(self, send, wrong):
        for row in (UserFactory.create(), GroupFactory.create()):
            response = send("PATCH", path_of(row), wrong)
            assert response.status_code == 400, response.content
            assert_scim_error(response, 400, response.json()["scimType"])

    def test_values_that_no_attribute_has_a_place_for_are_ignored(self, send):
        unknown = {"urn:example:unknown": {"a": [1, {"b": None}]}, "petName": "Babs", "": 1, "a.b": 1}

        response = send("POST", "/Users", {**user("barbara"), **unknown})

        assert response.status_code == 201
        assert not set(unknown) & set(response.json())


class TestAddresses:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
    @pytest.mark.parametrize(
        "path",
        ["/nothing", "/Users/1/2", "/users", "/Users/1//2", "/Users/1/.search", "/Devices/1", "/%00", "/.."],
    )
    def test_addresses_that_lead_nowhere_are_404_whoever_asks(self, anonymous, method, path):
        response = anonymous.generic(method, f"{ROOT}{path}")

        if method == "HEAD":
            assert response.status_code == 404
        else:
            assert_scim_error(response, 404)

    @pytest.mark.parametrize(
        "identifier",
        [
            "none",
            "1",
            "-1",
            "0",
            "67fbf7bb-a602-8000-8000-0000000fffff",
            "67FBF7BB-A602-8000-8000-0000000FFFFF",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "%7B67fbf7bb-a602-8000-8000-000000000001%7D",
            "urn:uuid:67fbf7bb-a602-8000-8000-000000000001",
            "%00",
            "%0A",
            "%20",
            "%F0%9F%98%80",
            "%ED%A0%80",
            "%FF",
            "'%20OR%201=1",
            "x" * 5000,
        ],
        ids=lambda identifier: identifier[:40],
    )
    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    def test_addresses_of_an_id_that_nothing_has_are_404(self, send, kind, method, identifier):
        kind.row()
        payloads = {
            "PUT": kind.body("renamed"),
            "PATCH": patch_op({"op": "replace", "path": kind.attribute, "value": "renamed"}),
        }

        response = send(method, f"{kind.endpoint}/{identifier}", payloads.get(method))

        assert_scim_error(response, 404)

    def test_addresses_of_another_resource_type_are_404(self, send):
        account = UserFactory.create()

        assert_scim_error(send("GET", path_of(account).replace("/Users", "/Groups")), 404)


class TestMethods:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
    def test_methods_that_a_collection_does_not_have_are_405(self, send, kind, method):
        response = send(method, kind.endpoint, b"{}")

        assert_scim_error(response, 405)
        assert set(response.headers["Allow"].split(", ")) == COLLECTION_METHODS

    @pytest.mark.parametrize("method", ["POST", "TRACE", "PROPFIND"])
    def test_methods_that_a_resource_does_not_have_are_405(self, send, kind, method):
        response = send(method, path_of(kind.row()), kind.body("renamed"))

        assert_scim_error(response, 405)
        assert set(response.headers["Allow"].split(", ")) == RESOURCE_METHODS

    def test_methods_cannot_be_smuggled_in(self, send):
        account = UserFactory.create()

        response = send("POST", path_of(account), b"{}", X_HTTP_Method_Override="DELETE")

        assert_scim_error(response, 405)
        assert User.objects.filter(pk=account.pk, is_active=True).exists()


class TestMediaTypes:
    @pytest.mark.parametrize(
        "media_type",
        [
            "text/plain",
            "text/json",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/scim",
            "application",
            "nonsense",
            "/",
            "x" * 5000,
        ],
        ids=lambda media_type: media_type[:40],
    )
    def test_media_types_of_a_body_that_the_server_cannot_read_are_415(self, send, media_type):
        for method, path in writes():
            response = send(method, path, user("barbara"), media_type)
            assert_scim_error(response, 415)
        assert not User.objects.filter(username="barbara").exists()

    @pytest.mark.parametrize(
        "accept", ["text/html", "application/xml", "text/*", "image/png, text/html;q=0.9", "nonsense"]
    )
    def test_media_types_of_an_answer_that_the_server_cannot_give_are_406(self, scim, kind, accept):
        assert_scim_error(scim.get(kind.endpoint, Accept=accept), 406)
        assert_scim_error(scim.post(kind.endpoint, kind.body("new"), Accept=accept), 406)
        assert scim.get(kind.endpoint).json()["totalResults"] == 0


class TestSize:
    def test_a_body_over_the_limit_is_refused(self, send, settings):
        settings.DJANGO_SCIM = {"MAX_PAYLOAD_SIZE": 1000}

        for method, path in writes():
            assert_scim_error(send(method, path, {"padding": "x" * 1000}), 413)

    def test_a_body_at_the_limit_is_accepted(self, send, settings):
        body = orjson.dumps(user("barbara", padding="x" * 100))
        settings.DJANGO_SCIM = {"MAX_PAYLOAD_SIZE": len(body)}

        assert send("POST", "/Users", body).status_code == 201
        assert_scim_error(send("POST", "/Users", body + b" "), 413)

    def test_the_limit_of_a_body_is_not_that_of_django_s_forms(self, send, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

        assert send("POST", "/Users", user("barbara", padding="x" * 1000)).status_code == 201

    def test_a_body_that_middleware_has_read_is_bounded_by_django(self, send, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.api.middleware.reads_the_body"]

        assert send("POST", "/Users", user("barbara")).status_code == 201
        # Django answers before any view.
        assert send("POST", "/Users", user("barbara", padding="x" * 1000)).status_code in (400, 413)

    def test_a_query_string_is_bounded_by_django(self, scim, settings):
        settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10

        response = scim.get("/Users", {f"parameter{number}": "x" for number in range(11)})

        assert_scim_error(response, 400, "invalidSyntax")

    def test_the_operations_of_a_patch_are_bounded(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_PATCH_OPERATIONS": 2}
        operation = {"op": "replace", "path": "displayName", "value": "renamed"}
        path = path_of(UserFactory.create())

        assert scim.patch(path, *[operation] * 2).status_code == 200
        assert_scim_error(scim.patch(path, *[operation] * 3), 413)


class TestThrottling:
    @pytest.fixture(autouse=True)
    def _two_requests_a_minute(self, settings, shared_cache):
        settings.DJANGO_SCIM = {"THROTTLE_CLASSES": ["tests.api.hosts.TwoRequests"]}

    def test_throttling_says_when_to_come_back(self, scim):
        assert [scim.get("/Users").status_code for _ in range(2)] == [200, 200]

        response = scim.get("/Users")

        assert_scim_error(response, 429)
        assert 0 < int(response.headers["Retry-After"]) <= 60

    def test_throttling_refuses_a_write_before_it_is_read(self, scim):
        for _ in range(2):
            scim.get("/Users")

        response = scim.post("/Users", b"not even JSON")

        assert_scim_error(response, 429)
        assert not ProvisioningEvent.objects.exists()

    def test_throttling_leaves_discovery_open(self, scim):
        for _ in range(5):
            assert scim.get("/ServiceProviderConfig").status_code == 200


class TestUnforeseenFailures:
    """500, with nothing in the body that helps an attacker, and everything in the log."""

    @pytest.fixture
    def broken(self, scim, settings):
        settings.DJANGO_SCIM = {"PERMISSION_CLASSES": ["tests.api.hosts.Broken"]}
        # The test client would raise what the server has caught.
        scim.client = HttpsClient(raise_request_exception=False)
        return scim

    def test_unforeseen_failures_tell_the_client_nothing(self, broken):
        for response in (broken.get("/Users"), broken.post("/Users", user())):
            detail = assert_scim_error(response, 500)
            assert "swordfish" not in response.content.decode()
            assert "ZeroDivision" not in detail

    def test_unforeseen_failures_tell_the_client_nothing_in_debug_mode_either(self, broken, settings):
        settings.DEBUG = True

        response = broken.get("/Users")

        assert_scim_error(response, 500)
        assert "swordfish" not in response.content.decode()

    def test_unforeseen_failures_are_logged_with_their_traceback(self, broken, caplog):
        broken.get("/Users")

        (record,) = [each for each in caplog.records if each.name == "django_scim.request"]
        assert record.levelno == logging.ERROR
        assert record.exc_info is not None
        assert record.exc_info[0] is ZeroDivisionError

    def test_unforeseen_failures_are_in_the_history_without_their_reason(self, broken):
        broken.post("/Users", user())

        event = ProvisioningEvent.objects.get()
        assert (event.outcome, event.status) == ("refused", 500)
        assert "swordfish" not in event.detail

    def test_unforeseen_failures_of_the_history_do_not_hide_the_answer(self, scim, caplog):
        def refuse(sender, **kwargs):
            raise OperationalError("nobody knows why")

        pre_save.connect(refuse, sender=ProvisioningEvent)
        try:
            response = scim.post("/Users", {"schemas": [USER]})
        finally:
            pre_save.disconnect(refuse, sender=ProvisioningEvent)

        assert_scim_error(response, 400, "invalidValue")
        assert "event" in caplog.text

    def test_unforeseen_failures_of_the_history_undo_the_write(self, scim):
        def refuse(sender, **kwargs):
            raise OperationalError("nobody knows why")

        scim.client = HttpsClient(raise_request_exception=False)
        pre_save.connect(refuse, sender=ProvisioningEvent)
        try:
            response = scim.post("/Users", user("barbara"))
        finally:
            pre_save.disconnect(refuse, sender=ProvisioningEvent)

        assert_scim_error(response, 500)
        assert not User.objects.exists()


class TestHosts:
    def test_hosts_that_django_does_not_allow_are_refused(self, scim, settings):
        settings.ALLOWED_HOSTS = ["scim.example.com"]

        # CommonMiddleware answers before any view.
        assert scim.get("/Users", Host="evil.example.com").status_code == 400

    @pytest.mark.parametrize("path", ["/Users", "/ServiceProviderConfig"])
    def test_hosts_that_django_does_not_allow_are_a_scim_error_where_no_middleware_looks(
        self, scim, settings, path
    ):
        settings.ALLOWED_HOSTS = ["scim.example.com"]
        settings.MIDDLEWARE = []
        UserFactory.create()

        assert_scim_error(scim.get(path, Host="evil.example.com"), 400, "invalidSyntax")
        assert scim.get(path, Host="scim.example.com").status_code == 200


class TestHeaders:
    @pytest.mark.parametrize(
        "header", ["If-Match", "If-None-Match", "X-Request-ID", "Accept-Language", "Origin"]
    )
    @pytest.mark.parametrize("value", ["", "*", "x" * 5000, '"', 'W/"', "é", "\x01", ", , ,"])
    def test_headers_of_any_content_are_no_failure(self, send, kind, header, value):
        path = path_of(kind.row())

        for method, payload in (("GET", None), ("PUT", kind.body("renamed")), ("DELETE", None)):
            assert send(method, path, payload, **{header.replace("-", "_"): value}).status_code < 500


class TestQueries:
    """The parameters of a query that are wrong; what they mean is in the tests of queries."""

    @pytest.mark.parametrize(
        ("parameters", "scim_type"),
        [
            ({"filter": "userName"}, "invalidFilter"),
            ({"filter": "userName eq"}, "invalidFilter"),
            ({"filter": 'userName eq "a" and'}, "invalidFilter"),
            ({"filter": 'userName like "a"'}, "invalidFilter"),
            ({"filter": 'nothing eq "a"'}, "invalidFilter"),
            ({"filter": 'userName eq "\\u0000"'}, "invalidFilter"),
            ({"filter": 'userName eq "\\ud800"'}, "invalidFilter"),
            ({"filter": "("}, "invalidFilter"),
            ({"filter": "(" * 5000}, "invalidFilter"),
            ({"filter": "not (" * 500 + "title pr" + ")" * 500}, "invalidFilter"),
            ({"filter": " or ".join(['title eq "a"'] * 500)}, "invalidFilter"),
            ({"filter": 'meta.created gt "yesterday"'}, "invalidFilter"),
            ({"filter": 'password eq "a"'}, "invalidFilter"),
            ({"sortBy": "nothing"}, "invalidPath"),
            ({"sortBy": "\0"}, "invalidPath"),
            ({"sortOrder": "sideways"}, "invalidValue"),
            ({"startIndex": "first"}, "invalidValue"),
            ({"startIndex": "1.5"}, "invalidValue"),
            ({"count": "many"}, "invalidValue"),
            ({"attributes": "["}, "invalidPath"),
            ({"attributes": "userName", "excludedAttributes": "title"}, "invalidValue"),
        ],
        ids=lambda value: urlencode(value)[:50] if isinstance(value, dict) else str(value),
    )
    def test_queries_with_wrong_parameters_are_refused(self, scim, parameters, scim_type):
        UserFactory.create()

        assert_scim_error(scim.get("/Users", parameters), 400, scim_type)

    @pytest.mark.parametrize(
        "number", ["9" * 30, "9223372036854775807", "-9223372036854775809", "٣", "+1", " 1 "]
    )
    @pytest.mark.parametrize("name", ["startIndex", "count"])
    def test_queries_with_a_number_of_any_size_are_no_failure(self, scim, name, number):
        UserFactory.create()

        assert scim.get("/Users", {name: number}).status_code in (200, 400)

    @pytest.mark.parametrize(
        "query", ["filter=%ff", "attributes=%ff", "%ff=%ff", "&&==&", "filter=%", "x" * 9000]
    )
    def test_queries_that_are_no_text_are_no_failure(self, send, query):
        assert send("GET", f"/Users?{query}").status_code in (200, 400)
