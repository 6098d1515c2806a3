"""Who may touch what: each cell of the table, by requests, and that nothing else changes where it says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model

from django_scim.models import AdoptionPolicy, ProvisioningEvent, Record
from django_scim.resources.authority import PERMITTED, Act, Standing
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.operations.bulk_operations import delete, patch, post, put, run, statuses
from tests.operations.patch_operations import DEACTIVATE, add, remove, replace
from tests.representations import group, member, path_of, user


@pytest.fixture
def other(db):
    """Another identity provider."""
    return ScimClient(ConnectionFactory.create())


def client_of(policy: AdoptionPolicy) -> ScimClient:
    """Return an identity provider with a policy."""
    return ScimClient(ConnectionFactory.create(adoption=policy))


def delete_user() -> Permission:
    return Permission.objects.get(codename="delete_user")


def with_permission(row: User) -> User:
    row.user_permissions.add(delete_user())
    return row


USERS: dict[str, tuple[Standing, Callable[[ScimClient], User]]] = {
    "own": (Standing.OWN, lambda scim: managed(scim.connection, UserFactory.create())),
    "own, and staff since": (
        Standing.OWN,
        lambda scim: managed(scim.connection, UserFactory.create(is_staff=True)),
    ),
    "another's": (Standing.OTHER, lambda _: managed(ConnectionFactory.create(), UserFactory.create())),
    "another's staff": (
        Standing.OTHER,
        lambda _: managed(ConnectionFactory.create(), UserFactory.create(is_staff=True)),
    ),
    "made by hand": (Standing.BY_HAND, lambda _: UserFactory.create()),
    "staff": (Standing.POWERFUL, lambda _: UserFactory.create(is_staff=True)),
    "with a permission": (Standing.POWERFUL, lambda _: with_permission(UserFactory.create())),
    "a superuser": (Standing.PROTECTED, lambda _: UserFactory.create(is_superuser=True)),
    "own, and a superuser since": (
        Standing.PROTECTED,
        lambda scim: managed(scim.connection, UserFactory.create(is_superuser=True)),
    ),
}
"""Accounts of each standing."""

ACTS: dict[str, tuple[Act, Callable[[ScimClient, User], Any]]] = {
    "PATCH with the name": (
        Act.MATCH,
        lambda scim, row: scim.patch(
            path_of(row), replace("userName", row.username.upper()), replace("title", "Guide")
        ),
    ),
    "PATCH of an externalId": (
        Act.MATCH,
        lambda scim, row: scim.patch(path_of(row), {"op": "add", "value": {"ExternalId": "4"}}),
    ),
    "PUT with the name": (
        Act.MATCH,
        lambda scim, row: scim.put(path_of(row), user(row.username, title="Guide")),
    ),
    "PATCH": (Act.CHANGE, lambda scim, row: scim.patch(path_of(row), DEACTIVATE)),
    "PUT of another name": (Act.CHANGE, lambda scim, row: scim.put(path_of(row), user("another"))),
    "PATCH of no externalId": (
        Act.CHANGE,
        lambda scim, row: scim.patch(path_of(row), replace("externalId", ""), replace("title", "Guide")),
    ),
    "DELETE": (Act.DELETE, lambda scim, row: scim.delete(path_of(row))),
    "joining": (Act.MEMBERSHIP, lambda scim, row: scim.patch(own_group(scim), add("members", [member(row)]))),
    "joining by PUT": (
        Act.MEMBERSHIP,
        lambda scim, row: scim.put(own_group(scim), group("Guides", members=[member(row)])),
    ),
    "joining by POST": (
        Act.MEMBERSHIP,
        lambda scim, row: scim.post("/Groups", group("New", members=[member(row)])),
    ),
    "leaving": (
        Act.MEMBERSHIP,
        lambda scim, row: scim.patch(own_group(scim, row), remove("members", [member(row)])),
    ),
    "leaving by a filter": (
        Act.MEMBERSHIP,
        lambda scim, row: scim.patch(own_group(scim, row), remove('members[display sw "u"]')),
    ),
    "leaving by PUT": (Act.MEMBERSHIP, lambda scim, row: scim.put(own_group(scim, row), group("Guides"))),
    "leaving all": (Act.MEMBERSHIP, lambda scim, row: scim.patch(own_group(scim, row), remove("members"))),
}
"""Requests of each kind."""


def own_group(scim: ScimClient, *rows: User) -> str:
    """Return the path of a group of the connection's, with members that the project has put there."""
    team = managed(scim.connection, GroupFactory.create(name="Guides"))
    team.user_set.add(*rows)
    return path_of(team)


