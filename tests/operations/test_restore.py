"""Restoring what an identity provider has deleted."""

from __future__ import annotations

from functools import partial

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from scim2_models import ConflictException, ForbiddenException, NotFoundException, UniquenessException

from django_scim import signals
from django_scim.models import Connection, Operation, Outcome, ProvisioningEvent, Record
from django_scim.models.record import UniqueValue
from django_scim.operations.staff import Restore
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.operations.acting_staff import ALICE, by_alice, resource_type_of
from tests.operations.examples import FULL_USER
from tests.operations.patch_operations import replace
from tests.operations.responses import last_event, stored, without_meta
from tests.operations.simultaneous import at_once
from tests.registered import receiving
from tests.representations import current_path_of, group, path_of, user


@pytest.fixture
def provisioned(scim):
    """The path of a user with all that RFC 7643 knows."""
    return f"/Users/{scim.post('/Users', FULL_USER).json()['id']}"


@pytest.fixture
def deleted(scim, provisioned):
    """The row of a user that was deleted."""
    assert scim.delete(provisioned).status_code == 204
    return User.objects.get()


def test_a_restored_resource_is_served_as_it_was_but_for_what_its_client_called_it(
    scim, provisioned, deleted
):
    by_alice(Restore, deleted)

    served = without_meta(scim.get(provisioned).json())
    assert served == {name: value for name, value in FULL_USER.items() if name != "externalId"}
    assert scim.get("/Users", {"filter": 'userName eq "BJENSEN@example.com"'}).json()["totalResults"] == 1


def test_a_restored_account_can_be_used_again(deleted):
    by_alice(Restore, deleted)

    deleted.refresh_from_db()
    assert deleted.is_active
    assert Record.objects.get().deleted_at is None


def test_restoring_an_account_tells_the_host_of_the_fields_that_were_saved(deleted, saved_fields):
    by_alice(Restore, deleted)

    assert saved_fields == [{"is_active"}]


def test_the_unique_values_of_a_restored_account_are_its_own_again(scim, deleted):
    by_alice(Restore, deleted)

    assert UniqueValue.objects.filter(attribute="userName").count() == 1
    assert_scim_error(scim.post("/Users", user("BJensen@example.com")), 409, "uniqueness")


def test_a_restored_resource_has_a_new_version(scim, provisioned, deleted):
    before = Record.objects.get()

    by_alice(Restore, deleted)

    record = Record.objects.get()
    assert record.revision > before.revision
    assert record.last_modified > before.last_modified
    assert last_event().version == scim.get(provisioned)["ETag"]


def test_the_history_says_who_has_restored_an_account(deleted):
    by_alice(Restore, deleted)

    event = last_event()
    assert (event.operation, event.outcome, event.status) == (Operation.MODIFY, Outcome.SUCCESS, 200)
    assert (event.connection, event.method, event.detail) == (None, "", "restored by alice")
    assert (event.resource_type, event.display) == ("User", "bjensen@example.com")
    assert path_of(deleted) == f"/Users/{event.resource_id}"
    assert event.request_id == "request-of-alice"
    assert event.changes == {"active": {"before": False, "after": True}}


def test_restoring_an_account_sends_the_signal_that_it_is_active_again(
    deleted, django_capture_on_commit_callbacks
):
    with (
        receiving(signals.resource_updated, signals.resource_activated, signals.resource_created) as told,
        django_capture_on_commit_callbacks(execute=True),
    ):
        by_alice(Restore, deleted)

    assert [signal for signal, _ in told] == [signals.resource_updated, signals.resource_activated]
    assert told[0][1]["connection"] is None
    assert told[0][1]["request_id"] == "request-of-alice"
    assert told[0][1]["changes"] == {"active": {"before": False, "after": True}}


def test_a_restored_group_comes_back_without_its_members(scim):
    member = UserFactory.create()
    created = scim.post("/Groups", group("Guides")).json()
    row = Group.objects.get()
    row.user_set.add(member)
    scim.delete(f"/Groups/{created['id']}")

    by_alice(Restore, row)

    assert scim.get(f"/Groups/{created['id']}").json()["members"] == []
    assert scim.get("/Groups", {"filter": 'displayName eq "Guides"'}).json()["totalResults"] == 1


def test_a_restored_account_whose_activity_is_in_the_record_is_active_again(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"active": None}}}}
    created = scim.post("/Users", user(active=True)).json()
    scim.delete(f"/Users/{created['id']}")

    by_alice(Restore, User.objects.get())

    assert scim.get(f"/Users/{created['id']}").json()["active"] is True


