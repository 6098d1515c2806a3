"""Unlinking a resource, so that an identity provider matches it anew."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from scim2_models import ConflictException, ForbiddenException

from django_scim import signals
from django_scim.models import Link, Operation, ProvisioningEvent
from django_scim.operations.staff import Unlink
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory, managed
from tests.operations.acting_staff import by_alice
from tests.operations.patch_operations import add
from tests.operations.responses import last_event, stored
from tests.registered import receiving
from tests.representations import path_of, user


@pytest.fixture
def account(scim):
    """The row of an account that one connection knows."""
    scim.post("/Users", user("bjensen", active=True, title="Guide", externalId="okta-1"))
    return User.objects.get()


def test_a_connection_no_longer_finds_an_unlinked_account_by_its_external_id(scim, account):
    by_alice(Unlink, account, scim.connection)

    assert scim.get("/Users", {"filter": 'externalId eq "okta-1"'}).json()["totalResults"] == 0
    assert "externalId" not in scim.get(path_of(account)).json()


def test_an_identity_provider_can_match_an_unlinked_account_anew(scim, account):
    by_alice(Unlink, account, scim.connection)

    matched = scim.get("/Users", {"filter": 'userName eq "bjensen"'}).json()["Resources"][0]
    scim.patch(f"/Users/{matched['id']}", add("externalId", "okta-2"))

    assert scim.get("/Users", {"filter": 'externalId eq "okta-2"'}).json()["totalResults"] == 1


def test_unlinking_an_account_touches_nothing_else_of_it(scim, account):
    Client().force_login(account)
    before = stored()

    by_alice(Unlink, account, scim.connection)

    after = stored()
    assert after["users"] == before["users"]
    assert after["unique values"] == before["unique values"]
    assert after["records"][0]["attributes"] == before["records"][0]["attributes"]
    assert Session.objects.count() == 1


def test_unlinking_a_locked_account_touches_nothing_else_of_it(scim, account):
    User.objects.update(is_active=False)
    before = stored()

    by_alice(Unlink, account, scim.connection)

    assert stored()["users"] == before["users"]


def test_unlinking_an_account_keeps_the_external_ids_of_other_connections(scim, account):
    other = ScimClient(ConnectionFactory.create())
    other.patch(path_of(managed(other.connection, account)), add("externalId", "entra-1"))

    by_alice(Unlink, account, scim.connection)

    assert list(Link.objects.values_list("external_id", flat=True)) == ["entra-1"]
    assert scim.get(path_of(account))["ETag"] != other.get(path_of(account))["ETag"]


def test_an_unlinked_account_has_a_new_version(scim, account):
    before = scim.get(path_of(account))["ETag"]

    by_alice(Unlink, account, scim.connection)

    after = scim.get(path_of(account))["ETag"]
    assert after != before
    assert last_event().version == after


def test_the_history_says_who_has_unlinked_an_account(scim, account):
    by_alice(Unlink, account, scim.connection)

    event = last_event()
    assert (event.operation, event.connection) == (Operation.MODIFY, None)
    assert event.detail == f"unlinked from {scim.connection} by alice"
    assert event.external_id == "okta-1"
    assert event.changes == {"externalId": {"before": "okta-1"}}


def test_unlinking_an_account_sends_a_signal(scim, account, django_capture_on_commit_callbacks):
    with (
        receiving(signals.resource_updated, signals.resource_activated) as told,
        django_capture_on_commit_callbacks(execute=True),
    ):
        by_alice(Unlink, account, scim.connection)

    assert [signal for signal, _ in told] == [signals.resource_updated]
    assert told[0][1]["changes"] == {"externalId": {"before": "okta-1"}}


# What cannot be unlinked


def test_unlinking_from_a_connection_that_gave_no_external_id_is_a_conflict(scim, account):
    other = ConnectionFactory.create()
    before = stored()

    with pytest.raises(ConflictException, match=f"{other} gave this User no externalId"):
        by_alice(Unlink, account, other)

    assert stored() == before
    assert not ProvisioningEvent.objects.filter(connection=None).exists()


def test_unlinking_an_account_without_a_record_is_a_conflict(scim):
    with pytest.raises(ConflictException):
        by_alice(Unlink, UserFactory.create(), scim.connection)


def test_unlinking_an_account_that_was_deleted_meanwhile_is_a_conflict(scim, account):
    scim.delete(path_of(account))
    before = stored()

    with pytest.raises(ConflictException):
        by_alice(Unlink, account, scim.connection)

    assert stored() == before


def test_a_superuser_cannot_be_unlinked(scim, account):
    User.objects.update(is_superuser=True)

    with pytest.raises(ForbiddenException, match="protected"):
        by_alice(Unlink, account, scim.connection)

    assert Link.objects.count() == 1
