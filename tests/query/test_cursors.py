"""Pages by cursor (RFC 9865): what a cursor is good for, and that nothing is lost or told twice."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_scim.models import Record
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.hosts.small.models import Device, Enrolment, License
from tests.messages import LIST_RESPONSE, SEARCH_REQUEST
from tests.operations.patch_operations import replace
from tests.query.statements import statements
from tests.representations import ENTERPRISE, path_of, user

UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]+")
"""The characters that RFC 9865 section 2 lets a cursor have."""


def page(scim, path="/Users", **parameters):
    """Return the ListResponse of one page; the first one unless a cursor is given."""
    response = scim.get(path, {"cursor": "", **parameters})
    assert response.status_code == 200, response.content
    return response.json()


def pages(scim, path="/Users", *, direction="nextCursor", meanwhile=None, **parameters):
    """Yield the pages that cursors lead to, and let something happen before each further one."""
    found = page(scim, path, **parameters)
    yield found
    while direction in found:
        if meanwhile:
            meanwhile()
        found = page(scim, path, **{**parameters, "cursor": found[direction]})
        yield found


def ids(*listings):
    """Return the ``id`` of each resource of some pages."""
    return [resource["id"] for listing in listings for resource in listing["Resources"]]


def names(*listings):
    """Return the ``userName`` of each resource of some pages."""
    return [resource["userName"] for listing in listings for resource in listing["Resources"]]


# The pages


@pytest.mark.parametrize("query", ["?cursor", "?cursor=", "?count=2&cursor=", "?cursor&count=2"])
def test_an_empty_cursor_asks_for_the_first_page(scim, query):
    rows = UserFactory.create_batch(3)

    found = scim.get(f"/Users{query}").json()

    assert names(found) == [row.username for row in rows][: 2 if "count" in query else 3]
    assert ("nextCursor" in found) == ("count" in query)
    assert "previousCursor" not in found
    assert "startIndex" not in found


def test_a_query_without_a_cursor_is_answered_by_index(scim):
    UserFactory.create_batch(3)

    found = scim.get("/Users", {"count": 2}).json()

    assert found["startIndex"] == 1
    assert "nextCursor" not in found


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 50])
def test_the_pages_that_cursors_lead_to_are_together_the_collection(scim, size):
    rows = UserFactory.create_batch(6)

    found = list(pages(scim, count=size))

    assert names(*found) == [row.username for row in rows]
    assert [listing["itemsPerPage"] for listing in found[:-1]] == [size] * (len(found) - 1)
    assert all(listing["totalResults"] == 6 for listing in found)
    assert len(found) == -(-6 // size)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_the_previous_cursors_lead_back_to_the_first_page(scim, size):
    UserFactory.create_batch(6)
    forth = list(pages(scim, count=size))

    back = list(pages(scim, direction="previousCursor", count=size, cursor=forth[-1]["previousCursor"]))

    assert [ids(listing) for listing in reversed(back)] == [ids(listing) for listing in forth[:-1]]
    assert "previousCursor" not in back[-1]


def test_after_a_step_back_the_next_cursor_leads_forward_again(scim):
    UserFactory.create_batch(6)
    _, second, third = pages(scim, count=2)

    back = page(scim, count=2, cursor=third["previousCursor"])
    again = page(scim, count=2, cursor=back["nextCursor"])

    assert ids(back) == ids(second)
    assert ids(again) == ids(third)


def test_a_cursor_can_be_used_more_than_once(scim):
    UserFactory.create_batch(4)
    cursor = page(scim, count=2)["nextCursor"]

    assert ids(page(scim, count=2, cursor=cursor)) == ids(page(scim, count=2, cursor=cursor))


def test_a_cursor_works_in_the_body_of_a_search_too(scim):
    rows = UserFactory.create_batch(4)
    query = {"schemas": [SEARCH_REQUEST], "count": 3}

    first = scim.post("/Users/.search", {**query, "cursor": ""}).json()
    second = scim.post("/Users/.search", {**query, "cursor": first["nextCursor"]}).json()

    assert names(first, second) == [row.username for row in rows]
    assert "nextCursor" not in second


def test_the_pages_of_a_filtered_query_have_the_resources_that_the_filter_selects(scim):
    for name in ("a1", "b1", "a2", "b2", "a3"):
        UserFactory.create(username=name)

    found = list(pages(scim, filter='userName sw "a"', count=2))

    assert names(*found) == ["a1", "a2", "a3"]
    assert {listing["totalResults"] for listing in found} == {3}


def test_an_empty_collection_has_one_page_without_cursors(scim):
    found = page(scim, count=2)

    assert found == {
        "schemas": [LIST_RESPONSE],
        "totalResults": 0,
        "itemsPerPage": 0,
        "Resources": [],
    }


def test_a_page_of_no_resources_says_how_many_there_are(scim):
    UserFactory.create_batch(3)

    found = page(scim, count=0)

    assert (found["totalResults"], found["itemsPerPage"], found["Resources"]) == (3, 0, [])
    assert "nextCursor" not in found


def test_the_attributes_of_the_answer_may_differ_from_page_to_page(scim):
    UserFactory.create_batch(2)
    first = page(scim, count=1, attributes="userName")

    second = page(scim, count=1, attributes="active", cursor=first["nextCursor"])

    assert second["Resources"][0].keys() == {"schemas", "id", "active"}


def test_without_a_count_a_page_has_the_default_size(scim, settings):
    settings.DJANGO_SCIM = {"DEFAULT_PAGE_SIZE": 2}
    UserFactory.create_batch(5)

    found = list(pages(scim))

    assert [listing["itemsPerPage"] for listing in found] == [2, 2, 1]


def test_the_count_does_not_have_to_be_repeated_with_a_cursor(scim):
    UserFactory.create_batch(7)
    cursor = page(scim, count=3)["nextCursor"]

    assert page(scim, cursor=cursor)["itemsPerPage"] == 3


def test_a_default_page_size_over_the_largest_one_is_the_largest_one(scim, settings):
    settings.DJANGO_SCIM = {"DEFAULT_PAGE_SIZE": 5, "MAX_RESULTS": 2}
    UserFactory.create_batch(3)

    assert [listing["itemsPerPage"] for listing in pages(scim)] == [2, 1]


# What a cursor looks like


@pytest.mark.parametrize("sort_by", ["", "userName", "title", "meta.created", "active"])
def test_a_cursor_has_no_characters_that_a_url_has_to_escape(scim, sort_by):
    for name in ("Ångström~", "ß/?&=", "社長", "a b+c%"):
        scim.post("/Users", user(name[:3].strip("/?&~"), title=name * 20))

    for listing in pages(scim, sortBy=sort_by or "id", count=1):
        for name in ("nextCursor", "previousCursor"):
            assert UNRESERVED.fullmatch(listing.get(name, "-"))


# What a cursor is not good for


@pytest.mark.parametrize(
    "cursor", ["abc", "~", "~~", ".", "-", "a~b~c", "AAAA~1abc~AAAA", "x" * 5000, ".eJyrVgIAARMAdA"]
)
def test_a_cursor_that_was_never_given_is_invalid(scim, cursor):
    assert_scim_error(scim.get("/Users", {"cursor": cursor}), 400, "invalidCursor")


@pytest.mark.parametrize("cursor", [" ", "a b", "a:b", "a/b", "é", "\0", "a+b", "'", "%"])
def test_a_cursor_of_other_characters_is_invalid(scim, cursor):
    assert_scim_error(scim.get("/Users", {"cursor": cursor}), 400, "invalidCursor")


@pytest.mark.parametrize("cursor", [5, True, [], {}, ["abc"]], ids=repr)
def test_a_cursor_that_is_no_string_is_invalid(scim, cursor):
    assert_scim_error(scim.post("/Users/.search", {"cursor": cursor}), 400, "invalidCursor")


def test_a_cursor_of_which_one_character_was_changed_is_invalid(scim):
    UserFactory.create_batch(2)
    cursor = page(scim, count=1)["nextCursor"]

    for position in range(len(cursor) - 1):
        changed = "A" if cursor[position] != "A" else "B"
        broken = f"{cursor[:position]}{changed}{cursor[position + 1 :]}"
        assert_scim_error(scim.get("/Users", {"cursor": broken}), 400, "invalidCursor")


@pytest.mark.parametrize(
    "other",
    [
        {"filter": 'userName sw "u"'},
        {"sortBy": "userName"},
        {"sortBy": "title"},
        {"sortBy": "userName", "sortOrder": "descending"},
    ],
    ids=["another filter", "an order", "another order", "another direction"],
)
def test_a_cursor_is_invalid_for_another_query(scim, other):
    UserFactory.create_batch(3)
    cursor = page(scim, count=1)["nextCursor"]

    assert_scim_error(scim.get("/Users", {"cursor": cursor, "count": 1, **other}), 400, "invalidCursor")


@pytest.mark.parametrize("path", ["/Groups", "/"], ids=["another resource type", "all resource types"])
def test_a_cursor_is_invalid_at_another_endpoint(scim, path):
    UserFactory.create_batch(2)
    GroupFactory.create_batch(2)
    cursor = page(scim, count=1)["nextCursor"]

    assert_scim_error(scim.get(path, {"cursor": cursor, "count": 1}), 400, "invalidCursor")


def test_a_cursor_is_invalid_for_another_connection(scim):
    UserFactory.create_batch(2)
    cursor = page(scim, count=1)["nextCursor"]
    other = ScimClient(ConnectionFactory.create())

    assert_scim_error(other.get("/Users", {"cursor": cursor, "count": 1}), 400, "invalidCursor")


def test_a_cursor_works_with_another_token_of_the_connection(scim):
    UserFactory.create_batch(2)
    first = page(scim, count=1)
    other = ScimClient(scim.connection, "read")

    assert ids(page(other, count=1, cursor=first["nextCursor"])) != ids(first)


def test_a_text_that_django_has_signed_for_another_purpose_is_no_cursor(scim):
    for salt in ("", "django_scim.cursor", "django.core.signing"):
        sealed = signing.TimestampSigner(sep="~", salt=salt).sign_object([0, None, "1", False, 1])
        assert_scim_error(scim.get("/Users", {"cursor": sealed}), 400, "invalidCursor")


def test_a_cursor_is_invalid_once_the_project_has_another_secret(scim, settings):
    UserFactory.create_batch(2)
    cursor = page(scim, count=1)["nextCursor"]
    settings.SECRET_KEY = "another secret of the project"

    assert_scim_error(scim.get("/Users", {"cursor": cursor}), 400, "invalidCursor")


def test_a_cursor_outlives_a_secret_that_django_still_falls_back_on(scim, settings):
    UserFactory.create_batch(2)
    cursor = page(scim, count=1)["nextCursor"]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret of the project"

    assert page(scim, count=1, cursor=cursor)["itemsPerPage"] == 1


def test_an_old_cursor_has_expired(scim, settings, monkeypatch):
    settings.DJANGO_SCIM = {"CURSOR_TIMEOUT": 60}
    UserFactory.create_batch(2)
    cursor = page(scim, count=1)["nextCursor"]
    timeout = scim.get("/ServiceProviderConfig").json()["pagination"]["cursorTimeout"]
    now = time.time()

    monkeypatch.setattr(time, "time", lambda: now + timeout - 5)
    assert page(scim, count=1, cursor=cursor)["itemsPerPage"] == 1

    monkeypatch.setattr(time, "time", lambda: now + timeout + 5)
    assert_scim_error(scim.get("/Users", {"cursor": cursor}), 400, "expiredCursor")


def test_a_cursor_and_an_index_do_not_go_together(scim):
    UserFactory.create_batch(2)
    cursor = page(scim, count=1)["nextCursor"]

    for value in ("", cursor):
        response = scim.get("/Users", {"cursor": value, "startIndex": 1, "count": 1})
        assert_scim_error(response, 400, "invalidValue")


# The page size


@pytest.mark.parametrize("size", ["-1", "-100", " -1", "201", "999999999999999999999", "many", "1.5"])
@pytest.mark.parametrize("name", ["count", "COUNT"])
def test_a_page_size_that_no_page_can_have_is_an_invalid_count(scim, size, name):
    response = scim.post("/Users/.search", {"cursor": "", name: size})

    assert_scim_error(response, 400, "invalidCount")


@pytest.mark.parametrize("size", [-1, 201, 10**18, "x", [], {}, 1.5], ids=repr)
def test_a_page_size_in_a_body_that_no_page_can_have_is_an_invalid_count(scim, size):
    assert_scim_error(scim.post("/Users/.search", {"cursor": "", "count": size}), 400, "invalidCount")


def test_the_largest_page_size_is_the_one_that_the_server_announces(scim, settings):
    settings.DJANGO_SCIM = {"MAX_RESULTS": 3}
    UserFactory.create_batch(4)
    largest = scim.get("/ServiceProviderConfig").json()["pagination"]["maxPageSize"]

    assert page(scim, count=largest)["itemsPerPage"] == 3
    assert_scim_error(scim.get("/Users", {"cursor": "", "count": largest + 1}), 400, "invalidCount")


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_page_size_that_differs_from_that_of_the_pages_before_is_an_invalid_count(scim, size):
    UserFactory.create_batch(5)
    cursor = page(scim, count=2)["nextCursor"]

    assert_scim_error(scim.get("/Users", {"cursor": cursor, "count": size}), 400, "invalidCount")


# The order, also where values are equal or missing

MOMENT = datetime(2020, 1, 1, tzinfo=UTC)


def people(scim):
    """Make users with values of all kinds, of which some are equal and some are missing."""
    titles = [None, "Guide", "guide", "Ångström", "ångström", "Zoë", "社長", "a", "Z", "\U0001f600", "", None]
    for number, title in enumerate(titles):
        row = UserFactory.create(
            username=f"{'uU'[number % 2]}ser-{number:02}",
            first_name=["", "Ann", "ann", "Øre"][number % 4],
            is_active=number % 3 > 0,
            date_joined=MOMENT + timedelta(microseconds=number // 2, seconds=number % 2),
        )
        if number % 4:
            changes: dict[str, Any] = {"title": title, ENTERPRISE: {"employeeNumber": str(number % 3)}}
            if number % 5 == 0:
                changes["phoneNumbers"] = [{"value": "2"}, {"value": str(number % 2), "primary": True}]
            operations = [replace(path, value) for path, value in changes.items()]
            assert scim.patch(path_of(row), *operations).status_code == 200


SORTED = [
    "userName",
    "name.givenName",
    "title",
    "active",
    "meta.created",
    "meta.lastModified",
    "meta.resourceType",
    "id",
    "emails",
    "phoneNumbers.value",
    "externalId",
    f"{ENTERPRISE}:employeeNumber",
]


@pytest.mark.parametrize("sort_order", ["ascending", "descending"])
@pytest.mark.parametrize("sort_by", SORTED)
def test_pages_by_cursor_are_in_any_order_those_by_index(scim, sort_by, sort_order):
    people(scim)
    query = {"sortBy": sort_by, "sortOrder": sort_order, "attributes": "id"}
    whole = ids(scim.get("/Users", query).json())
    assert len(whole) == 12

    for size in (1, 2, 5):
        forth = list(pages(scim, count=size, **query))
        assert ids(*forth) == whole
        cursor = forth[-1]["previousCursor"]
        back = list(pages(scim, direction="previousCursor", cursor=cursor, count=size, **query))
        assert ids(*reversed(back)) == whole[: -len(forth[-1]["Resources"])]


def test_a_sort_order_that_is_not_given_is_ascending(scim):
    UserFactory.create_batch(3)
    cursor = page(scim, count=1, sortBy="userName")["nextCursor"]

    assert page(scim, count=1, sortBy="userName", sortOrder="ascending", cursor=cursor)["itemsPerPage"] == 1


@pytest.fixture
def things(settings):
    """A host whose resources have keys of other kinds than integers."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            name: {"adapter": f"tests.hosts.small.adapters.{name}Adapter"}
            for name in ("Device", "License", "Enrolment")
        }
    }
    for number in range(7):
        device = Device.objects.create(name=f"{number % 3}-{number}")
        License.objects.create(code=f"{'aAbBéÉ_'[number]}{number}", name="a" if number % 2 else "b")
        Enrolment.objects.create(device=device, name=f"{number}")
    return {"/Devices": Device, "/Licenses": License, "/Enrolments": Enrolment}


