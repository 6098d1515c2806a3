"""Connections: identity providers, perhaps each with a tenant of the host."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from django_scim.models import AccessToken, Connection, Link, ProvisioningEvent
from tests.factories import ConnectionFactory, GroupFactory
from tests.representations import user


def test_a_connection_is_active_and_called_by_its_name(db):
    connection = ConnectionFactory.create(name="Okta")

    assert connection.is_active
    assert str(connection) == "Okta"


def test_two_connections_cannot_have_the_same_name(db):
    ConnectionFactory.create(name="Okta")

    with pytest.raises(ValidationError, match="already exists"):
        Connection(name="Okta").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        ConnectionFactory.create(name="Okta")


def test_connections_are_in_the_order_of_their_names(db):
    for name in ("Okta", "Entra ID", "OneLogin"):
        ConnectionFactory.create(name=name)

    assert [str(connection) for connection in Connection.objects.all()] == ["Entra ID", "Okta", "OneLogin"]


def test_a_connection_may_have_any_object_of_the_host_as_its_tenant(db):
    tenant = GroupFactory.create()

    connection = ConnectionFactory.create(tenant=tenant)

    assert Connection.objects.get(pk=connection.pk).tenant == tenant
    assert ConnectionFactory.create().tenant is None


def test_a_tenant_that_is_gone_leaves_the_connection_without_a_tenant(db):
    connection = ConnectionFactory.create(tenant=GroupFactory.create())

    Group.objects.all().delete()

    assert Connection.objects.get(pk=connection.pk).tenant is None


def test_the_type_of_a_tenant_cannot_go_before_the_connection(db):
    connection = ConnectionFactory.create(tenant=GroupFactory.create())

    assert connection.tenant_type is not None
    with pytest.raises(ProtectedError):
        connection.tenant_type.delete()


def test_the_history_outlives_the_connection_and_its_tokens(scim):
    scim.post("/Users", user("barbara", externalId="1"))

    scim.connection.delete()

    assert not AccessToken.objects.exists()
    assert not Link.objects.exists()
    event = ProvisioningEvent.objects.get()
    assert (event.connection, event.token, event.display) == (None, None, "barbara")
