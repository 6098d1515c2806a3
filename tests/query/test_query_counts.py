"""How many statements an answer takes: a number that does not grow with what is stored."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_scim.models import Link, Record
from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.representations import path_of, user


@pytest.fixture
def reader(scim: ScimClient) -> ScimClient:
    """A client whose token has been used this minute, so that its use is noted already."""
    assert scim.get("/Users", {"count": 0}).status_code == 200
    return scim


def statements(scim: ScimClient, path: str, **parameters: Any) -> int:
    """Return how many statements a request takes, its authentication included."""
    with CaptureQueriesContext(connection) as captured:
        response = scim.get(path, parameters)
    assert response.status_code == 200, response.content
    return len(captured)


def store_users(scim: ScimClient, number: int, *, start: int = 0) -> list[User]:
    """Store users with records, an ``externalId`` and a group each."""
    names = [f"stored{position}" for position in range(start, start + number)]
    User.objects.bulk_create(User(username=name, email=f"{name}@example.com") for name in names)
    rows = list(User.objects.filter(username__in=names).order_by("pk"))
    Record.objects.bulk_create(
        Record(resource_type="User", integer_key=row.pk, attributes={"title": row.username}) for row in rows
    )
    records = Record.objects.filter(integer_key__in=[row.pk for row in rows])
    Link.objects.bulk_create(
        Link(record=record, connection=scim.connection, external_id=f"x{record.pk}", digest=f"{record.pk}")
        for record in records
    )
    group = GroupFactory.create()
    User.groups.through.objects.bulk_create(
        User.groups.through(user_id=row.pk, group_id=group.pk) for row in rows
    )
    return rows


def test_reading_one_user_takes_three_statements(reader: ScimClient, django_assert_num_queries):
    (row, *_) = store_users(reader, 3)

    # The token, the user with the record, the groups.
    with django_assert_num_queries(3):
        response = reader.get(path_of(row))

    found = response.json()
    assert (found["title"], len(found["groups"])) == (row.username, 1)
    assert found["externalId"]


def test_reading_one_group_takes_three_statements(reader: ScimClient, django_assert_num_queries):
    store_users(reader, 20)
    path = path_of(Group.objects.get())

    # The token, the group with the record, the members.
    with django_assert_num_queries(3):
        response = reader.get(path)

    assert len(response.json()["members"]) == 20


def test_reading_a_user_who_is_not_there_takes_two_statements(reader: ScimClient, django_assert_num_queries):
    row = UserFactory.create()
    path = path_of(row)
    row.delete()

    with django_assert_num_queries(2):
        assert reader.get(path).status_code == 404


def test_reading_an_id_that_is_none_takes_no_look_at_the_users(reader: ScimClient, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert reader.get("/Users/nonsense").status_code == 404


def test_reading_a_hundred_users_takes_as_many_statements_as_one(reader: ScimClient):
    store_users(reader, 2)
    one_of_two = statements(reader, "/Users", count=1)

    store_users(reader, 99, start=2)
    hundred = statements(reader, "/Users", count=100)

    store_users(reader, 900, start=101)
    hundred_of_a_thousand = statements(reader, "/Users", count=100)

    assert one_of_two == hundred == hundred_of_a_thousand <= 7


def test_a_page_of_groups_takes_as_many_statements_however_many_members_they_have(reader: ScimClient):
    groups = GroupFactory.create_batch(5)
    groups[0].user_set.add(UserFactory.create())
    few = statements(reader, "/Groups")

    rows = store_users(reader, 300)
    for group in groups:
        group.user_set.add(*rows)
    many = statements(reader, "/Groups")

    assert many == few <= 5
    assert sum(len(group["members"]) for group in reader.get("/Groups").json()["Resources"]) > 1500


@pytest.mark.parametrize(
    "parameters",
    [
        {"filter": 'userName eq "stored5"'},
        {"filter": 'title co "stored" and emails[value ew "example.com" and primary eq true]'},
        {"filter": 'groups.display sw "Group" and not (externalId eq "x")'},
        {"sortBy": "title", "sortOrder": "descending"},
        {"sortBy": "groups.display"},
        {"filter": "meta.created pr", "sortBy": "externalId", "startIndex": 40},
        {"attributes": "meta.version,groups"},
    ],
)
def test_the_parameters_of_a_query_make_no_more_statements(reader: ScimClient, parameters):
    store_users(reader, 60)

    assert statements(reader, "/Users", **parameters) <= 5


def test_the_first_use_of_a_token_in_a_minute_takes_one_statement_more(
    scim: ScimClient, django_assert_num_queries
):
    UserFactory.create()

    with django_assert_num_queries(3):
        scim.get("/Users", {"count": 0})
    with django_assert_num_queries(2):
        scim.get("/Users", {"count": 0})


def test_a_filter_for_one_user_of_many_costs_no_more_rows(reader: ScimClient):
    store_users(reader, 200)
    reader.post("/Users", user("wanted", title="wanted"))

    with CaptureQueriesContext(connection) as captured:
        response = reader.get("/Users", {"filter": 'title eq "wanted"'})

    assert response.json()["totalResults"] == 1
    assert len(captured) <= 5