@pytest.mark.parametrize("path", ["/Devices", "/Licenses", "/Enrolments"])
@pytest.mark.parametrize("query", [{}, {"sortBy": "name"}, {"sortBy": "name", "sortOrder": "descending"}])
def test_cursors_lead_through_resources_whose_keys_are_uuids_and_text(scim, things, path, query):
    whole = ids(scim.get(path, query).json())
    assert len(whole) == things[path].objects.count() == 7

    for size in (1, 3):
        forth = list(pages(scim, path, count=size, **query))
        assert ids(*forth) == whole
        cursor = forth[-1]["previousCursor"]
        back = list(pages(scim, path, direction="previousCursor", cursor=cursor, count=size, **query))
        assert ids(*reversed(back)) == whole[: -len(forth[-1]["Resources"])]


# While others write


@pytest.mark.parametrize("sort_by", [None, "userName", "title", "meta.created"])
@pytest.mark.parametrize("sort_order", ["ascending", "descending"])
def test_each_row_that_stays_is_on_one_page_while_other_rows_come_and_go(scim, sort_by, sort_order):
    number = count()

    def make():
        index = next(number)
        row = UserFactory.create(username=f"{'zebra'[index % 5]}-{index:04}")
        if index % 3:
            assert scim.patch(path_of(row), replace("title", f"{index % 2}")).status_code == 200
        return row

    staying = {make().username for _ in range(10)}
    leaving = [make() for _ in range(10)]

    def meanwhile():
        make()
        if leaving:
            row = leaving.pop(next(number) % len(leaving))
            if len(leaving) % 2:
                row.delete()
            else:
                assert scim.delete(path_of(row)).status_code == 204

    query = {"sortBy": sort_by, "sortOrder": sort_order} if sort_by else {}
    found = []
    for listing in pages(scim, count=3, meanwhile=meanwhile, **query):
        found += names(listing)
        assert len(found) < 100

    assert staying <= set(found)
    assert len(found) == len(set(found))


