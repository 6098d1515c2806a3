"""Requests that ask for too much: each limit has a setting, and a breach is an error of SCIM."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM
from tests.factories import GroupFactory, UserFactory
from tests.messages import BULK_REQUEST
from tests.representations import ENTERPRISE, group, member, path_of, user

SEARCHES = ("/Users/.search", "/.search")


def nested(depth, leaf=1):
    """Return JSON that is nested as deep as is said."""
    document = leaf
    for _ in range(depth - 1):
        document = {"a": document}
    return document


def in_each_message(value):
    """Return requests with a value somewhere in their body, each with its method and path."""
    account = path_of(UserFactory.create(username="ada"))
    return [
        ("POST", "/Users", user("barbara", nickName=value)),
        ("PUT", account, user("ada", nickName=value)),
        ("PATCH", account, {"Operations": [{"op": "add", "path": "nickName", "value": value}]}),
        ("PATCH", account, {"Operations": [{"op": "add", "value": {"nickName": value}}]}),
        ("POST", "/Users/.search", {"nickName": value}),
        ("POST", "/.search", {"nickName": value}),
        (
            "POST",
            "/Bulk",
            {
                "schemas": [BULK_REQUEST],
                "Operations": [
                    {
                        "method": "POST",
                        "path": "/Users",
                        "bulkId": "a",
                        "data": user("barbara", nickName=value),
                    }
                ],
            },
        ),
    ]


class Unread(BytesIO):
    """A body that must not be read."""

    def read(self, *args):
        raise AssertionError("the body was read")


class TestBodies:
    """What is said of the length of a body is looked at before the body, and is not trusted."""

    def post(self, client, body, length, **headers):
        """Send a body with a length that is said of it."""
        extra: dict[str, Any] = {"wsgi.input": body, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": SCIM}
        return client.generic("POST", f"{ROOT}/Users", secure=True, headers=headers, **extra)

    def authorized(self, scim, body, length):
        """Send it with a token."""
        return self.post(scim.client, body, length, Authorization=f"Bearer {scim.token}")

    def test_bodies_over_the_limit_are_refused_before_they_are_read(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_PAYLOAD_SIZE": 100}

        assert_scim_error(self.authorized(scim, Unread(), 101), 413)

    def test_bodies_of_nobody_who_is_known_are_not_read(self, anonymous: Client):
        assert_scim_error(self.post(anonymous, Unread(), 10), 401)

    def test_bodies_are_read_as_far_as_their_length_says(self, scim):
        body = orjson.dumps(user("barbara"))

        response = self.authorized(scim, BytesIO(body + b"the next request"), len(body))

        assert response.status_code == 201

    @pytest.mark.parametrize("missing", [1, 10])
    def test_bodies_shorter_than_their_length_says_are_invalid_syntax(self, scim, missing):
        body = orjson.dumps(user("barbara"))

        response = self.authorized(scim, BytesIO(body[:-missing]), len(body))

        assert_scim_error(response, 400, "invalidSyntax")
        assert not User.objects.exists()

    @pytest.mark.parametrize("length", ["many", "-1", "+5", "1_0", "5, 5", "0x10", "\u0663", "1.0", " "])
    def test_bodies_with_a_length_that_is_no_number_are_invalid_syntax(self, send, length):
        response = send("POST", "/Users", user("barbara"), Content_Length=length)

        assert_scim_error(response, 400, "invalidSyntax")
        assert not User.objects.exists()

    def test_bodies_with_a_length_of_thousands_of_digits_are_too_large(self, send):
        assert_scim_error(send("POST", "/Users", user("barbara"), Content_Length="9" * 5000), 413)

    @pytest.mark.parametrize("length", ["0", "00", ""])
    def test_bodies_without_a_length_are_none(self, send, length):
        assert_scim_error(
            send("POST", "/Users", user("barbara"), Content_Length=length), 400, "invalidSyntax"
        )

    def test_bodies_with_two_ways_to_tell_their_length_are_refused(self, send):
        response = send("POST", "/Users", user("barbara"), Transfer_Encoding="chunked")

        assert_scim_error(response, 400, "invalidSyntax")


class TestDepth:
    def test_the_depth_of_objects_is_bounded(self, send, settings):
        settings.DJANGO_SCIM = {"MAX_JSON_DEPTH": 12}

        # What no schema has is ignored.
        assert send("POST", "/Users", user("barbara", a=nested(11))).status_code == 201
        assert_scim_error(send("POST", "/Users", user("ada", a=nested(12))), 400, "invalidSyntax")

    def test_the_depth_of_lists_is_bounded(self, send):
        body = b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"

        assert_scim_error(send("POST", "/Users/.search", body), 400, "invalidSyntax")

    def test_the_depth_is_bounded_in_every_message(self, send):
        for method, path, body in in_each_message(nested(40)):
            assert_scim_error(send(method, path, body), 400, "invalidSyntax")


class TestStrings:
    def test_strings_are_bounded(self, send, settings):
        settings.DJANGO_SCIM = {"MAX_STRING_LENGTH": 100}

        assert send("POST", "/Users", user("barbara", nickName="é" * 100)).status_code == 201
        for method, path, body in in_each_message("é" * 101):
            assert_scim_error(send(method, path, body), 400, "invalidValue")

    def test_strings_that_are_names_are_bounded(self, send, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_LENGTH": 100}

        assert send("POST", "/Users", user("barbara", **{"a" * 100: 1})).status_code == 201
        assert_scim_error(send("POST", "/Users", user("ada", **{"a" * 101: 1})), 400, "invalidSyntax")


class TestObjects:
    def test_objects_have_a_bounded_number_of_members(self, send, settings):
        settings.DJANGO_SCIM = {"MAX_ATTRIBUTES": 20}
        few = {f"a{number}": number for number in range(18)}

        assert send("POST", "/Users", user("barbara", **few)).status_code == 201
        assert_scim_error(send("POST", "/Users", user("ada", b=1, **few)), 400, "invalidSyntax")
        many = {f"a{number}": number for number in range(21)}
        for method, path, body in in_each_message(many):
            assert_scim_error(send(method, path, body), 400, "invalidSyntax")

    @pytest.mark.parametrize(
        "body",
        [
            b'{"schemas":[],"userName":"a","userName":"b"}',
            b'{"userName":"a","\\u0075serName":"b"}',
            b'{"userName":"a","USERNAME":"b"}',
            b'{"userName":"a","emails":[{"value":"a@example.com","value":"b@example.com"}]}',
            b'{"userName":"a","unknown":{"a":1,"A":2}}',
            b'{"Operations":[{"op":"add","path":"title","value":"a","path":"nickName"}]}',
            b'{"Operations":[],"operations":[]}',
        ],
    )
    def test_objects_with_a_name_twice_are_invalid_syntax(self, send, body):
        row = UserFactory.create()

        for method, path in (("POST", "/Users"), ("PUT", path_of(row)), ("PATCH", path_of(row))):
            assert_scim_error(send(method, path, body), 400, "invalidSyntax")
        for path in (*SEARCHES, "/Bulk"):
            assert_scim_error(send("POST", path, body), 400, "invalidSyntax")

    def test_objects_whose_names_are_paths_that_differ_in_a_filter_are_no_such(self, scim):
        row = UserFactory.create()

        response = scim.patch(
            path_of(row),
            {
                "op": "add",
                "value": {
                    'emails[type eq "work"].display': "A",
                    'emails[type eq "WORK"].display': "A",
                },
            },
        )

        assert response.status_code == 200


class TestRecords:
    """What is kept of one resource, however many requests add to it."""

    @pytest.fixture
    def limited(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_RECORD_SIZE": 200}
        return scim

    def test_records_of_new_resources_have_a_bounded_size(self, limited):
        assert limited.post("/Users", user("ada", title="x" * 150)).status_code == 201
        assert_scim_error(limited.post("/Users", user("bob", title="x" * 250)), 413)
        assert not User.objects.filter(username="bob").exists()

    def test_records_hold_the_longest_text_that_a_body_may_have(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_STRING_LENGTH": 1024 * 1024, "MAX_RECORD_SIZE": 2 * 1024 * 1024}

        assert scim.post("/Users", user("ada", title="é" * 1024 * 1024)).status_code == 201

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_records_do_not_grow_beyond_that_size(self, limited, method):
        path = f"/Users/{limited.post('/Users', user('ada', title='x' * 150)).json()['id']}"
        before = limited.get(path).json()
        operation = {"op": "add", "path": "nickName", "value": "y" * 100}
        body = {"Operations": [operation]} if method == "PATCH" else user("ada", title="x" * 250)

        assert_scim_error(limited.request(method, path, body), 413)

        assert limited.get(path).json() == before

    def test_records_that_are_too_large_are_refused_one_by_one_in_bulk(self, limited):
        posts = [
            {"method": "POST", "path": "/Users", "bulkId": name, "data": user(name, title="x" * size)}
            for name, size in (("ada", 250), ("bob", 10))
        ]

        answer = limited.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": posts})

        assert [each["status"] for each in answer.json()["Operations"]] == ["413", "201"]


class TestValues:
    def test_values_of_an_attribute_are_bounded(self, send, settings):
        settings.DJANGO_SCIM = {"MAX_VALUES": 5}
        row = UserFactory.create()

        def numbers(count):
            return [{"value": f"+{number}"} for number in range(count)]

        assert send("POST", "/Users", user("barbara", phoneNumbers=numbers(5))).status_code == 201
        for body in ({"phoneNumbers": numbers(6)}, {ENTERPRISE: {"unknown": [1] * 6}}, {"a": [[1] * 6]}):
            assert_scim_error(send("POST", "/Users", user("ada", **body)), 400, "invalidValue")
        for operation in (
            {"op": "add", "path": "phoneNumbers", "value": numbers(6)},
            {"op": "add", "value": {"phoneNumbers": numbers(6)}},
        ):
            assert_scim_error(send("PATCH", path_of(row), {"Operations": [operation]}), 400, "invalidValue")

    def test_values_are_bounded_where_they_are_added_one_after_the_other(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_VALUES": 3}
        row = UserFactory.create(email="")

        def adding(*numbers):
            return [{"op": "add", "path": "phoneNumbers", "value": [{"value": f"+{one}"}]} for one in numbers]

        assert scim.patch(path_of(row), *adding(1, 2)).status_code == 200
        assert_scim_error(scim.patch(path_of(row), *adding(3, 4)), 400, "invalidValue")
        assert scim.patch(path_of(row), *adding(3)).status_code == 200
        assert_scim_error(scim.patch(path_of(row), *adding(4)), 400, "invalidValue")
        assert len(scim.get(path_of(row)).json()["phoneNumbers"]) == 3

    def test_values_that_are_there_already_may_be_more_and_be_changed(self, scim, settings):
        row = UserFactory.create()
        numbers = [{"value": f"+{number}"} for number in range(4)]
        scim.patch(path_of(row), {"op": "add", "path": "phoneNumbers", "value": numbers})
        settings.DJANGO_SCIM = {"MAX_VALUES": 2}

        removed = scim.patch(path_of(row), {"op": "remove", "path": 'phoneNumbers[value eq "+1"]'})

        assert len(removed.json()["phoneNumbers"]) == 3

    def test_values_that_are_members_have_a_limit_of_their_own(self, send, settings):
        settings.DJANGO_SCIM = {"MAX_VALUES": 1, "MAX_MEMBERS": 3}
        members = [member(row) for row in UserFactory.create_batch(4)]
        row = GroupFactory.create(name="Guides")
        path = path_of(row)

        for way in ("members", f"{'urn:ietf:params:scim:schemas:core:2.0:Group'}:members"):
            operation = {"op": "add", "path": way, "value": members[:3]}
            assert send("PATCH", path, {"Operations": [operation]}).status_code == 204
        assert send("PUT", path, group("Guides", members=members[:3])).status_code == 200
        assert send("POST", "/Groups", group("Others", members=members[:3])).status_code == 201
        for method, to, body in (
            ("POST", "/Groups", group("More", members=members)),
            ("PUT", path, group("Guides", members=members)),
            ("PATCH", path, {"Operations": [{"op": "add", "path": "members", "value": members}]}),
            ("PATCH", path, {"Operations": [{"op": "add", "value": {"members": members}}]}),
        ):
            assert_scim_error(send(method, to, body), 400, "invalidValue")
        assert row.user_set.count() == 3
        assert Group.objects.count() == 2


class TestOperations:
    def test_operations_without_a_path_count_once_for_each_attribute(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_PATCH_OPERATIONS": 3}
        path = path_of(UserFactory.create())

        assert scim.patch(path, {"op": "add", "value": {"title": "a", "nickName": "b"}}).status_code == 200
        response = scim.patch(
            path,
            {"op": "add", "value": {"title": "a", "nickName": "b"}},
            {"op": "add", "value": {"locale": "de", "timezone": "UTC"}},
        )

        assert_scim_error(response, 413)

    def test_operations_compare_no_more_than_a_filter_may(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_TERMS": 2}
        path = path_of(UserFactory.create())

        def setting(*kinds):
            return [
                {"op": "add", "path": f'phoneNumbers[type eq "{kind}"].value', "value": "+1"}
                for kind in kinds
            ]

        assert scim.patch(path, *setting("work", "home")).status_code == 200
        assert_scim_error(scim.patch(path, *setting("work", "home", "fax")), 400, "invalidPath")

    def test_operations_on_members_may_compare_as_often_as_there_may_be_operations(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_TERMS": 2}
        row = GroupFactory.create()
        accounts = UserFactory.create_batch(3)
        row.user_set.set(accounts)
        removals = [
            {"op": "remove", "path": f'members[value eq "{member(account)["value"]}"]'}
            for account in accounts
        ]

        assert scim.patch(path_of(row), *removals).status_code == 204
        assert not row.user_set.exists()

    def test_operations_with_a_path_that_is_too_long_are_refused(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_LENGTH": 100}
        row = UserFactory.create()
        path = f'emails[value eq "{"a" * 100}"]'

        assert_scim_error(scim.patch(path_of(row), {"op": "remove", "path": path}), 400, "invalidPath")


class TestFilters:
    def queried(self, scim, filter):
        """Return the answers to a filter, asked in each way."""
        answers = [scim.get("/Users", {"filter": filter}), scim.get("/", {"filter": filter})]
        return [*answers, *(scim.post(path, {"filter": filter}) for path in SEARCHES)]

    def test_filters_have_a_bounded_length(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_LENGTH": 30}

        for answer in self.queried(scim, f'userName eq "{"a" * 16}"'):
            assert answer.status_code == 200
        for answer in self.queried(scim, f'userName eq "{"a" * 17}"'):
            assert_scim_error(answer, 400, "invalidFilter")

    def test_filters_have_a_bounded_number_of_comparisons(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_TERMS": 3}

        for answer in self.queried(scim, "title pr or nickName pr or active eq true"):
            assert answer.status_code == 200
        for filter in ("a pr or b pr or c pr or title pr", 'title pr or emails[a pr or b pr or type eq "c"]'):
            for answer in self.queried(scim, filter.replace("a pr", "title pr").replace("b pr", "locale pr")):
                assert_scim_error(answer, 400, "invalidFilter")

    def test_filters_have_a_bounded_depth(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_DEPTH": 3}

        for answer in self.queried(scim, "not (not (not (title pr)))"):
            assert answer.status_code == 200
        for filter in ("not (not (not (not (title pr))))", "not (title pr and not (emails[not (type pr)]))"):
            for answer in self.queried(scim, filter):
                assert_scim_error(answer, 400, "invalidFilter")

    def test_filters_of_members_in_a_path_are_bounded_too(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_TERMS": 1}
        path = path_of(GroupFactory.create())
        operation = {"op": "remove", "path": 'members[value eq "a" or value eq "b"]'}

        assert_scim_error(scim.patch(path, operation), 400, "invalidFilter")

    @pytest.mark.parametrize("opening", ["(", "not (", "emails[", "title pr and ("])
    @pytest.mark.parametrize("closing", [")", "]", ""])
    def test_filters_nested_by_the_thousand_are_no_failure(self, scim, opening, closing, settings):
        settings.DJANGO_SCIM = {"MAX_FILTER_LENGTH": 10**5}
        filter = opening * 2_000 + "title pr" + closing * 2_000

        for path in SEARCHES:
            assert scim.post(path, {"filter": filter}).status_code in (200, 400)
        for operation in ("add", "remove"):
            path = path_of(UserFactory.create())
            patch = {"op": operation, "path": f"emails[{filter}]", "value": "a"}
            assert scim.patch(path, patch).status_code in (200, 400)


class TestParameters:
    @pytest.mark.parametrize("name", ["sortBy", "attributes", "excludedAttributes"])
    def test_parameters_have_a_bounded_length(self, scim, settings, name):
        settings.DJANGO_SCIM = {"MAX_PARAMETER_LENGTH": 20}

        assert scim.get("/Users", {name: "userName"}).status_code == 200
        for value in ("a" * 21, ",".join(["title"] * 4)):
            assert_scim_error(scim.get("/Users", {name: value}), 400, "invalidPath")
            for path in SEARCHES:
                assert_scim_error(scim.post(path, {name: value}), 400, "invalidPath")

    @pytest.mark.parametrize("name", ["attributes", "excludedAttributes"])
    def test_parameters_that_are_lists_have_the_same_length(self, scim, settings, name):
        settings.DJANGO_SCIM = {"MAX_PARAMETER_LENGTH": 20}

        for path in SEARCHES:
            assert scim.post(path, {name: ["title", "locale"]}).status_code == 200
            assert_scim_error(scim.post(path, {name: ["title", "locale", "nickName"]}), 400, "invalidPath")

    @pytest.mark.parametrize("name", ["attributes", "excludedAttributes"])
    def test_parameters_are_bounded_where_the_answer_is_one_resource(self, scim, settings, name):
        settings.DJANGO_SCIM = {"MAX_PARAMETER_LENGTH": 20}
        row = UserFactory.create()
        query = f"?{name}={'a' * 21}"

        assert_scim_error(scim.get(path_of(row) + query), 400, "invalidPath")
        assert_scim_error(scim.put(path_of(row) + query, user("renamed")), 400, "invalidPath")
        assert_scim_error(scim.post(f"/Users{query}", user("new")), 400, "invalidPath")
        assert User.objects.get().username == row.username

    @pytest.mark.parametrize("name", ["filter", "sortBy", "startIndex", "count", "attributes"])
    def test_parameters_that_are_there_twice_are_refused(self, scim, name):
        response = scim.request("GET", f"/Users?{name}=1&{name}=1")

        assert_scim_error(response, 400, "invalidValue")

    def test_parameters_lower_a_page_to_the_most_results(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_RESULTS": 2}
        UserFactory.create_batch(3)

        for count in (3, 10**9, 10**30):
            assert scim.get("/Users", {"count": count}).json()["itemsPerPage"] == 2

    def test_parameters_that_lead_past_the_end_find_nothing(self, scim):
        UserFactory.create()

        for path in ("/Users", "/"):
            for index in (10**9, 2**63 - 1, 10**30):
                answer = scim.get(path, {"startIndex": index, "sortBy": "id"}).json()
                assert answer.get("Resources", []) == []
