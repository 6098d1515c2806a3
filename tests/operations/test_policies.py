"""``POLICIES``: the project sees each write before it is saved, and allows it, changes it or refuses it."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from django.contrib.auth.models import Group, User
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from django_scim.models import Outcome
from django_scim.policies import allowed_groups, seat_limit
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.messages import BULK_REQUEST
from tests.operations import policies
from tests.operations.bulk_operations import delete, patch, post, put
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE, add, remove, replace
from tests.operations.responses import last_event, stored
from tests.operations.simultaneous import at_once
from tests.representations import group, id_of, member, path_of, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def named(settings):
    """Name policies of :mod:`tests.operations.policies` in the settings."""

    def name(*names):
        settings.DJANGO_SCIM = {"POLICIES": [f"tests.operations.policies.{each}" for each in names]}

    policies.seen.clear()
    policies.told.clear()
    return name


def path_in(response):
    return response.headers["Location"].partition(ROOT)[2]


def bulk(scim, *operations):
    response = scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": list(operations)})
    return [
        (result["status"], result.get("response", {}).get("detail"))
        for result in response.json()["Operations"]
    ]


# What a policy sees


def test_a_policy_sees_a_creation_before_it_is_saved(scim, connection, named):
    named("look")

    scim.post("/Users", user("eve", title="Guide", password="correct horse battery"))

    (told,) = policies.told
    assert (told["operation"], told["resource type"], told["saved"]) == ("create", "User", False)
    assert (told["before"], told["active"]) == ({}, (False, True))
    assert (told["after"]["userName"], told["after"]["title"]) == ("eve", "Guide")
    assert "password" not in told["after"]
    assert told["changes"]["title"] == {"after": "Guide"}
    assert "correct horse" not in str(told)
    assert policies.seen[0].connection == connection


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_policy_sees_a_change_with_both_sides(scim, named, method):
    row = UserFactory.create(username="eve", first_name="Eve")
    named("look")

    if method == "PUT":
        scim.put(path_of(row), user("eve", name={"givenName": "Eva"}, active=False))
    else:
        scim.patch(path_of(row), replace("name.givenName", "Eva"), DEACTIVATE)

    (told,) = policies.told
    assert told["operation"] == {"PUT": "replace", "PATCH": "modify"}[method]
    assert (told["before"]["name"]["givenName"], told["after"]["name"]["givenName"]) == ("Eve", "Eva")
    assert (told["changes"]["active"], told["active"]) == ({"before": True, "after": False}, (True, False))
    assert "password" not in told["before"]
    assert policies.seen[0].instance == row


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_a_policy_sees_a_deletion(scim, settings, named, kind):
    row = UserFactory.create(username="eve")
    named("look")
    settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "RESOURCES": {"User": {"delete": kind}}}

    assert scim.delete(path_of(row)).status_code == 204

    (told,) = policies.told
    assert (told["operation"], told["before"]["userName"], told["after"]) == ("delete", "eve", {})
    assert told["active"] == (True, False)


def test_a_policy_sees_the_members_that_a_request_names(scim, named):
    row, one, two = GroupFactory.create(name="Guides"), *UserFactory.create_batch(2)
    row.user_set.add(two)
    named("look")

    scim.patch(path_of(row), add("members", [member(one)]), remove(f'members[value eq "{id_of(two)}"]'))
    scim.put(path_of(row), group("Guides", members=[member(two)]))
    scim.post("/Groups", group("Cooks", members=[member(one), member(two)]))

    assert [told["added"].get("members") for told in policies.told] == [
        (id_of(one),),
        (id_of(two),),
        (id_of(one), id_of(two)),
    ]
    assert policies.told[0]["removed"] == {"members": (id_of(two),)}


def test_a_policy_sees_each_operation_of_a_bulk_job(scim, named):
    row, other = UserFactory.create_batch(2)
    named("look")

    bulk(
        scim,
        post("/Users", "1", user("new")),
        put(path_of(row), user("other")),
        patch(path_of(row), replace("title", "Guide")),
        delete(path_of(other)),
        post("/Groups", "2", group("One", members=[{"value": "bulkId:3", "type": "Group"}])),
        post("/Groups", "3", group("Two", members=[{"value": "bulkId:2", "type": "Group"}])),
    )

    assert [told["operation"] for told in policies.told][:4] == ["create", "replace", "modify", "delete"]
    assert {told["after"].get("displayName") for told in policies.told[4:]} == {"One", "Two"}


def test_a_policy_is_not_asked_of_a_write_that_changes_nothing(scim, connection, named):
    row = managed(connection, UserFactory.create(first_name="Eve"))
    named("look")

    assert scim.patch(path_of(row), replace("name.givenName", "Eve")).status_code == 200

    assert policies.told == []


# What a policy does


@pytest.mark.parametrize(
    ("name", "status", "kind", "detail"),
    [
        ("refuse", 403, None, "not on a Sunday"),
        ("deny", 403, None, "only on weekdays"),
        ("find_fault", 400, "invalidValue", "no such person"),
    ],
)
def test_what_a_policy_refuses_is_an_error_with_its_text_and_nothing_is_written(
    scim, named, name, status, kind, detail
):
    row, team = UserFactory.create(), GroupFactory.create()
    named("look", name)
    before = stored()

    for response in (
        scim.post("/Users", user("new")),
        scim.put(path_of(row), user("other")),
        scim.patch(path_of(row), replace("title", "Guide")),
        scim.delete(path_of(row)),
        scim.patch(path_of(team), add("members", [member(row)])),
    ):
        assert_scim_error(response, status, kind)
        assert response.json()["detail"] == detail
    answers = bulk(scim, post("/Users", "1", user("new")), delete(path_of(row)))
    assert answers == [(str(status), detail)] * 2
    assert stored() == before
    assert (last_event().outcome, last_event().detail) == (Outcome.REFUSED, detail)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_what_a_policy_changes_is_saved_and_told(scim, connection, named, method):
    row = managed(connection, UserFactory.create(username="eve", last_name="Old"))
    named("change", "look")

    match method:
        case "POST":
            response = scim.post("/Users", user("new", title="Boss", name={"familyName": "New"}))
        case "PUT":
            response = scim.put(path_of(row), user("eve", title="Boss", name={"familyName": "New"}))
        case "PATCH":
            response = scim.patch(path_of(row), replace("nickName", "E"))

    document = response.json()
    assert (document["title"], document["name"]["familyName"]) == ("Guest", "Changed")
    assert User.objects.order_by("pk")[User.objects.count() - 1].last_name == "Changed"
    changes = last_event().changes
    assert (changes["title"]["after"], changes["name.familyName"]["after"]) == ("Guest", "Changed")
    assert policies.told[0]["after"]["title"] == "Guest"


def test_a_unique_value_that_a_policy_gives_is_a_conflict_where_somebody_has_it(scim, named):
    UserFactory.create(username="Renamed")
    named("rename")

    assert_scim_error(scim.post("/Users", user("eve")), 409, "uniqueness")
    assert User.objects.count() == 1


def test_a_unique_value_that_a_policy_gives_is_kept_from_others(scim, named, settings):
    named("rename")
    response = scim.post("/Users", user("eve"))
    settings.DJANGO_SCIM = {}

    assert response.json()["userName"] == "renamed"
    assert_scim_error(scim.post("/Users", user("RENAMED")), 409, "uniqueness")
    assert scim.post("/Users", user("eve")).status_code == 201


def test_an_attribute_that_a_policy_cannot_set_is_an_error_of_the_project(scim, named):
    named("set_nonsense")

    with pytest.raises(ValueError, match="a policy cannot set 'members'"):
        scim.post("/Groups", group("Guides"))


# The limit of seats


def test_no_account_is_made_beyond_the_seats(scim, named):
    UserFactory.create_batch(3)  # Of no connection.
    named("two_seats")

    first, second, third = (scim.post("/Users", user(name)) for name in ("a", "b", "c"))

    assert (first.status_code, second.status_code) == (201, 201)
    assert_scim_error(third, 403)
    assert third.json()["detail"] == "all 2 seats are taken"


def test_an_account_that_is_locked_or_deleted_takes_no_seat(scim, named):
    named("two_seats")
    one, two = (path_in(scim.post("/Users", user(name))) for name in ("a", "b"))

    assert scim.post("/Users", user("c", active=False)).status_code == 201
    scim.patch(one, DEACTIVATE)
    assert scim.post("/Users", user("d")).status_code == 201
    assert_scim_error(scim.patch(one, ACTIVATE), 403)
    assert scim.delete(two).status_code == 204
    assert scim.patch(one, ACTIVATE).status_code == 200


def test_an_account_that_has_a_seat_may_be_changed_when_there_are_too_many(scim, connection, named):
    rows = [managed(connection, UserFactory.create()) for _ in range(3)]
    named("two_seats")

    assert scim.patch(path_of(rows[0]), replace("title", "Guide")).status_code == 200
    assert scim.put(path_of(rows[0]), user("other")).status_code == 200


def test_the_seats_are_those_of_one_connection(named):
    small, large = (ScimClient(ConnectionFactory.create(name=name)) for name in ("Small", "Large"))
    named("seats_by_name")

    codes = [
        client.post("/Users", user(f"{client.connection.name}{number}")).status_code
        for client in (small, large)
        for number in range(4)
    ]

    assert codes == [201, 403, 403, 403, 201, 201, 201, 403]


def test_an_account_that_is_adopted_takes_a_seat(scim, connection, named):
    for _ in range(2):
        managed(connection, UserFactory.create())
    row = UserFactory.create()
    named("two_seats")

    assert_scim_error(scim.patch(path_of(row), replace("title", "Guide")), 403)


def test_there_may_be_any_number_of_seats(scim, named):
    named("any_seats")

    assert [scim.post("/Users", user(name)).status_code for name in "abc"] == [201] * 3


def test_the_operations_of_a_bulk_job_share_the_seats(scim, named):
    named("two_seats")

    answers = bulk(scim, *[post("/Users", name, user(name)) for name in "abc"])

    assert [status for status, _ in answers] == ["201", "201", "403"]


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_once_only_as_many_get_a_seat_as_there_are(scim, named):
    named("two_seats")
    scim.get("/Users")

    responses = at_once(*[partial(scim.post, "/Users", user(f"user{number}")) for number in range(5)])

    assert Counter(response.status_code for response in responses) == {201: 2, 403: 3}
    assert User.objects.count() == 2


# The groups that there may be


def test_only_allowed_groups_are_made(scim, named):
    named("guides_and_cooks")

    assert scim.post("/Groups", group("GUIDES")).status_code == 201
    response = scim.post("/Groups", group("Admins"))

    assert_scim_error(response, 403)
    assert response.json()["detail"] == "the group 'Admins' is not one that this connection may have"
    assert [row.name for row in Group.objects.all()] == ["GUIDES"]


def test_only_allowed_groups_are_filled_and_any_is_emptied(scim, connection, named):
    guides, admins = (managed(connection, GroupFactory.create(name=name)) for name in ("Guides", "Admins"))
    one, two = UserFactory.create_batch(2)
    admins.user_set.add(two)
    named("guides_and_cooks")

    assert scim.patch(path_of(guides), add("members", [member(one)])).status_code == 204
    assert_scim_error(scim.patch(path_of(admins), add("members", [member(one)])), 403)
    assert_scim_error(scim.put(path_of(admins), group("Admins", members=[member(one)])), 403)
    assert scim.patch(path_of(admins), remove(f'members[value eq "{id_of(two)}"]')).status_code == 204
    assert scim.delete(path_of(admins)).status_code == 204


def test_no_group_is_renamed_to_one_that_is_not_allowed(scim, connection, named):
    row = managed(connection, GroupFactory.create(name="Guides"))
    named("guides_and_cooks")

    assert_scim_error(scim.patch(path_of(row), replace("displayName", "Admins")), 403)
    assert scim.patch(path_of(row), replace("displayName", "Cooks")).status_code == 204


def test_the_allowed_groups_are_those_of_one_connection(named):
    small, big = (ScimClient(ConnectionFactory.create(name=name)) for name in ("Small", "Big"))
    named("groups_by_name")

    assert_scim_error(small.post("/Groups", group("Admins")), 403)
    assert big.post("/Groups", group("Admins")).status_code == 201


# Settings


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tests.operations.policies.looks", "look"),
        ("tests.operations.nowhere.look", "cannot be imported"),
        ("look", "no dotted path"),
        ("tests.operations.policies.told", "cannot be called"),
        ("django_scim.policies.seat_limit", "only makes such a function"),
        ("django_scim.policies.allowed_groups", "Call it, and name what it returns"),
    ],
)
def test_a_policy_that_cannot_be_called_is_an_error(settings, path, said):
    settings.DJANGO_SCIM = {"POLICIES": [path]}

    (message,) = [each for each in run_checks(tags=["django_scim"]) if each.id == "django_scim.E021"]
    assert said in f"{message.msg} {message.hint}"


@pytest.mark.parametrize("make", [seat_limit, allowed_groups])
def test_a_policy_that_is_made_of_something_else_is_an_error(make):
    with pytest.raises(ImproperlyConfigured):
        make("many")