def test_a_cursor_outlives_the_row_that_it_was_made_of(scim):
    rows = UserFactory.create_batch(5)
    first = page(scim, count=2)
    rows[1].delete()
    rows[2].delete()

    second = page(scim, count=2, cursor=first["nextCursor"])

    assert names(second) == [rows[3].username, rows[4].username]
    assert names(page(scim, count=2, cursor=second["previousCursor"])) == [rows[0].username]


def test_a_cursor_leads_to_an_empty_page_once_all_that_followed_is_gone(scim):
    rows = UserFactory.create_batch(3)
    first = page(scim, count=2)
    rows[2].delete()

    found = page(scim, count=2, cursor=first["nextCursor"])

    assert found["Resources"] == []
    assert "nextCursor" not in found
    assert found["totalResults"] == 2


def test_a_row_that_was_added_behind_the_last_page_is_not_missed(scim):
    UserFactory.create_batch(2)
    first = page(scim, count=2)
    assert "nextCursor" not in first
    UserFactory.create()

    assert page(scim, count=2)["nextCursor"]


# What it costs


@pytest.fixture
def many(scim):
    """A client whose token has noted its use, and more users and groups than fit on a page."""
    rows = UserFactory.create_batch(30)
    for group in GroupFactory.create_batch(3):
        group.user_set.add(*rows)
    for row in rows[::2]:
        assert (
            scim.patch(path_of(row), {"op": "replace", "path": "title", "value": "Guide"}).status_code == 200
        )
    return scim