def stored(row: Model) -> Any:
    """Return what the project has of an account."""
    groups = list(User.objects.get(pk=row.pk).groups.order_by("name").values_list("name", flat=True))
    return User.objects.filter(pk=row.pk).values().get(), groups


def test_the_table_has_every_cell():
    assert {(whose, policy) for whose in Standing for policy in AdoptionPolicy} == {
        (whose, policy) for whose, cells in PERMITTED.items() for policy in cells
    }
    assert {whose for whose, _ in USERS.values()} == set(Standing)
    assert {act for act, _ in ACTS.values()} == set(Act)


@pytest.mark.django_db
@pytest.mark.parametrize("policy", AdoptionPolicy)
@pytest.mark.parametrize("whose", USERS)
@pytest.mark.parametrize("act", ACTS)
def test_a_connection_may_do_what_the_table_says(policy, whose, act):
    scim = client_of(policy)
    (standing, arrange), (kind, perform) = USERS[whose], ACTS[act]
    row = arrange(scim)
    assert scim.get(path_of(row)).status_code == 200
    before = stored(row)
    is_permitted = kind in PERMITTED[standing][policy]

    response = perform(scim, row)

    assert response.status_code in ((200, 201, 204) if is_permitted else (403,)), response.content
    if not is_permitted:
        after, groups = stored(row)
        assert after == before[0]
        assert groups == (["Guides"] if act.startswith("leaving") else [])
        event = ProvisioningEvent.objects.latest("pk")
        assert (event.outcome, event.status, bool(event.detail)) == ("refused", 403, True)


BULK_ACTS: dict[str, tuple[Act, Callable[[ScimClient, User], Any]]] = {
    "PUT with the name": (Act.MATCH, lambda _, row: put(path_of(row), user(row.username, title="Guide"))),
    "PATCH": (Act.CHANGE, lambda _, row: patch(path_of(row), DEACTIVATE)),
    "DELETE": (Act.DELETE, lambda _, row: delete(path_of(row))),
    "joining": (Act.MEMBERSHIP, lambda scim, row: patch(own_group(scim), add("members", [member(row)]))),
}
"""Operations of a bulk job of each kind."""


@pytest.mark.django_db
@pytest.mark.parametrize("policy", AdoptionPolicy)
@pytest.mark.parametrize("whose", USERS)
@pytest.mark.parametrize("act", BULK_ACTS)
def test_a_bulk_job_may_do_what_the_table_says(policy, whose, act):
    scim = client_of(policy)
    (standing, arrange), (kind, operation) = USERS[whose], BULK_ACTS[act]
    row = arrange(scim)
    before = stored(row)
    is_permitted = kind in PERMITTED[standing][policy]

    results = run(scim, operation(scim, row), post("/Users", "next", user("next")))

    assert statuses(results)[0] in (("200", "204") if is_permitted else ("403",))
    assert statuses(results)[1] == "201"
    assert is_permitted or stored(row) == before


GROUPS: dict[str, tuple[Standing, Callable[[ScimClient], Group]]] = {
    "own": (Standing.OWN, lambda scim: managed(scim.connection, GroupFactory.create())),
    "another's": (Standing.OTHER, lambda _: managed(ConnectionFactory.create(), GroupFactory.create())),
    "made by hand": (Standing.BY_HAND, lambda _: GroupFactory.create()),
    "with a permission": (Standing.POWERFUL, lambda _: granting(GroupFactory.create())),
}
"""Groups of each standing: none is protected."""


