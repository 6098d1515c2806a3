"""Two connections at one account at once: one order of the requests explains what is left.

The tests of each host whose organisations share accounts: import all of this module, beside ``models``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_scim.models import Record
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.hosts.leaks import Models
from tests.operations.simultaneous import at_once
from tests.representations import user

__all__ = [
    "clients",
    "test_a_name_that_is_parked_while_two_take_it_is_one_accounts_alone",
    "test_a_name_that_is_taken_while_another_account_is_renamed_to_it_is_one_accounts_alone",
    "test_an_account_made_by_hand_that_two_organisations_join_at_once_is_shared_and_nobodys_to_write",
    "test_an_account_that_is_joined_while_its_last_membership_ends_is_open_for_those_who_have_it",
    "test_an_account_that_two_connections_of_an_organisation_adopt_at_once_is_of_one_of_them",
    "test_two_connections_that_make_one_account_at_once_share_it",
    "test_two_memberships_that_end_at_once_lock_the_account",
]

ROUNDS = 5

LOCK = {"op": "replace", "path": "active", "value": False}


@pytest.fixture
def clients(transactional_db: None, here: ScimClient, there: ScimClient) -> tuple[ScimClient, ScimClient]:
    """The identity providers of two organisations, whose rows all threads see."""
    return here, there


def statuses(*responses: Any) -> list[int]:
    """Return the statuses of responses, in their order."""
    return [response.status_code for response in responses]


def made(response: Any) -> str:
    """Return the path of a user that was made."""
    assert response.status_code == 201, response.content
    return f"/Users/{response.json()['id']}"


def names() -> list[str]:
    """Return the names of all accounts."""
    return list(get_user_model()._default_manager.order_by("username").values_list("username", flat=True))


def account(name: str) -> Any:
    """Return the account of a name."""
    return get_user_model()._default_manager.get(username=name)


def organisations(models: Models, name: str) -> set[str]:
    """Return the organisations of which an account is an active part."""
    rows = models.user.objects.filter(**{models.login: name}, is_active=True)
    return set(rows.values_list(f"{models.belonging}__name", flat=True)) - {None}


def served(client: ScimClient, name: str) -> list[bool]:
    """Return whether the users of a name that a connection sees are active."""
    found = client.get("/Users", {"filter": f'userName eq "{name}"'}).json()["Resources"]
    return [each["active"] for each in found]


def test_two_connections_that_make_one_account_at_once_share_it(models, clients):
    for number in range(ROUNDS):
        name = f"bob-{number}"
        responses = at_once(*[partial(client.post, "/Users", user(name)) for client in clients])

        assert statuses(*responses) == [201, 201]
        assert organisations(models, name) == {"Here", "There"}
    assert len(names()) == ROUNDS


@pytest.mark.parametrize("end", ["deactivation", "deletion"])
def test_an_account_that_is_joined_while_its_last_membership_ends_is_open_for_those_who_have_it(
    models, clients, end
):
    here, there = clients
    for number in range(ROUNDS):
        name = f"bob-{number}"
        path = made(here.post("/Users", user(name, active=True)))

        ended, joined = at_once(
            partial(here.delete, path) if end == "deletion" else partial(here.patch, path, LOCK),
            partial(there.post, "/Users", user(name, active=True)),
        )

        assert statuses(ended, joined) == [204 if end == "deletion" else 200, 201]
        assert organisations(models, name) == {"There"}
        assert account(name).is_active
        assert served(there, name) == [True]
        assert served(here, name) in ([], [False])


def test_two_memberships_that_end_at_once_lock_the_account(models, clients):
    for number in range(ROUNDS):
        name = f"bob-{number}"
        paths = [made(client.post("/Users", user(name, active=True))) for client in clients]

        responses = at_once(
            *[partial(client.delete, path) for client, path in zip(clients, paths, strict=True)]
        )

        assert statuses(*responses) == [204, 204]
        assert (account(name).is_active, organisations(models, name)) == (False, set())


def test_an_account_made_by_hand_that_two_organisations_join_at_once_is_shared_and_nobodys_to_write(
    models, clients
):
    for number in range(ROUNDS):
        name = f"bob-{number}"
        get_user_model()._default_manager.create_user(name, password="their own password")
        wanted = user(name, password="much-too-long-to-guess", name={"givenName": "Mallory"})

        responses = at_once(*[partial(client.post, "/Users", wanted) for client in clients])

        assert statuses(*responses) == [201, 201]
        assert organisations(models, name) == {"Here", "There"}
        assert account(name).check_password("their own password")
        assert account(name).first_name == ""
    assert len(names()) == ROUNDS


def test_an_account_that_two_connections_of_an_organisation_adopt_at_once_is_of_one_of_them(clients):
    here, there = clients
    tenant = {"tenant_type": here.connection.tenant_type, "tenant_id": here.connection.tenant_id}
    beside = ScimClient(ConnectionFactory.create(**tenant))
    for number in range(ROUNDS):
        path = made(there.post("/Users", user(f"bob-{number}")))
        path = made(here.post("/Users", user(f"bob-{number}")))
        Record.objects.update(managed_by=None)

        responses = at_once(
            *[
                partial(client.patch, path, {"op": "replace", "path": "externalId", "value": external_id})
                for client, external_id in ((here, "one"), (beside, "two"))
            ]
        )

        assert sorted(statuses(*responses)) == [200, 403]
        owner, name = (here, "one") if responses[0].status_code == 200 else (beside, "two")
        assert Record.objects.get(managed_by__isnull=False).managed_by == owner.connection
        assert owner.get(path).json()["externalId"] == name
        Record.objects.all().delete()


def test_a_name_that_is_parked_while_two_take_it_is_one_accounts_alone(models, clients):
    here, there = clients
    for number in range(ROUNDS):
        name = f"dora-{number}"
        here.delete(made(here.post("/Users", user(name, externalId="4"))))
        first = account(name).pk

        responses = at_once(
            partial(here.post, "/Users", user(name, externalId="77")),
            partial(there.post, "/Users", user(name, externalId="5")),
        )

        assert statuses(*responses) == [201, 201]
        assert account(name).pk != first
        assert organisations(models, name) == {"Here", "There"}
        parked = get_user_model()._default_manager.get(pk=first)
        assert parked.username.startswith(f"{name}-parked-")
        assert not parked.is_active


def test_a_name_that_is_taken_while_another_account_is_renamed_to_it_is_one_accounts_alone(models, clients):
    here, there = clients
    for number in range(ROUNDS):
        name = f"gone-{number}"
        here.delete(made(here.post("/Users", user(name, externalId="4"))))
        anna = made(here.post("/Users", user(f"anna-{number}")))

        renamed, joined = at_once(
            partial(here.patch, anna, {"op": "replace", "path": "userName", "value": name}),
            partial(there.post, "/Users", user(name)),
        )

        assert joined.status_code == 201
        assert renamed.status_code in (200, 409)
        is_renamed = renamed.status_code == 200
        assert organisations(models, name) == ({"Here", "There"} if is_renamed else {"There"})
        assert names().count(name) == 1
        assert (f"anna-{number}" in names()) is not is_renamed
