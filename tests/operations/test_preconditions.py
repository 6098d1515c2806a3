"""Versions of resources, ``If-Match`` and ``If-None-Match`` (RFC 7644 section 3.14, RFC 9110 section 13)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_scim.models import Outcome
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.operations.patch_operations import add, remove, replace
from tests.operations.responses import last_event, stored
from tests.representations import group, member, path_of, user

STALE = 'W/"a330bc54f0671c9"'


@pytest.fixture
def row():
    """An account of the host."""
    return UserFactory.create(username="bjensen")


def put(scim, path, **headers):
    """Replace a user."""
    return scim.put(path, user("bjensen", title="Manager"), **headers)


def patch(scim, path, **headers):
    """Modify a user."""
    return scim.patch(path, replace("title", "Manager"), **headers)


def delete(scim, path, **headers):
    """Delete a resource."""
    return scim.delete(path, **headers)


@pytest.fixture(params=[put, patch, delete], ids=["PUT", "PATCH", "DELETE"])
def write(request):
    """Each method that changes a resource that is there."""
    return request.param


# If-Match


def test_a_write_to_the_version_that_the_client_has_seen_goes_through(scim, row, write):
    version = scim.get(path_of(row))["ETag"]

    assert write(scim, path_of(row), **{"If-Match": version}).status_code in (200, 204)


def test_a_write_to_another_version_is_refused_and_changes_nothing(scim, row, write):
    before = stored()

    assert_scim_error(write(scim, path_of(row), **{"If-Match": STALE}), 412)
    assert stored() == before
    assert (last_event().outcome, last_event().status) == (Outcome.REFUSED, 412)


def test_a_write_to_a_version_that_has_passed_is_refused(scim, row, write):
    version = scim.get(path_of(row))["ETag"]
    scim.patch(path_of(row), replace("title", "Guide"))

    assert_scim_error(write(scim, path_of(row), **{"If-Match": version}), 412)


def test_a_write_goes_through_to_any_version_if_the_client_says_so(scim, row, write):
    assert write(scim, path_of(row), **{"If-Match": "*"}).status_code in (200, 204)


def test_a_resource_that_is_not_there_is_not_found_whatever_its_version(scim, write):
    path = "/Users/26118915-6090-4610-87e4-49d8ca9f808d"

    assert_scim_error(write(scim, path, **{"If-Match": STALE}), 404)


@pytest.mark.parametrize(
    "spell",
    [
        lambda version: version.removeprefix("W/"),
        lambda version: f"{STALE}, {version}",
        lambda version: f'"x",{version} , "y"',
        lambda version: f'"with, comma", {version}',
    ],
    ids=["strong", "second of two", "one of three", "after one with a comma"],
)
def test_a_client_may_name_a_version_in_many_ways(scim, row, write, spell):
    version = scim.get(path_of(row))["ETag"]

    assert write(scim, path_of(row), **{"If-Match": spell(version)}).status_code in (200, 204)


@pytest.mark.parametrize("header", [STALE, f'{STALE}, "x"', "x", '"', "W/", ", ,", "\\", '"*"', "**", " "])
def test_an_if_match_that_does_not_name_the_version_is_refused(scim, row, write, header):
    assert_scim_error(write(scim, path_of(row), **{"If-Match": header}), 412)


def test_the_version_of_an_answer_can_be_used_for_the_next_write(scim, row):
    first = scim.patch(path_of(row), replace("title", "One"))
    second = put(scim, path_of(row), **{"If-Match": first["ETag"]})
    third = patch(scim, path_of(row), **{"If-Match": second["ETag"]})

    assert scim.delete(path_of(row), **{"If-Match": third["ETag"]}).status_code == 204


def test_the_version_of_a_new_resource_can_be_used_for_the_next_write(scim):
    created = scim.post("/Users", user())

    path = f"/Users/{created.json()['id']}"
    assert patch(scim, path, **{"If-Match": created["ETag"]}).status_code == 200


def test_the_version_of_an_answer_without_a_body_can_be_used_for_the_next_write(scim):
    path = path_of(GroupFactory.create())

    response = scim.patch(path, add("members", [member(UserFactory.create())]))

    assert response.status_code == 204
    assert scim.patch(path, remove("members"), **{"If-Match": response["ETag"]}).status_code == 204


# If-None-Match


@pytest.mark.parametrize(
    "spell",
    [
        lambda version: version,
        lambda version: version.removeprefix("W/"),
        lambda version: f"{STALE}, {version}",
    ],
    ids=["weak", "strong", "one of two"],
)
def test_a_client_that_has_the_version_is_not_sent_the_resource_again(scim, row, spell):
    version = scim.get(path_of(row))["ETag"]

    response = scim.get(path_of(row), **{"If-None-Match": spell(version)})

    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == version


def test_a_client_that_has_another_version_is_sent_the_resource(scim, row):
    response = scim.get(path_of(row), **{"If-None-Match": STALE})

    assert response.status_code == 200
    assert response.json()["userName"] == "bjensen"


def test_a_client_that_asks_for_less_is_told_the_same_version(scim, row):
    whole = scim.get(path_of(row))

    part = scim.get(path_of(row), {"attributes": "userName"})

    assert part["ETag"] == whole["ETag"]
    assert (
        scim.get(path_of(row), {"attributes": "userName"}, **{"If-None-Match": part["ETag"]}).status_code
        == 304
    )


# What is a new version


def version_of(scim, row):
    """Return the version that a GET names, in its header and in its body."""
    response = scim.get(path_of(row))
    assert response.json()["meta"]["version"] == response["ETag"]
    assert response["ETag"].startswith('W/"')
    return response["ETag"]


@pytest.mark.parametrize(
    "change",
    [{"username": "x"}, {"first_name": "x"}, {"last_name": "x"}, {"email": "x@y.org"}, {"is_active": False}],
    ids=str,
)
def test_a_change_by_the_host_in_the_database_alone_is_a_new_version(scim, row, change):
    before = version_of(scim, row)

    User.objects.filter(pk=row.pk).update(**change)

    assert version_of(scim, row) != before
    assert_scim_error(patch(scim, path_of(row), **{"If-Match": before}), 412)


def test_a_change_by_the_host_that_is_taken_back_is_the_old_version_again(scim, row):
    before = version_of(scim, row)

    User.objects.update(first_name="x")
    User.objects.update(first_name=row.first_name)

    assert version_of(scim, row) == before


def test_a_change_by_the_host_of_what_scim_does_not_show_is_no_new_version(scim, row):
    before = version_of(scim, row)

    User.objects.update(is_staff=True, password="x")

    assert version_of(scim, row) == before


def test_each_change_by_a_client_is_a_new_version(scim, row):
    versions = [version_of(scim, row)]
    for operation in (
        replace("title", "Guide"),
        replace("active", False),
        add("emails", [{"value": "b@jensen.org"}]),
        replace("externalId", "1"),
        remove("title"),
        replace("title", "Guide"),
    ):
        assert scim.patch(path_of(row), operation)["ETag"] == version_of(scim, row)
        versions.append(version_of(scim, row))

    assert len(set(versions)) == len(versions)


def test_a_request_that_changes_nothing_is_no_new_version(scim, row):
    scim.patch(path_of(row), replace("title", "Guide"))
    before = version_of(scim, row)

    scim.patch(path_of(row), replace("title", "Guide"), add("emails", []), remove("nickName"))
    scim.put(path_of(row), scim.get(path_of(row)).json())

    assert version_of(scim, row) == before


def test_a_refused_request_is_no_new_version(scim, row):
    before = version_of(scim, row)

    scim.patch(path_of(row), replace("title", "Guide"), replace("id", "x"))

    assert version_of(scim, row) == before


def test_the_external_id_of_another_connection_is_another_version(scim, row):
    other = ScimClient(ConnectionFactory.create())
    other_before = version_of(other, row)

    scim.patch(path_of(row), replace("externalId", "701984"))

    assert version_of(other, row) != version_of(scim, row)
    assert version_of(other, row) != other_before


@pytest.mark.parametrize(
    "operation", [add("members", []), remove("members", []), remove('members[value eq "nobody"]')], ids=str
)
def test_an_operation_that_changes_no_member_is_no_new_version(scim, operation):
    row = GroupFactory.create()
    before = version_of(scim, row)

    assert scim.patch(path_of(row), operation)["ETag"] == before
    assert version_of(scim, row) == before


def test_each_change_of_members_is_a_new_version(scim):
    row, one, two = GroupFactory.create(), *UserFactory.create_batch(2)
    versions = [version_of(scim, row)]
    for operation in (
        add("members", [member(one)]),
        add("members", [member(two)]),
        remove("members", [member(one)]),
        replace("members", [member(one), member(two)]),
        remove("members"),
    ):
        scim.patch(path_of(row), operation)
        versions.append(version_of(scim, row))
    scim.put(path_of(row), group(row.name, members=[member(one)]))
    versions.append(version_of(scim, row))

    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize(
    "change", ["add", "remove", "set", "clear", "add from the other side", "clear from the other side"]
)
def test_a_change_of_members_by_the_host_is_a_new_version(scim, change):
    row, one, two = GroupFactory.create(), *UserFactory.create_batch(2)
    row.user_set.add(one)
    before = version_of(scim, row)

    changes: dict[str, Callable[[], Any]] = {
        "add": partial(row.user_set.add, two),
        "remove": partial(row.user_set.remove, one),
        "set": partial(row.user_set.set, [two]),
        "clear": row.user_set.clear,
        "add from the other side": partial(two.groups.add, row),
        "clear from the other side": one.groups.clear,
    }
    changes[change]()

    assert version_of(scim, row) != before


def test_the_version_of_a_large_group_takes_no_look_at_its_members(scim):
    small, large = GroupFactory.create_batch(2)
    rows = User.objects.bulk_create(User(username=f"member{number}") for number in range(200))
    through = Group.user_set.through
    through.objects.bulk_create(through(group=large, user=row) for row in rows)
    scim.get("/Users")  # The token notes its use once a minute.
    counts = []
    for row in (small, large):
        with CaptureQueriesContext(database) as queries:
            scim.patch(path_of(row), replace("displayName", f"Renamed {row.pk}"))
        counts.append(len(queries))
        assert not any("auth_user_groups" in query["sql"] for query in queries)

    assert counts[0] == counts[1]
