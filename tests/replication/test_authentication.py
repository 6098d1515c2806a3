"""Who may do what holds from the moment on that somebody decides it: it is never read from the replica."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from django_scim.models import AccessToken, Connection
from tests.conftest import ScimClient
from tests.factories import UserFactory
from tests.representations import path_of, user

pytestmark = pytest.mark.usefixtures("scim", "lagging")


def primary(model):
    return model.objects.using("default")


def test_a_token_is_good_at_once(connection):
    assert ScimClient(connection).get("/Users").status_code == 200


def test_a_token_that_is_revoked_is_refused_at_once(scim):
    assert scim.get("/Users").status_code == 200

    scim.stored.revoke()

    assert scim.get("/Users").status_code == 401
    assert scim.post("/Users", user()).status_code == 401


def test_a_token_that_is_deleted_is_refused_at_once(scim):
    scim.stored.delete()

    assert scim.get("/Users").status_code == 401


def test_an_expiry_of_a_token_holds_at_once(scim):
    primary(AccessToken).update(expires=timezone.now() - timedelta(seconds=1))

    assert scim.get("/Users").status_code == 401


def test_scopes_of_a_token_hold_at_once(scim):
    primary(AccessToken).update(scopes=["read"])

    assert scim.post("/Users", user()).status_code == 403
    assert scim.get("/Users").status_code == 200


def test_a_connection_that_is_switched_off_is_refused_at_once(scim):
    primary(Connection).update(is_active=False)

    assert scim.get("/Users").status_code == 401


def test_a_connection_that_is_paused_writes_nothing_from_then_on(scim):
    row = UserFactory.create()
    primary(Connection).get().pause("somebody looks into it")

    assert scim.delete(path_of(row)).status_code == 503


def test_a_connection_that_is_resumed_writes_at_once(scim):
    primary(Connection).get().pause("somebody looks into it")
    primary(Connection).get().resume()

    assert scim.post("/Users", user()).status_code == 201


def test_networks_of_a_connection_hold_at_once(scim):
    primary(Connection).update(networks=["192.0.2.0/24"])

    assert scim.get("/Users").status_code == 401


def test_the_last_use_is_noted_once_a_minute_however_old_the_replica_is(scim):
    scim.get("/Users")
    first = primary(AccessToken).get().last_used
    scim.get("/Users")

    assert first is not None
    assert primary(AccessToken).get().last_used == first
