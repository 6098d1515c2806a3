"""A connection cannot touch an owner until somebody on staff hands the account over."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from django_scim.models import AdoptionPolicy, Connection, Record
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, managed
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.hosts.roles.models import Account, Team
from tests.messages import BULK_REQUEST
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE, add, remove, replace
from tests.representations import group, id_of, member, path_of, user

REASON = "this User has power in the project: somebody on staff has to hand it over first"


@pytest.fixture
def owner(db):
    """An account with power."""
    return Account.objects.create(login="olivia", email="olivia@example.com", role="owner")


def hand_over(connection: Connection, account: Account) -> None:
    """Let a connection manage an account, as staff do."""
    managed(connection, account)
    Record.objects.update(is_handed_over=True)


def writes(client: ScimClient, account: Account) -> list[Any]:
    """Send each kind of write to an account; return the answers."""
    path = path_of(account)
    operations = [{"method": "DELETE", "path": path}]
    bulk = client.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations})
    answers = [
        client.post("/Users", user(account.login)),
        client.put(path, user(account.login)),
        client.patch(path, DEACTIVATE),
        client.patch(path, replace("password", "correct horse battery")),
        client.patch(path, replace("emails", [{"value": "mallory@example.com"}])),
        client.patch(path, add("externalId", "4")),
        client.delete(path),
    ]
    return [*(answer.status_code for answer in answers), int(bulk.json()["Operations"][0]["status"])]


@pytest.mark.parametrize("policy", AdoptionPolicy)
def test_an_owner_is_read_and_not_changed_whatever_the_connection_adopts(owner, policy):
    client = ScimClient(ConnectionFactory.create(adoption=policy))
    before = Account.objects.values().get()

    assert client.get(path_of(owner)).json()["userName"] == "olivia"
    statuses = writes(client, owner)

    assert statuses[0] in (403, 409)
    assert statuses[1:] == [403] * 7
    assert Account.objects.values().get() == before
    assert not Record.objects.exclude(managed_by=None).exists()


def test_the_refusal_says_who_has_to_act(scim, owner):
    assert assert_scim_error(scim.patch(path_of(owner), DEACTIVATE), 403) == REASON


def test_an_owner_that_the_connection_has_made_is_out_of_its_reach_once_an_owner(scim):
    path = f"/Users/{scim.post('/Users', user('dora')).json()['id']}"
    Account.objects.update(role="owner")

    assert_scim_error(scim.patch(path, DEACTIVATE), 403)
    assert_scim_error(scim.delete(path), 403)
    assert Account.objects.get().is_active


def test_an_owner_is_put_in_no_team_and_taken_out_of_none(scim, owner):
    team = managed(scim.connection, Team.objects.create(name="Board"))
    join, leave = add("members", [member(owner)]), remove(f'members[value eq "{id_of(owner)}"]')

    assert_scim_error(scim.patch(path_of(team), join), 403)
    assert_scim_error(scim.post("/Groups", group("Other", members=[member(owner)])), 403)
    team.members.add(owner)
    assert_scim_error(scim.patch(path_of(team), leave), 403)
    assert list(team.members.all()) == [owner]


def test_an_owner_who_is_handed_over_is_managed_like_any_account(scim, owner):
    hand_over(scim.connection, owner)
    path = path_of(owner)

    assert scim.patch(path, DEACTIVATE).status_code == 200
    assert scim.patch(path, ACTIVATE).status_code == 200
    team = managed(scim.connection, Team.objects.create(name="Board"))
    assert scim.patch(path_of(team), add("members", [member(owner)])).status_code == 204
    assert scim.delete(path).status_code == 204
    assert not Account.objects.get().is_active


def test_an_owner_who_is_handed_over_to_one_connection_is_out_of_reach_of_another(scim, owner):
    hand_over(ConnectionFactory.create(), owner)

    assert assert_scim_error(scim.patch(path_of(owner), DEACTIVATE), 403) == REASON


def test_a_member_is_managed_without_being_handed_over(scim):
    account = Account.objects.create(login="mia")

    assert scim.patch(path_of(account), DEACTIVATE).status_code == 200


def test_the_role_is_not_given_by_scim(scim):
    path = f"/Users/{scim.post('/Users', user('dora', role='owner', userType='owner')).json()['id']}"
    scim.patch(path, replace("roles", [{"value": "owner"}]))

    assert Account.objects.get().role == "member"


def test_the_checks_know_that_the_settings_say_who_has_power(db):
    found = run_checks(tags=["django_scim"], include_deployment_checks=True)

    assert "django_scim.W014" not in {message.id for message in found}


def test_the_checks_name_the_column_where_the_settings_do_not_say_who_has_power(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"model": "roles.Team"}}}

    (message,) = run_checks(tags=["django_scim"])

    assert message.id == "django_scim.W014"
    assert "It may be in 'role'." in message.msg