@pytest.mark.parametrize("query", [{}, {"sortBy": "userName"}, {"sortBy": "title"}], ids=str)
def test_a_page_takes_as_many_statements_whatever_its_size_and_wherever_it_is(many, query):
    first = statements(page, many, count=2, **query)
    cursor = page(many, count=10, **query)["nextCursor"]
    later = statements(page, many, count=10, cursor=cursor, **query)

    # The token, the count, the rows, their records, their groups. The first page without an order is kept.
    assert len(later) == 5, later
    assert len(first) == (5 if query else 4), first


def test_a_page_of_attributes_that_the_row_has_takes_no_other_statements(many):
    # The token, the count, the rows.
    assert len(statements(page, many, count=10, attributes="userName")) == 3


def test_a_project_can_leave_out_the_total_of_pages_by_cursor(many, settings):
    settings.DJANGO_SCIM = {"COUNT_WITH_CURSOR": False}

    collected = statements(page, many, count=10, attributes="userName")

    assert len(collected) == 2
    assert not any("COUNT(" in sql for sql in collected)
    found = list(pages(many, count=10))
    assert all("totalResults" not in listing for listing in found)
    assert len(ids(*found)) == 30
    assert many.get("/Users", {"count": 1}).json()["totalResults"] == 30


def test_no_page_by_cursor_skips_rows_by_counting_them(many):
    cursor = None
    for _ in range(3):
        with CaptureQueriesContext(database) as queries:
            cursor = page(many, count=5, **({"cursor": cursor} if cursor else {}))["nextCursor"]
        assert not any("OFFSET" in query["sql"] for query in queries)


def test_a_deleted_resource_is_on_no_page_by_cursor(scim):
    rows = UserFactory.create_batch(4)
    scim.delete(path_of(rows[1]))

    assert names(*pages(scim, count=1)) == [rows[number].username for number in (0, 2, 3)]
    assert Record.objects.filter(deleted_at__isnull=False).count() == 1
    assert User.objects.count() == 4