def granting(row: Group) -> Group:
    """Let a group grant a permission."""
    row.permissions.add(delete_user())
    return row


GROUP_ACTS: dict[str, tuple[Act, Callable[[ScimClient, Group], Any]]] = {
    "PUT with the name": (
        Act.MATCH,
        lambda scim, row: scim.put(path_of(row), group(row.name, members=[member(mine(scim))])),
    ),
    "PATCH of an externalId": (
        Act.MATCH,
        lambda scim, row: scim.patch(path_of(row), replace("externalId", "4")),
    ),
    "PATCH of the name": (
        Act.CHANGE,
        lambda scim, row: scim.patch(path_of(row), replace("displayName", "Other")),
    ),
    "PATCH of members": (
        Act.CHANGE,
        lambda scim, row: scim.patch(path_of(row), add("members", [member(mine(scim))])),
    ),
    "DELETE": (Act.DELETE, lambda scim, row: scim.delete(path_of(row))),
}
"""Requests to change a group."""


def mine(scim: ScimClient) -> User:
    """Return an account that a connection may put anywhere."""
    return managed(scim.connection, UserFactory.create())


@pytest.mark.django_db
@pytest.mark.parametrize("policy", AdoptionPolicy)
@pytest.mark.parametrize("whose", GROUPS)
@pytest.mark.parametrize("act", GROUP_ACTS)
def test_a_connection_may_do_with_a_group_what_the_table_says(policy, whose, act):
    scim = client_of(policy)
    (standing, arrange), (kind, perform) = GROUPS[whose], GROUP_ACTS[act]
    row = arrange(scim)
    is_permitted = kind in PERMITTED[standing][policy]

    response = perform(scim, row)

    assert response.status_code in ((200, 204) if is_permitted else (403,)), response.content
    if not is_permitted:
        assert Group.objects.get(pk=row.pk).name == row.name
        assert not row.user_set.exists()


