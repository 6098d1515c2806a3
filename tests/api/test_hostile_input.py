"""Bodies, queries and headers that nobody would write by hand: whatever they hold, the answer is SCIM's."""

from __future__ import annotations

import codecs
import gzip
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
import pytest
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from django_scim.api.transport import without_unreadable_charset
from django_scim.models import ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM, ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.fuzz.queries import broken_filters, filters
from tests.fuzz.values import ATTRIBUTES, names, texts
from tests.messages import BULK_REQUEST, PATCH_OP, SEARCH_REQUEST, patch_op
from tests.representations import ENTERPRISE, GROUP, USER, member, path_of, user

# What a failure would be told by may be long.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

fuzzed = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(ATTRIBUTES)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
documents = st.dictionaries(names, values, max_size=6)
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "Replace", "move"]) | scalars},
    optional={"path": names | scalars, "value": values},
)
queries = st.fixed_dictionaries(
    {},
    optional={
        "filter": filters | broken_filters() | texts,
        "sortBy": names,
        "sortOrder": st.sampled_from(["ascending", "descending", "x"]),
        "startIndex": st.integers() | texts,
        "count": st.integers() | texts,
        "cursor": texts,
        "attributes": st.lists(names, max_size=3).map(",".join) | texts,
        "excludedAttributes": st.lists(names, max_size=3).map(",".join),
    },
)