# What cannot be restored


def test_restoring_an_account_whose_user_name_the_host_has_given_to_another_is_a_conflict(deleted):
    if database.vendor == "mysql":
        pytest.skip("The unique index of the host refuses the other account.")
    UserFactory.create(username="BJENSEN@EXAMPLE.COM")
    before = stored()

    with pytest.raises(
        UniquenessException, match=r"another resource has the same userName \(column username\)"
    ):
        by_alice(Restore, deleted)

    assert stored() == before
    assert ProvisioningEvent.objects.filter(connection=None).count() == 0


def test_restoring_a_resource_that_is_not_deleted_is_a_conflict(scim, provisioned):
    before = stored()

    with pytest.raises(ConflictException, match="not deleted"):
        by_alice(Restore, User.objects.get())

    assert stored() == before


def test_restoring_a_resource_that_scim_has_never_touched_is_a_conflict(connection):
    with pytest.raises(ConflictException, match="not deleted"):
        by_alice(Restore, UserFactory.create())


def test_restoring_a_row_that_is_gone_is_not_found(deleted):
    key = deleted.pk
    deleted.delete()

    with pytest.raises(NotFoundException, match="gone"):
        Restore(resource_type_of(deleted), key, ALICE).run()


def test_restoring_an_account_that_has_become_a_superuser_leaves_it_as_it_is(deleted):
    User.objects.update(is_superuser=True)
    before = stored()

    with pytest.raises(ForbiddenException, match="protected"):
        by_alice(Restore, deleted)

    assert stored() == before


def test_a_resource_can_be_restored_when_no_connection_is_left(deleted):
    Connection.objects.all().delete()

    by_alice(Restore, deleted)

    assert Record.objects.get().deleted_at is None


def test_the_limit_of_a_connection_does_not_hold_for_a_restoration(scim, deleted):
    scim.connection.pause("too much")

    by_alice(Restore, deleted)

    assert Record.objects.get().deleted_at is None


# At the same time


@pytest.mark.django_db(transaction=True)
def test_an_account_that_the_project_and_the_client_bring_back_at_once_comes_back_once(scim):
    payload = user("bjensen", externalId="4")
    scim.post("/Users", payload)
    scim.client.raise_request_exception = False
    row = User.objects.get()
    for _ in range(3):
        scim.patch(current_path_of(row), replace("externalId", "4"))
        assert scim.delete(current_path_of(row)).status_code == 204

        outcomes = at_once(partial(attempted, row), lambda: scim.post("/Users", payload).status_code)

        assert outcomes in (["restored", 409], ["ConflictException", 201])
        assert scim.get(current_path_of(row)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_restored_while_somebody_takes_its_name_has_it_or_not(scim):
    scim.client.raise_request_exception = False
    for _ in range(3):
        created = scim.post("/Users", user("bjensen", externalId="4")).json()
        row = User.objects.get(username="bjensen")
        assert scim.delete(f"/Users/{created['id']}").status_code == 204

        outcomes = at_once(partial(attempted, row), lambda: scim.post("/Users", user("bjensen")).status_code)

        assert outcomes in (["restored", 409], ["UniquenessException", 201])
        found = scim.get("/Users", {"filter": 'userName eq "bjensen"'}).json()["Resources"]
        assert len(found) == 1
        assert scim.delete(f"/Users/{found[0]['id']}").status_code == 204


def attempted(row):
    """Restore a row, or return what was wrong."""
    try:
        by_alice(Restore, row)
    except (ConflictException, UniquenessException) as error:
        return type(error).__name__
    return "restored"


@pytest.mark.django_db(transaction=True)
def test_an_account_that_two_people_restore_is_restored_once(scim):
    created = scim.post("/Users", user("bjensen")).json()
    row = User.objects.get()
    scim.delete(f"/Users/{created['id']}")

    outcomes = at_once(partial(attempted, row), partial(attempted, row))

    assert sorted(outcomes) == ["ConflictException", "restored"]
    assert ProvisioningEvent.objects.filter(connection=None).count() == 1


def test_a_connection_of_another_name_sees_what_was_restored(deleted):
    by_alice(Restore, deleted)

    other = ScimClient(ConnectionFactory.create())
    assert other.get(path_of(deleted)).status_code == 200