@pytest.mark.django_db
def test_with_stock_settings_no_connection_touches_what_another_one_or_the_project_has(other):
    scim = ScimClient(ConnectionFactory.create())
    theirs = User.objects.get(pk=managed(other.connection, UserFactory.create()).pk)
    staff = User.objects.create_user("staff", "staff@example.com", "their own password", is_staff=True)
    admins = granting(GroupFactory.create(name="Admins"))
    before = [stored(theirs), stored(staff)]
    taking = user("staff", password="much-too-long-to-guess", emails=[{"value": "mallory@example.com"}])

    answers = [
        scim.patch(path_of(theirs), replace("name.givenName", "Mallory")),
        scim.put(path_of(staff), taking),
        scim.patch(path_of(staff), {"op": "replace", "value": taking}),
        scim.patch(path_of(admins), add("members", [member(mine(scim))])),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert [stored(theirs), stored(staff)] == before
    assert not admins.user_set.exists()


@pytest.mark.django_db
class TestAdoption:
    def test_adoption_by_a_write_makes_the_connection_the_one_that_manages_it(self, other):
        scim, row = client_of(AdoptionPolicy.MATCHING), UserFactory.create(username="barbara")

        response = scim.put(path_of(row), user("Barbara", title="Guide"))

        assert (response.status_code, response.json()["title"]) == (200, "Guide")
        assert Record.objects.get().managed_by == scim.connection
        assert scim.patch(path_of(row), DEACTIVATE).status_code == 200
        assert other.patch(path_of(row), replace("title", "x")).status_code == 403

    def test_adoption_is_told_in_the_history(self):
        scim, row = client_of(AdoptionPolicy.MATCHING), UserFactory.create(username="barbara")

        scim.put(path_of(row), user("barbara"))

        assert ProvisioningEvent.objects.get().detail == "adopted: it was made by hand"

    @pytest.mark.parametrize("policy", [AdoptionPolicy.MATCHING, AdoptionPolicy.ALL])
    def test_adoption_changes_neither_password_nor_address_in_the_same_request(self, policy):
        scim, row = client_of(policy), UserFactory.create(username="barbara", email="barbara@example.com")
        row.set_password("correct horse battery staple")
        row.save()
        taken = user(
            "barbara", title="Guide", password="mine all mine", emails=[{"value": "evil@example.org"}]
        )

        response = scim.put(path_of(row), taken)

        row.refresh_from_db()
        assert response.json()["title"] == "Guide"
        assert [each["value"] for each in response.json()["emails"]] == ["barbara@example.com"]
        assert row.email == "barbara@example.com"
        assert row.check_password("correct horse battery staple")
        assert scim.put(path_of(row), taken).status_code == 200
        row.refresh_from_db()
        assert row.email == "evil@example.org"

    def test_adoption_by_a_write_that_changes_nothing_is_kept_and_is_no_new_version(self):
        scim, row = client_of(AdoptionPolicy.MATCHING), UserFactory.create(username="barbara")
        document = scim.get(path_of(row)).json()

        assert scim.put(path_of(row), document).json() == document

        assert Record.objects.get().managed_by == scim.connection
        assert scim.delete(path_of(row)).status_code == 204

    def test_adoption_of_a_group_is_by_its_name(self):
        scim, row = client_of(AdoptionPolicy.MATCHING), GroupFactory.create(name="Guides")
        person = member(UserFactory.create())

        assert scim.patch(path_of(row), add("members", [person])).status_code == 403
        named = {"op": "replace", "value": {"id": "any", "displayName": "guides"}}
        assert scim.patch(path_of(row), named).status_code in (200, 204)
        assert scim.patch(path_of(row), add("members", [person])).status_code == 204


@pytest.mark.django_db
class TestPower:
    def test_power_of_a_group_keeps_a_connection_from_putting_its_users_in(self):
        scim, row = client_of(AdoptionPolicy.ALL), GroupFactory.create(name="Deletes")
        row.permissions.add(delete_user())
        mine = managed(scim.connection, UserFactory.create())

        answers = [
            scim.patch(path_of(row), add("members", [member(mine)])),
            scim.put(path_of(row), group("Deletes", members=[member(mine)])),
            scim.delete(path_of(row)),
        ]

        assert [answer.status_code for answer in answers] == [403] * 3
        assert "hand it over" in answers[0].json()["detail"]
        assert not row.user_set.exists()
        assert Group.objects.filter(name="Deletes").exists()

    def test_power_that_is_handed_over_is_the_connections_own(self):
        scim, row = client_of(AdoptionPolicy.OWN), GroupFactory.create(name="Deletes")
        row.permissions.add(delete_user())
        managed(scim.connection, row)
        Record.objects.update(is_handed_over=True)

        mine = managed(scim.connection, UserFactory.create())
        assert scim.patch(path_of(row), add("members", [member(mine)])).status_code == 204

    def test_power_by_protect_is_of_who_has_it_handed_over_alone(self, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"protect": {"username__startswith": "service-"}}}}
        scim = client_of(AdoptionPolicy.ALL)
        row = managed(scim.connection, UserFactory.create(username="service-backup"))
        assert scim.patch(path_of(row), DEACTIVATE).status_code == 403

        Record.objects.update(is_handed_over=True)

        assert scim.patch(path_of(row), DEACTIVATE).status_code == 200


@pytest.mark.django_db
def test_an_account_that_changes_itself_is_of_whom_it_was_before(settings, other):
    settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": ["tests.api.acting.OwnAccount"]}
    row = managed(other.connection, UserFactory.create(username="barbara"))

    response = other.request(
        "PATCH", "/Me", {"Operations": [replace("title", "Guide")]}, **{"X-Account": "barbara"}
    )

    assert (response.status_code, Record.objects.get().managed_by) == (200, other.connection)
    assert row.username == "barbara"
