"""Staff hand resources over to a connection, even those with power."""

from __future__ import annotations

import pytest
from scim2_models import ConflictException, ForbiddenException, NotFoundException

from django_scim.models import ProvisioningEvent, Record
from django_scim.operations.staff import HandOver
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory, managed
from tests.operations.acting_staff import by_alice
from tests.operations.patch_operations import DEACTIVATE, replace
from tests.representations import path_of


def test_a_staff_account_that_is_handed_over_is_the_connections_own(scim):
    row = UserFactory.create(username="root", is_staff=True)
    assert scim.patch(path_of(row), DEACTIVATE).status_code == 403

    by_alice(HandOver, row, scim.connection)

    assert scim.patch(path_of(row), DEACTIVATE).status_code == 200
    event = ProvisioningEvent.objects.order_by("pk")[1]
    assert (event.display, event.detail) == ("root", f"handed over to {scim.connection} by alice")


def test_an_account_of_another_connection_that_is_handed_over_is_that_ones_no_more(scim):
    other = ScimClient(ConnectionFactory.create())
    row = managed(other.connection, UserFactory.create())

    by_alice(HandOver, row, scim.connection)

    assert scim.patch(path_of(row), replace("title", "x")).status_code == 200
    assert other.patch(path_of(row), replace("title", "y")).status_code == 403


def test_a_superuser_is_handed_over_to_nobody(scim):
    row = UserFactory.create(is_superuser=True)

    with pytest.raises(ForbiddenException):
        by_alice(HandOver, row, scim.connection)
    assert not Record.objects.exists()


def test_an_account_that_a_connection_cannot_see_is_not_handed_over_to_it(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.api.acting.StaffAdapter"}}}
    row = UserFactory.create()

    with pytest.raises(NotFoundException, match="no connection can see"):
        by_alice(HandOver, row, scim.connection)


def test_a_deleted_account_is_not_handed_over(scim):
    row = managed(scim.connection, UserFactory.create())
    scim.delete(path_of(row))

    with pytest.raises(ConflictException):
        by_alice(HandOver, row, ConnectionFactory.create())