@contextmanager
def undone() -> Iterator[None]:
    """Undo what an example has changed."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def rows(db: None) -> dict[str, Any]:
    """An account and a group that it is in, with something in every kind of mapping."""
    account, team = UserFactory.create(), GroupFactory.create()
    account.groups.add(team)
    return {"Users": account, "Groups": team}


def answered(response: Any) -> None:
    """Check that a response is one, and that an error is a SCIM error."""
    assert response.status_code < 500 or response.status_code == 501, response.content
    if response.status_code >= 400:
        body = response.json()
        assert body["status"] == str(response.status_code)
        assert response.headers["Content-Type"] == SCIM


@pytest.mark.parametrize("collection", ["Users", "Groups"])
class TestBodies:
    @fuzzed
    @given(document=documents)
    @example(document={"schemas": [USER], "userName": "\ue000", "emails": [{"value": None, "primary": True}]})
    @example(document={"userName": "a", "name": {"givenName": None}, ENTERPRISE: {"manager": {"$ref": ""}}})
    def test_hostile_bodies_are_answered_by_post(self, scim: ScimClient, rows, collection, document):
        with undone():
            answered(scim.post(f"/{collection}", document))

    @fuzzed
    @given(document=documents)
    def test_hostile_bodies_are_answered_by_put(self, scim: ScimClient, rows, collection, document):
        named = {"userName": "barbara", "displayName": "Guides", **document}
        with undone():
            answered(scim.put(path_of(rows[collection]), named))

    @fuzzed
    @given(payload=documents, sent=st.lists(operations, max_size=3))
    @example(payload={}, sent=[{"op": "remove", "path": "members", "value": [None]}])
    @example(payload={}, sent=[{"op": "add", "path": "emails", "value": [{"type": None}, []]}])
    @example(payload={}, sent=[{"op": "replace", "path": "members[value pr].value", "value": "1"}])
    @example(payload={}, sent=[{"op": "add", "path": ENTERPRISE, "value": {"manager": []}}])
    def test_hostile_bodies_are_answered_by_patch(self, scim: ScimClient, rows, collection, payload, sent):
        request = {"schemas": [PATCH_OP], "Operations": sent, **payload}
        with undone():
            answered(scim.request("PATCH", path_of(rows[collection]), request))

    @fuzzed
    @given(sent=operations)
    def test_hostile_bodies_with_one_operation_are_answered_by_patch(
        self, scim: ScimClient, rows, collection, sent
    ):
        request = patch_op(sent)
        with undone():
            answered(scim.request("PATCH", path_of(rows[collection]), request))

    @fuzzed
    @given(query=queries)
    def test_hostile_bodies_with_a_query_are_answered_by_search(
        self, scim: ScimClient, rows, collection, query
    ):
        # The standard library writes integers of any size.
        body = json.dumps({"schemas": [SEARCH_REQUEST], **query}).encode()
        answered(scim.post(f"/{collection}/.search", body))
        answered(scim.post("/.search", body))

    @fuzzed
    @given(
        query=queries,
        identifier=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    )
    def test_hostile_queries_in_the_address_are_answered(
        self, scim: ScimClient, rows, collection, query, identifier
    ):
        answered(scim.get(f"/{collection}", query))
        answered(scim.get("/", query))
        answered(scim.get(path_of(rows[collection]), query))
        path = urlencode({"": identifier})[1:]
        answered(scim.get(f"/{collection}/{path}"))


class TestBytes:
    @fuzzed
    @given(body=st.binary(max_size=200))
    @example(body=b'{"schemas":["' + USER.encode() + b'"],"userName":"\xc3\x28"}')
    def test_bytes_of_any_kind_are_answered(self, scim: ScimClient, body):
        with undone():
            answered(scim.post("/Users", body))

    @fuzzed
    @given(query=st.binary(max_size=60))
    def test_bytes_of_any_kind_in_the_query_string_are_answered(self, scim: ScimClient, query):
        path = f"{ROOT}/Users"
        headers = {"Authorization": f"Bearer {scim.token}"}
        answered(scim.client.get(path, headers=headers, QUERY_STRING=query.decode("latin-1")))


class TestBulkJobs:
    @fuzzed
    @given(
        job=documents,
        sent=st.lists(
            st.fixed_dictionaries(
                {"method": st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "GET"]) | scalars},
                optional={
                    "path": st.sampled_from(["/Users", "/Groups", "/Users/1", "/Users/bulkId:a", "/Me"])
                    | texts,
                    "bulkId": st.sampled_from(["a", "b"]) | scalars,
                    "version": scalars,
                    "data": documents | values,
                },
            ),
            max_size=4,
        ),
    )
    @example(
        job={},
        sent=[
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": [USER], "userName": "a"}},
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "b",
                "data": {"schemas": [GROUP], "displayName": "b", "members": [{"value": "bulkId:a"}]},
            },
        ],
    )
    def test_hostile_bulk_jobs_are_answered(self, scim: ScimClient, rows, job, sent):
        request = {"schemas": [BULK_REQUEST], "Operations": sent, **job}
        with undone():
            response = scim.post("/Bulk", request)
            answered(response)
            if response.status_code == 200:
                for operation in response.json()["Operations"]:
                    assert int(operation["status"]) < 500 or operation["status"] == "501"


def test_a_group_of_thousands_of_unknown_members_is_refused_in_one_answer(scim):
    members = [{"value": f"unknown {number}"} for number in range(5000)]

    response = scim.post("/Groups", {"schemas": [GROUP], "displayName": "Guides", "members": members})

    assert response.status_code == 400


def test_a_member_that_is_named_a_thousand_times_is_one_member(scim):
    account = UserFactory.create()
    body = {"schemas": [GROUP], "displayName": "Guides", "members": [member(account)] * 1000}

    created = scim.post("/Groups", body).json()

    assert len(created["members"]) == 1


class TestEncodings:
    """JSON is UTF-8, and comes as it is (RFC 8259 section 8.1)."""

    @pytest.mark.parametrize(
        "charset", ["utf-16", "utf-7", "utf-32", "cp037", "rot13", "zip", "nonsense", "UTF-16LE", "x" * 500]
    )
    @pytest.mark.parametrize("media_type", [SCIM, "application/json"])
    def test_encodings_of_a_body_that_are_not_utf_8_are_415(self, send, charset, media_type):
        content_type = f"{media_type}; charset={charset}"

        assert_scim_error(send("POST", "/Users", user("barbara"), content_type), 415)
        assert_scim_error(send("POST", "/Users/.search", {}, content_type), 415)
        assert not User.objects.exists()

    @pytest.mark.parametrize("charset", ["rot13", "hex", "zip", "undefined", "idna", "utf-16", "utf\0"])
    @pytest.mark.parametrize("query", ["attributes=userName", "attributes=user%4Eame", "x=%FF"])
    def test_encodings_that_are_no_charset_are_415_beside_a_query(self, send, charset, query):
        response = send("POST", f"/Users?{query}", user("barbara"), f"{SCIM}; charset={charset}")

        assert_scim_error(response, 415)
        assert not User.objects.exists()

    @pytest.mark.parametrize("charset", ["rot13", "undefined"])
    def test_encodings_that_are_no_charset_keep_no_request_from_being_made_under_asgi(self, charset):
        headers = [(b"content-type", f"{SCIM}; charset={charset}".encode())]
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"x=%4E", "headers": headers}

        without_unreadable_charset(scope=scope)

        assert ASGIRequest(scope, BytesIO()).GET["x"] == "N"

    @pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8", "us-ascii"])
    def test_encodings_of_a_body_that_are_utf_8_are_read(self, send, charset):
        response = send("POST", "/Users", user("bárbara"), f"{SCIM}; charset={charset}")

        assert response.status_code == 201
        assert response.json()["userName"] == "bárbara"

    @pytest.mark.parametrize("charset", ["utf-16", "utf-7", "cp037", "latin-1"])
    def test_encodings_of_a_body_are_not_those_of_the_address(self, scim: ScimClient, charset):
        UserFactory.create(username="bárbara")

        for path in ("/Users", "/"):
            response = scim.client.generic(
                "GET",
                f"{ROOT}{path}?filter=userName%20eq%20%22b%C3%A1rbara%22",
                headers={
                    "Authorization": f"Bearer {scim.token}",
                    "Content-Type": f"{SCIM}; charset={charset}",
                },
            )
            assert response.status_code == 200
            assert response.json()["totalResults"] == 1

    @pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "identity, gzip", "nonsense"])
    def test_encodings_that_compress_a_body_are_415(self, send, coding):
        body = gzip.compress(orjson.dumps(user("barbara")))

        for sent in (body, user("barbara")):
            assert_scim_error(send("POST", "/Users", sent, Content_Encoding=coding), 415)
        assert not User.objects.exists()

    @pytest.mark.parametrize("coding", ["", "identity", "Identity"])
    def test_encodings_that_are_none_are_as_good_as_no_header(self, send, coding):
        assert send("POST", "/Users", user("barbara"), Content_Encoding=coding).status_code == 201

    def test_bodies_with_two_byte_order_marks_are_invalid_syntax(self, send):
        body = codecs.BOM_UTF8 * 2 + orjson.dumps(user("barbara"))

        assert_scim_error(send("POST", "/Users", body), 400, "invalidSyntax")


class TestMethods:
    @pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "CONNECT", "LINK", "X" * 200, "G\u00cbT"])
    @pytest.mark.parametrize("path", ["/Users", "/Groups/.search", "/Bulk", "/Me", "/Schemas", "/.search"])
    def test_methods_that_nobody_knows_are_405_with_those_that_there_are(self, send, method, path):
        response = send(method, path, b"{}")

        assert_scim_error(response, 501 if path == "/Me" else 405)
        assert "OPTIONS" in response.headers["Allow"]

    @pytest.mark.parametrize(("method", "status"), [("get", 200), ("pUt", 405), ("trace", 405)])
    def test_methods_in_lower_case_are_what_django_takes_them_for(self, send, method, status):
        assert send(method, "/Users").status_code == status


class TestAddresses:
    @pytest.mark.parametrize(
        "identifier",
        [
            "%00",
            "a%00b",
            "%ff%fe",
            "%ed%a0%80",
            "%0d%0aX-Injected:%20yes",
            "..%2f..%2fetc%2fpasswd",
            "%2e%2e",
            "'%20OR%201=1--",
            "%F0%9F%98%80" * 100,
            "x" * 8000,
            "9" * 400,
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-8fff-bfff-ffffffffffff",
            "%",
            "%zz",
        ],
        ids=lambda text: text[:20],
    )
    def test_addresses_of_hostile_identifiers_are_404(self, send, identifier):
        for method, body in (
            ("GET", None),
            ("PUT", user("a")),
            ("PATCH", {"Operations": [{"op": "remove", "path": "title"}]}),
            ("DELETE", None),
        ):
            response = send(method, f"/Users/{identifier}", body)
            assert_scim_error(response, 404)
            assert "X-Injected" not in response.headers

    @pytest.mark.parametrize(
        "query",
        [
            "%00=%00",
            "filter=%00",
            "filter=userName%20eq%20%22%00%22",
            "attributes=%00",
            "count=%00",
            "cursor=%00",
            "cursor=" + "x" * 6000,
            "sortBy=userName%0d%0aX-Injected:%20yes",
            "attributes=" + "%2C" * 3000,
            "count=1&count=2",
            "filter",
            "=",
            ";;;",
            "%",
            "%zz=%zz",
        ],
        ids=lambda text: text[:20],
    )
    @pytest.mark.parametrize("path", ["/Users", "/"])
    def test_addresses_with_hostile_queries_are_no_failure(self, send, query, path):
        response = send("GET", f"{path}?{query}")

        assert response.status_code in (200, 400)
        assert response.headers["Content-Type"] == SCIM
        assert "X-Injected" not in response.headers

    def test_addresses_that_failed_are_one_line_of_the_log(self, scim: ScimClient, settings, caplog):
        settings.DJANGO_SCIM = {"PERMISSION_CLASSES": ["tests.api.hosts.Broken"]}
        scim.client.raise_request_exception = False

        with caplog.at_level(logging.ERROR, "django_scim.request"):
            assert_scim_error(scim.request("GET", "/Users/a%0d%0aFORGED"), 500)

        (message,) = [entry.getMessage() for entry in caplog.records if entry.name == "django_scim.request"]
        assert message == f"GET {ROOT}/Users/a%0D%0AFORGED failed"


class TestHeaders:
    @pytest.mark.parametrize(
        "value",
        ["a b", "a\r\nX-Injected: yes", "a\nFORGED", "é", "\x00", "\x1b[31m", "\u2028", "\x7f"],
        ids=repr,
    )
    def test_headers_that_could_forge_a_line_of_a_log_are_no_request_id(self, send, value):
        response = send("POST", "/Users", user("barbara"), X_Request_ID=value)

        assert response.status_code == 201
        assert "X-Injected" not in response.headers
        assert UUID(ProvisioningEvent.objects.get().request_id)

    @pytest.mark.parametrize(
        "accept",
        [
            "*/*;q=nonsense",
            "application/scim+json;q=-1",
            "application/scim+json; version=",
            ";",
            ",",
            "/",
            "*/json",
            "application/*",
            "application/json, " * 300,
            "application/scim+json;" + "a=b;" * 1500,
            "é",
        ],
        ids=lambda text: text[:30],
    )
    def test_headers_that_accept_what_is_odd_are_no_failure(self, scim: ScimClient, accept):
        for path in ("/Users", "/Users/none", "/Schemas", "/nowhere"):
            response = scim.get(path, Accept=accept)
            assert response.status_code in (200, 404, 406)
            assert response.headers["Content-Type"] in (SCIM, "application/json")

    @pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
    @pytest.mark.parametrize(
        "value", ['W/"' * 2000, ", " * 4000, '"' + "x" * 8000 + '"', "W/", '"\\"', "\xff"]
    )
    def test_versions_of_any_kind_in_a_header_are_no_failure(self, send, name, value):
        path = path_of(UserFactory.create())

        for method, body in (("GET", None), ("PUT", user("renamed")), ("DELETE", None)):
            status = send(method, path, body, **{name.replace("-", "_"): value}).status_code
            assert status in (200, 204, 304, 412)

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "bearer\tx",
            "Basic eDp5",
            "Bearer é",
            "Bearer " + "x" * 8000,
        ],
    )
    def test_headers_that_authorize_nobody_are_401(self, send, value):
        assert_scim_error(send("GET", "/Users", Authorization=value), 401)
