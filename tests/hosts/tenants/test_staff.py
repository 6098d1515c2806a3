"""What the project's own people do to the resources of tenants."""

from __future__ import annotations

import pytest
from django.contrib.admin import AdminSite
from django.db import connection as database
from django.test import RequestFactory
from scim2_models import NotFoundException, UniquenessException

from django_scim.admin.resources.panel import ResourcePanel
from django_scim.models import Connection, ProvisioningEvent, Record
from django_scim.models.record import UniqueValue
from django_scim.operations.staff import Deactivate, Restore, caller_for
from django_scim.resources.registry import registry
from tests.conftest import ScimClient
from tests.hosts.tenants.models import Member, Organisation
from tests.operations.acting_staff import ALICE
from tests.representations import path_of, user


@pytest.fixture
def member(here: ScimClient, there: ScimClient) -> Member:
    """Somebody in one organisation; the other has somebody of the same name."""
    for client in (here, there):
        client.post("/Users", user("bjensen", active=True))
    return Member.objects.get(organisation__name="Here")


def adapter():
    """Return the adapter of the members."""
    found = registry().get("User")
    assert found is not None
    return found


def test_a_resource_is_looked_at_by_a_connection_of_its_tenant(here, there, member):
    assert caller_for(adapter(), member.pk).connection == here.connection


def test_a_resource_is_looked_at_by_a_connection_of_its_tenant_where_history_and_links_say_nothing(
    here, there, member
):
    ProvisioningEvent.objects.all().delete()
    for number in range(25):
        Connection.objects.create(name=f"A {number}")

    assert caller_for(adapter(), member.pk).connection == here.connection


def test_a_restored_resource_has_its_values_in_its_tenant(here, there, member):
    here.delete(path_of(member))
    digests = set(UniqueValue.objects.values_list("digest", flat=True))

    Restore(adapter(), member.pk, ALICE).run()

    assert here.post("/Users", user("BJensen")).status_code == 409
    assert UniqueValue.objects.exclude(digest__in=digests).count() == 1
    assert Record.objects.filter(deleted_at=None).count() == 2


def test_restoring_a_user_whose_name_was_given_away_in_the_tenant_is_a_conflict(here, there, member):
    if database.vendor == "mysql":
        pytest.skip("The unique index of the host refuses the other member.")
    here.delete(path_of(member))
    Member.objects.filter(pk=member.pk).update(login="gone")
    Member.objects.create(organisation=member.organisation, login="GONE")

    with pytest.raises(UniquenessException):
        Restore(adapter(), member.pk, ALICE).run()


def test_a_member_of_one_organisation_is_deactivated_alone(here, there, member):
    Deactivate(adapter(), member.pk, ALICE).run()

    assert not Member.objects.get(pk=member.pk).is_active
    assert Member.objects.get(organisation__name="There").is_active


def test_a_member_whom_no_connection_sees_cannot_be_changed(here, there, member):
    Connection.objects.filter(pk=here.connection.pk).delete()

    with pytest.raises(NotFoundException, match="no connection can see this User"):
        Deactivate(adapter(), member.pk, ALICE).run()


def test_the_panel_offers_no_connection_of_another_tenant(here, there, member):
    panel = ResourcePanel(AdminSite(), RequestFactory().get("/"), adapter(), member)

    assert panel.connections == [here.connection]
    assert Organisation.objects.count() == 2
