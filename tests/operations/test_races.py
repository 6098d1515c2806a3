"""Requests that come at once, in threads with connections of their own: no update lost, no value twice."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from django.contrib.auth.models import Group, User

from django_scim.models import AwaitedReference, Link, Outcome, ProvisioningEvent, Record
from django_scim.models.record import UniqueValue
from django_scim.resources.vacating import VACANT
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.hosts.small.models import Person, Profile
from tests.operations.patch_operations import add, remove, replace
from tests.operations.simultaneous import at_once, real_client
from tests.representations import ENTERPRISE, current_path_of, group, member, path_of, user

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4
"""How often each race is run: enough for its outcomes to differ, bounded for the time they take."""


@pytest.fixture
def scim(connection):
    return real_client(connection)


def outcomes(responses):
    """Count the answers by status and scimType."""
    return Counter(
        (response.status_code, response.json().get("scimType") if response.content else None)
        for response in responses
    )


# One value, one resource


@pytest.mark.parametrize(
    "spellings",
    [["bjensen"] * 4, ["bjensen", "BJENSEN", "BJensen", "bjenseN"], ["øre", "Øre", "ØRE", "øRE"]],
    ids=["the same", "in other case", "in other case beyond ASCII"],
)
def test_exactly_one_of_many_requests_creates_one_user_name(scim, spellings):
    for number in range(ROUNDS):
        names = [f"{spelling}{number}" for spelling in spellings]

        responses = at_once(*[partial(scim.post, "/Users", user(name)) for name in names])

        assert outcomes(responses) == {(201, None): 1, (409, "uniqueness"): 3}
        created = next(response.json() for response in responses if response.status_code == 201)
        assert scim.get(f"/Users/{created['id']}").json() == created
    assert User.objects.count() == Record.objects.count() == UniqueValue.objects.count() == ROUNDS
    assert ProvisioningEvent.objects.filter(outcome=Outcome.SUCCESS).count() == ROUNDS
    assert ProvisioningEvent.objects.filter(outcome=Outcome.REFUSED).count() == 3 * ROUNDS


def test_exactly_one_of_two_requests_that_take_one_user_name_gets_it(scim):
    for number in range(ROUNDS):
        one, two = UserFactory.create_batch(2)

        responses = at_once(
            partial(scim.patch, path_of(one), replace("userName", f"Taken{number}")),
            partial(scim.put, path_of(two), user(f"taken{number}")),
            partial(scim.post, "/Users", user(f"TAKEN{number}")),
        )

        codes = sorted(response.status_code for response in responses)
        assert codes in ([200, 409, 409], [201, 409, 409])
        assert User.objects.filter(username__iexact=f"taken{number}").count() == 1


def test_exactly_one_of_many_requests_provisions_a_deleted_user_anew(scim):
    payload = user("bjensen", active=True, externalId="4")
    created = scim.post("/Users", payload).json()
    for _ in range(ROUNDS):
        assert scim.delete(f"/Users/{created['id']}").status_code == 204

        responses = at_once(*[partial(scim.post, "/Users", payload)] * 3)

        assert outcomes(responses) == {(201, None): 1, (409, "uniqueness"): 2}
        created = next(response.json() for response in responses if response.status_code == 201)
    assert User.objects.get().is_active


def test_exactly_one_of_many_requests_has_the_name_of_a_deleted_user(scim):
    for _ in range(ROUNDS):
        created = scim.post("/Users", user("bjensen")).json()
        assert scim.delete(f"/Users/{created['id']}").status_code == 204

        responses = at_once(*[partial(scim.post, "/Users", user("bjensen", active=True))] * 3)

        assert outcomes(responses) == {(201, None): 1, (409, "uniqueness"): 2}
        (made,) = [response.json() for response in responses if response.status_code == 201]
        assert scim.delete(f"/Users/{made['id']}").status_code == 204
    assert User.objects.count() == 2 * ROUNDS
    assert User.objects.filter(username="bjensen").count() == 1


@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_exactly_one_of_many_requests_takes_the_name_of_what_was_deleted(scim, kind):
    body, name = (user, "userName") if kind == "Users" else (group, "displayName")
    for number in range(ROUNDS):
        paths = [f"/{kind}/{scim.post(f'/{kind}', body(each)).json()['id']}" for each in ("gone", "a", "b")]
        assert scim.delete(paths[0]).status_code == 204

        responses = at_once(
            partial(scim.patch, paths[1], replace(name, "gone")),
            partial(scim.put, paths[2], body("gone")),
            partial(scim.post, f"/{kind}", body("gone")),
        )

        taken = [response for response in responses if response.status_code in (200, 201, 204)]
        others = [response for response in responses if response not in taken]
        assert outcomes(others) == {(409, "uniqueness"): 2}, number
        found = scim.get(f"/{kind}", {"filter": f'{name} eq "gone"'}).json()
        assert (len(taken), found["totalResults"]) == (1, 1)
        assert_the_parked_name_is_free(scim, kind, paths[0])
        for each in scim.get(f"/{kind}").json()["Resources"]:
            assert scim.delete(f"/{kind}/{each['id']}").status_code == 204


def assert_the_parked_name_is_free(scim, kind, path):
    """Look whether what was deleted stays so, and whether its row has given the name away."""
    assert scim.get(path).status_code == 404
    rows = User.objects.filter(username="gone") if kind == "Users" else Group.objects.filter(name="gone")
    assert rows.count() == 1


def test_exactly_one_of_many_requests_creates_one_group(scim):
    row = UserFactory.create()
    for number in range(ROUNDS):
        payload = group(f"Group {number}", members=[member(row)])

        responses = at_once(*[partial(scim.post, "/Groups", payload)] * 3)

        assert outcomes(responses) == {(201, None): 1, (409, "uniqueness"): 2}
    assert Group.objects.count() == row.groups.count() == ROUNDS


# No update is lost


def test_members_that_are_added_at_once_are_all_in_the_group(scim):
    row = GroupFactory.create()
    joining = [UserFactory.create_batch(3) for _ in range(8)]

    responses = at_once(
        *[
            partial(scim.patch, path_of(row), *[add("members", [member(user)]) for user in rows])
            for rows in joining
        ]
    )

    assert outcomes(responses) == {(204, None): 8}
    assert set(row.user_set.all()) == {user for rows in joining for user in rows}
    assert len({response["ETag"] for response in responses}) == 8
    assert ProvisioningEvent.objects.count() == 8
    assert Record.objects.filter(resource_type="Group").count() == 1


def test_one_member_that_is_added_by_many_is_one_member(scim):
    row, joins = GroupFactory.create(), UserFactory.create()

    responses = at_once(*[partial(scim.patch, path_of(row), add("members", [member(joins)]))] * 6)

    assert outcomes(responses) == {(204, None): 6}
    assert list(row.user_set.all()) == [joins]
    added = [event.changes for event in ProvisioningEvent.objects.all() if event.changes]
    assert len(added) == 1


def test_members_that_join_and_leave_at_once_have_joined_and_left(scim):
    row, stay, leave, join = GroupFactory.create(), *(UserFactory.create_batch(3) for _ in range(3))
    row.user_set.add(*stay, *leave)

    responses = at_once(
        *[partial(scim.patch, path_of(row), add("members", [member(user)])) for user in join],
        *[partial(scim.patch, path_of(row), remove("members", [member(user)])) for user in leave],
    )

    assert outcomes(responses) == {(204, None): 6}
    assert set(row.user_set.all()) == {*stay, *join}


def test_one_user_that_joins_many_groups_at_once_is_in_all_of_them(scim):
    joins, rows = UserFactory.create(), GroupFactory.create_batch(6)

    responses = at_once(*[partial(scim.patch, path_of(row), add("members", [member(joins)])) for row in rows])

    assert outcomes(responses) == {(204, None): 6}
    assert set(joins.groups.all()) == set(rows)


def test_attributes_of_one_user_that_are_changed_at_once_are_all_changed(scim):
    row = UserFactory.create()
    paths = ["title", "nickName", "name.givenName", "name.middleName", "locale", "externalId"]
    paths += [f"{ENTERPRISE}:department", f"{ENTERPRISE}:division"]

    for number in range(ROUNDS):
        responses = at_once(
            *[partial(scim.patch, path_of(row), replace(path, f"{path[-9:]}{number}")) for path in paths]
        )
        assert outcomes(responses) == {(200, None): 8}

        body = scim.get(path_of(row)).json()
        found = [body["title"], body["nickName"], body["name"]["givenName"], body["name"]["middleName"]]
        found += [
            body["locale"],
            body["externalId"],
            *(body[ENTERPRISE][key] for key in ("department", "division")),
        ]
        assert found == [f"{path[-9:]}{number}" for path in paths]
    assert Record.objects.get().revision == 8 * ROUNDS
    assert ProvisioningEvent.objects.count() == 8 * ROUNDS


def test_a_user_that_two_connections_adopt_at_once_is_of_one_of_them(scim):
    row, other = UserFactory.create(), ScimClient(ConnectionFactory.create())

    responses = at_once(
        partial(scim.patch, path_of(row), replace("externalId", "one")),
        partial(other.patch, path_of(row), replace("externalId", "two")),
    )

    assert outcomes(responses) == {(200, None): 1, (403, None): 1}
    owner, name = (scim, "one") if responses[0].status_code == 200 else (other, "two")
    assert Record.objects.get().managed_by == owner.connection
    assert owner.get(path_of(row)).json()["externalId"] == name
    assert Link.objects.count() == 1


# Preconditions


@pytest.mark.parametrize("has_record", [True, False], ids=["known to SCIM", "of the host"])
def test_exactly_one_of_many_requests_that_have_seen_one_version_writes(scim, has_record):
    for _ in range(ROUNDS):
        row = UserFactory.create()
        if has_record:
            scim.patch(path_of(row), replace("title", "Guide"))
        seen = {"If-Match": scim.get(path_of(row))["ETag"]}

        responses = at_once(
            *[partial(scim.patch, path_of(row), replace("title", title), **seen) for title in "abcde"],
            partial(scim.put, path_of(row), user(row.username, title="f"), **seen),
        )

        assert outcomes(responses) == {(200, None): 1, (412, None): 5}
        written = next(response.json() for response in responses if response.status_code == 200)
        assert scim.get(path_of(row)).json() == written


def test_a_delete_and_a_modification_of_one_version_at_once_do_not_both_succeed(scim):
    for _ in range(ROUNDS):
        row = UserFactory.create()
        seen = {"If-Match": scim.get(path_of(row))["ETag"]}

        modified, deleted = at_once(
            partial(scim.patch, path_of(row), replace("title", "Guide"), **seen),
            partial(scim.delete, path_of(row), **seen),
        )

        assert (modified.status_code, deleted.status_code) in [(200, 412), (404, 204)]


# A resource that goes


@pytest.mark.parametrize("way", ["soft", "hard"])
def test_a_user_that_is_modified_and_deleted_at_once_is_deleted(scim, settings, way):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": way}}}
    for _ in range(ROUNDS):
        row = UserFactory.create()

        modified, deleted, replaced = at_once(
            partial(scim.patch, path_of(row), replace("title", "Guide")),
            partial(scim.delete, path_of(row)),
            partial(scim.put, path_of(row), user(row.username, active=True)),
        )

        assert modified.status_code in (200, 404)
        assert replaced.status_code in (200, 404)
        assert deleted.status_code == 204
        assert scim.get(path_of(row)).status_code == 404
    assert not User.objects.filter(is_active=True).exists()
    assert not Record.objects.filter(deleted_at=None).exclude(VACANT).exists()


def test_a_row_that_the_project_deletes_while_it_is_modified_leaves_nothing_to_the_next_of_its_key(scim):
    for _ in range(2 * ROUNDS):
        row = UserFactory.create()
        key, former = row.pk, path_of(row)

        modified, _ = at_once(
            partial(scim.patch, former, replace("externalId", "4"), replace("title", "Guide")), row.delete
        )

        assert modified.status_code in (200, 404)
        next_row = UserFactory.create(pk=key)
        assert current_path_of(next_row) != former
        document = scim.get(current_path_of(next_row)).json()
        assert document.keys().isdisjoint({"externalId", "title"})
        assert scim.get(former).status_code == 404


def test_exactly_one_of_many_requests_deletes_one_user(scim):
    for _ in range(ROUNDS):
        row = UserFactory.create()

        responses = at_once(*[partial(scim.delete, path_of(row))] * 4)

        assert outcomes(responses) == {(204, None): 1, (404, None): 3}


@pytest.mark.parametrize("way", ["soft", "hard"])
def test_a_user_that_is_created_and_deleted_at_once_is_one_of_both(scim, settings, way):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": way}}}
    for number in range(2 * ROUNDS):
        path = f"/Users/{scim.post('/Users', user(f'bjensen{number}')).json()['id']}"

        deleted, created = at_once(
            partial(scim.delete, path),
            partial(scim.post, "/Users", user(f"bjensen{number}", title="Guide")),
        )

        assert deleted.status_code == 204
        found = scim.get("/Users", {"filter": f'userName eq "bjensen{number}"'}).json()
        if created.status_code == 201:
            assert found["Resources"] == [created.json()]
            assert found["Resources"][0]["active"] is True
        else:
            assert outcomes([created]) == {(409, "uniqueness"): 1}
            assert found["totalResults"] == 0


def test_a_group_that_is_deleted_while_members_join_has_none(scim):
    for _ in range(ROUNDS):
        row, joins = GroupFactory.create(), UserFactory.create()

        joined, deleted = at_once(
            partial(scim.patch, path_of(row), add("members", [member(joins)])),
            partial(scim.delete, path_of(row)),
        )

        assert joined.status_code in (204, 404)
        assert deleted.status_code == 204
        assert not row.user_set.exists()


JOINS = {
    "PATCH": lambda scim, row, joins: scim.patch(path_of(row), add("members", [member(joins)])),
    "PUT": lambda scim, row, joins: scim.put(path_of(row), group(row.name, members=[member(joins)])),
    "POST": lambda scim, row, joins: scim.post("/Groups", group(f"New {row}", members=[member(joins)])),
}
"""The ways into a group."""


@pytest.mark.parametrize("join", JOINS.values(), ids=JOINS)
def test_a_user_that_is_deleted_while_it_joins_a_group_is_in_none(scim, join):
    for _ in range(ROUNDS):
        row, joins = GroupFactory.create(), UserFactory.create()

        joined, deleted = at_once(
            partial(join, scim, row, joins),
            partial(scim.delete, path_of(joins)),
        )

        assert joined.status_code in (200, 201, 204, 400)
        assert deleted.status_code == 204
        assert not joins.groups.exists()
        assert scim.get(path_of(row)).json()["members"] == []
        assert scim.post("/Users", user(joins.username)).status_code == 201
        assert not joins.groups.exists()


# Who waits, and who comes


@pytest.mark.parametrize("is_new", [True, False], ids=["made", "changed"])
def test_a_manager_who_comes_while_others_begin_to_wait_is_that_of_all(scim, settings, is_new):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}}
    manager = f"{ENTERPRISE}:manager"
    for number in range(2 * ROUNDS):
        name, names = f"boss{number}", [f"waits{number}-{index}" for index in range(3)]
        if is_new:
            waits = [
                partial(scim.post, "/Users", user(each, **{ENTERPRISE: {"manager": {"value": name}}}))
                for each in names
            ]
            comes = partial(scim.post, "/Users", user(name, externalId=name))
        else:
            Person.objects.bulk_create(Person(login=each) for each in names)
            boss = Person.objects.create(login=name)
            people = Person.objects.filter(login__in=names)
            waits = [partial(scim.patch, path_of(each), replace(manager, {"value": name})) for each in people]
            comes = partial(scim.patch, path_of(boss), replace("externalId", name))

        responses = at_once(*waits, comes)

        assert {response.status_code for response in responses} == {201 if is_new else 200}
        rows = Profile.objects.filter(person__login__in=names)
        assert set(rows.values_list("manager__login", flat=True)) == {name}
    assert not AwaitedReference.objects.exists()


# The limit of what hurts


@pytest.mark.parametrize("hurt", [replace("active", False), replace("name.familyName", "X")], ids=str)
def test_the_limit_is_not_overshot_by_requests_at_once(scim, hurt):
    scim.connection.deprovisioning_limit = 3
    scim.connection.save()
    rows = UserFactory.create_batch(8)

    responses = at_once(*[partial(scim.patch, path_of(row), hurt) for row in rows])

    assert sorted(response.status_code for response in responses) == [200] * 3 + [503] * 5
    assert ProvisioningEvent.objects.filter(harmful=True).count() == 3
