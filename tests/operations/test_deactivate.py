"""Deactivating an account without its identity provider."""

from __future__ import annotations

from functools import partial

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.authtoken.models import Token
from scim2_models import ConflictException, ForbiddenException, NotFoundException

from django_scim import signals
from django_scim.models import Connection, Operation, Outcome, ProvisioningEvent, Record
from django_scim.operations.staff import Deactivate
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small.models import Person
from tests.operations.acting_staff import ALICE, by_alice, resource_type_of
from tests.operations.responses import last_event, stored
from tests.operations.simultaneous import at_once
from tests.registered import receiving
from tests.representations import path_of, user


@pytest.fixture
def account(scim):
    """The row of an account that was provisioned."""
    scim.post("/Users", user("bjensen", active=True, externalId="okta-1"))
    return User.objects.get()


def test_deactivating_an_account_by_hand_locks_it_and_serves_it_as_such(scim, account):
    by_alice(Deactivate, account)

    assert scim.get(path_of(account)).json()["active"] is False
    account.refresh_from_db()
    assert not account.is_active


def test_deactivating_an_account_by_hand_ends_its_sessions_and_tokens(account):
    Client().force_login(account)
    Token.objects.create(user=account)

    by_alice(Deactivate, account)

    assert not Session.objects.exists()
    assert not Token.objects.exists()


def test_the_functions_of_the_host_are_told_the_connection_that_has_the_account(account, settings):
    settings.DJANGO_SCIM = {"DEPROVISIONING": ["tests.deprovisioning.hooks.end_memberships"]}
    account.groups.add(GroupFactory.create())

    by_alice(Deactivate, account)

    name = Connection.objects.get().name
    assert f"Left, says {name}: bjensen" in list(account.groups.model.objects.values_list("name", flat=True))
    assert not account.groups.exists()


def test_deactivating_an_account_by_hand_changes_nothing_if_a_function_of_the_host_fails(account, settings):
    settings.DJANGO_SCIM = {"DEPROVISIONING": ["tests.deprovisioning.hooks.fail"]}
    before = stored()

    with pytest.raises(RuntimeError):
        by_alice(Deactivate, account)

    assert stored() == before
    assert not ProvisioningEvent.objects.filter(connection=None).exists()


def test_the_history_says_who_has_deactivated_an_account(account):
    by_alice(Deactivate, account)

    event = last_event()
    assert (event.operation, event.outcome, event.status) == (Operation.MODIFY, Outcome.SUCCESS, 200)
    assert (event.connection, event.detail) == (None, "deactivated by alice")
    assert event.changes == {"active": {"before": True, "after": False}}
    assert event.deactivated


def test_deactivating_an_account_by_hand_sends_signals(account, django_capture_on_commit_callbacks):
    with (
        receiving(signals.resource_updated, signals.resource_deactivated) as told,
        django_capture_on_commit_callbacks(execute=True),
    ):
        by_alice(Deactivate, account)

    assert [signal for signal, _ in told] == [signals.resource_updated, signals.resource_deactivated]
    assert told[0][1]["connection"] is None


def test_the_limit_of_a_connection_does_not_hold_for_a_deactivation_by_hand(scim, account):
    Connection.objects.update(deprovisioning_limit=0)

    by_alice(Deactivate, account)

    assert scim.get(path_of(account)).json()["active"] is False
    scim.connection.refresh_from_db()
    assert scim.connection.paused_at is None


def test_deactivating_an_account_that_scim_has_never_touched_makes_its_record(connection):
    account = UserFactory.create()

    by_alice(Deactivate, account)

    account.refresh_from_db()
    assert not account.is_active
    assert Record.objects.get().integer_key == account.pk


def test_deactivating_an_account_that_is_locked_already_ends_its_sessions(account):
    Client().force_login(account)
    User.objects.update(is_active=False)

    by_alice(Deactivate, account)

    assert not Session.objects.exists()
    assert last_event().changes == {}
    assert not last_event().deactivated


def test_an_account_that_other_columns_lock_is_locked_by_its_adapter(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}}
    scim.post("/Users", user("bjensen", active=True))

    by_alice(Deactivate, Person.objects.get())

    assert not Person.objects.get().is_active


# What cannot be deactivated


def test_a_group_cannot_be_deactivated_by_hand(connection):
    with pytest.raises(ForbiddenException, match="a Group is never inactive"):
        by_alice(Deactivate, GroupFactory.create())


def test_a_superuser_cannot_be_deactivated_by_hand(account):
    User.objects.update(is_superuser=True)
    before = stored()

    with pytest.raises(ForbiddenException, match="protected"):
        by_alice(Deactivate, account)

    assert stored() == before


def test_deactivating_a_deleted_account_by_hand_is_a_conflict(scim, account):
    scim.delete(path_of(account))
    before = stored()

    with pytest.raises(ConflictException, match="deleted"):
        by_alice(Deactivate, account)

    assert stored() == before


def test_deactivating_a_row_that_is_gone_is_not_found(account):
    adapter, key = resource_type_of(account), account.pk
    account.delete()

    with pytest.raises(NotFoundException, match="gone"):
        Deactivate(adapter, key, ALICE).run()


def test_deactivating_a_row_that_the_adapter_serves_to_nobody_is_not_found(settings, connection):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.operations.staff.JoinedAdapter"}}}
    apart = UserFactory.create()

    with pytest.raises(NotFoundException, match="no connection can see this User"):
        by_alice(Deactivate, apart)

    apart.refresh_from_db()
    assert apart.is_active


def test_deactivating_an_account_of_a_project_without_connections_locks_it(db):
    account = UserFactory.create()
    assert not Connection.objects.exists()

    by_alice(Deactivate, account)

    account.refresh_from_db()
    assert not account.is_active


# At the same time


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_deleted_meanwhile_is_left_alone(scim):
    for number in range(3):
        scim.post("/Users", user(f"user{number}", active=True))
        account = User.objects.get(username=f"user{number}")

        outcome, status = at_once(partial(attempted, account), partial(scim.delete, path_of(account)))

        assert outcome in ("deactivated", "ConflictException")
        assert status.status_code == 204
        account.refresh_from_db()
        assert not account.is_active
        assert Record.objects.get(integer_key=account.pk).deleted_at is not None


def attempted(row):
    """Deactivate a row, or return what was wrong."""
    try:
        by_alice(Deactivate, row)
    except ConflictException as error:
        return type(error).__name__
    return "deactivated"
