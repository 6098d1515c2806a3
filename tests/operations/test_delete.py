"""DELETE (RFC 7644 section 3.6)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User

from django_scim.models import Link, Operation, Outcome, ProvisioningEvent, Record
from django_scim.models.record import UniqueValue
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.hosts.small.models import Contract, Person
from tests.operations.examples import ENTERPRISE_USER
from tests.operations.patch_operations import replace
from tests.operations.responses import last_event, stored
from tests.representations import group, id_of, member, path_of, user


@pytest.fixture
def provisioned(scim):
    """The path of a user with all that RFC 7643 knows."""
    return f"/Users/{scim.post('/Users', ENTERPRISE_USER).json()['id']}"


@pytest.fixture
def hard(settings):
    """A host that lets SCIM delete its rows."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": "hard"}, "Group": {"delete": "hard"}}}


# What the client sees, whatever the host keeps


@pytest.fixture(params=["soft", "hard"])
def way(request, settings):
    """Each of the ways in which a resource can be deleted."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"delete": request.param}, "Group": {"delete": request.param}}
    }
    return request.param


def test_the_answer_to_a_deletion_has_no_body(scim, provisioned, way):
    response = scim.delete(provisioned)

    assert response.status_code == 204
    assert response.content == b""


def test_a_deleted_resource_is_not_there_for_any_method(scim, provisioned, way):
    scim.delete(provisioned)
    before = stored()

    assert_scim_error(scim.get(provisioned), 404)
    assert_scim_error(scim.put(provisioned, user()), 404)
    assert_scim_error(scim.patch(provisioned, replace("active", True)), 404)
    assert_scim_error(scim.delete(provisioned), 404)
    assert stored() == before


@pytest.mark.usefixtures("way")
def test_a_deletion_of_a_user_is_a_new_version_of_its_groups(scim):
    account, other = UserFactory.create_batch(2)
    team, untouched = GroupFactory.create(), GroupFactory.create()
    team.user_set.add(account, other)
    untouched.user_set.add(other)
    before, same = scim.get(path_of(team)), scim.get(path_of(untouched))

    scim.delete(path_of(account))

    after = scim.get(path_of(team), **{"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert [entry["value"] for entry in after.json()["members"]] == [id_of(other)]
    assert after.json()["meta"]["lastModified"] > before.json()["meta"]["lastModified"]
    rename = replace("displayName", "Guides")
    assert_scim_error(scim.patch(path_of(team), rename, **{"If-Match": before["ETag"]}), 412)
    assert scim.get(path_of(untouched))["ETag"] == same["ETag"]


@pytest.mark.parametrize(
    "filter", ['userName eq "bjensen@example.com"', 'externalId eq "701984"', 'title eq "Tour Guide"', None]
)
def test_a_deleted_resource_is_in_no_list(scim, provisioned, way, filter):
    scim.delete(provisioned)

    assert scim.get("/Users", {"filter": filter} if filter else None).json()["totalResults"] == 0


def test_a_deleted_user_is_in_no_group(scim, provisioned, way):
    row = GroupFactory.create()
    row.user_set.add(User.objects.get())

    scim.delete(provisioned)

    assert scim.get(path_of(row)).json()["members"] == []
    assert not row.user_set.exists()


class TestDjangosGroupsOfAProjectThatServesOthers:
    """A project may serve no groups, or teams of its own: those of Django give permissions all the same."""

    @pytest.fixture(params=["no groups", "teams"])
    def account(self, request, settings, scim):
        """Somebody whom SCIM has made, and whom the project has put in a group of Django."""
        groups = None if request.param == "no groups" else {"model": "small.Party"}
        settings.DJANGO_SCIM = {"RESOURCES": {"Group": groups}}
        assert scim.post("/Users", user("barbara", externalId="b1")).status_code == 201
        account = User.objects.get(username="barbara")
        account.groups.add(GroupFactory.create())
        return account

    def test_are_left_by_who_is_deleted(self, scim, account):
        assert scim.delete(path_of(account)).status_code == 204

        assert not account.groups.exists()

    def test_do_not_come_back_with_who_is_hired_again(self, scim, account):
        scim.delete(path_of(account))
        account.groups.add(GroupFactory.create())

        assert scim.post("/Users", user("barbara", externalId="b1")).status_code == 201

        assert not account.groups.exists()

    def test_are_kept_by_who_is_deactivated(self, scim, account):
        scim.patch(path_of(account), replace("active", False))

        assert account.groups.exists()


def test_the_members_of_a_deleted_group_are_in_it_no_more(scim, way):
    row = UserFactory.create()
    created = scim.post("/Groups", group(members=[member(row)])).json()

    assert scim.delete(f"/Groups/{created['id']}").status_code == 204

    assert "groups" not in scim.get(path_of(row)).json()
    assert not row.groups.exists()


def test_a_deleted_resource_can_be_provisioned_again(scim, provisioned, way):
    scim.delete(provisioned)

    response = scim.post("/Users", user("BJensen@example.com", externalId="701984"))

    assert response.status_code == 201
    assert User.objects.get().username == "BJensen@example.com"
    assert User.objects.get().is_active


def test_an_account_that_scim_has_never_touched_can_be_deleted(scim, way):
    row = UserFactory.create()

    assert scim.delete(path_of(row)).status_code == 204
    assert_scim_error(scim.get(path_of(row)), 404)


@pytest.mark.parametrize("identifier", ["26118915-6090-4610-87e4-49d8ca9f808d", "1", "nobody", "%00"])
def test_deleting_an_unknown_id_is_not_found(scim, way, identifier):
    assert_scim_error(scim.delete(f"/Users/{identifier}"), 404)


def test_deleting_a_user_by_the_id_of_a_group_is_not_found(scim, way):
    row = GroupFactory.create()

    assert_scim_error(scim.delete(f"/Users/{id_of(row)}"), 404)
    assert Group.objects.filter(pk=row.pk).exists()


def test_a_superuser_cannot_be_deleted(scim, way):
    row = UserFactory.create(is_superuser=True)
    before = stored()

    assert_scim_error(scim.delete(path_of(row)), 403)
    assert stored() == before
    event = last_event()
    assert (event.operation, event.outcome, event.status) == (Operation.DELETE, Outcome.REFUSED, 403)
    assert "protected" in event.detail


def test_the_external_ids_of_a_deleted_user_are_forgotten(scim, provisioned, way):
    other = ScimClient(ConnectionFactory.create())
    other.patch(provisioned, replace("externalId", "of the other"))

    scim.delete(provisioned)

    assert not Link.objects.exists()
    assert not UniqueValue.objects.exists()


# Soft: the row stays


def test_the_row_stays_and_is_deactivated(scim, provisioned):
    scim.delete(provisioned)

    row = User.objects.get()
    assert not row.is_active
    assert row.username == "bjensen@example.com"
    assert Record.objects.get().deleted_at is not None


def test_deleting_a_user_tells_the_host_that_the_row_was_deactivated(scim, provisioned, saved_fields):
    scim.delete(provisioned)

    assert saved_fields == [{"is_active"}]


def test_an_account_that_the_host_activates_again_stays_deleted_for_scim(scim, provisioned):
    scim.delete(provisioned)
    User.objects.update(is_active=True)

    assert_scim_error(scim.get(provisioned), 404)


def test_a_user_name_can_be_changed_to_that_of_a_row_that_stays(scim, provisioned):
    scim.delete(provisioned)
    row = UserFactory.create()

    response = scim.patch(path_of(row), replace("userName", "bjensen@example.com"))

    assert response.status_code == 200, response.content
    row.refresh_from_db()
    assert row.username == response.json()["userName"] == "bjensen@example.com"


def test_a_superuser_of_the_host_is_not_provisioned_anew(scim, provisioned):
    scim.delete(provisioned)
    User.objects.update(is_superuser=True)
    before = stored()

    assert_scim_error(scim.post("/Users", ENTERPRISE_USER), 403)
    assert stored() == before


# Hard: the row goes


def test_a_hard_deletion_deletes_the_row_with_all_that_is_kept_of_it_but_another_id_for_its_key(
    scim, provisioned, hard
):
    scim.delete(provisioned)

    left = stored()
    (record,) = left.pop("records")
    assert not any(left.values()), left
    assert (record["attributes"], record["comparable"], record["managed_by_id"]) == ({}, {}, None)
    assert record["reissued_id"] is not None


@pytest.mark.parametrize("party", ["signatory", "witness"])
def test_a_hard_deletion_of_a_row_that_others_keep_is_a_conflict(scim, settings, party):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter", "delete": "hard"}}
    }
    created = scim.post("/Users", user("bjensen")).json()
    contract = Contract.objects.create(**{party: Person.objects.get()})

    assert_scim_error(scim.delete(f"/Users/{created['id']}"), 409)
    assert last_event().outcome == Outcome.REFUSED
    assert scim.get(f"/Users/{created['id']}").json() == created

    contract.delete()
    assert scim.delete(f"/Users/{created['id']}").status_code == 204
    assert not Person.objects.exists()


# The history


def test_the_history_shows_what_a_deletion_took(scim, provisioned):
    identifier = id_of(User.objects.get())

    scim.delete(provisioned)

    event = last_event()
    assert (event.operation, event.outcome, event.status) == (Operation.DELETE, Outcome.SUCCESS, 204)
    assert (event.resource_type, event.resource_id) == ("User", identifier)
    assert event.display == "bjensen@example.com"
    assert event.changes == {"active": {"before": True, "after": False}}


def test_the_history_shows_a_hard_deletion(scim, provisioned, hard):
    identifier = provisioned.removeprefix("/Users/")

    scim.delete(provisioned)

    event = last_event()
    assert (event.operation, event.outcome, event.status) == (Operation.DELETE, Outcome.SUCCESS, 204)
    assert (event.resource_id, event.display) == (identifier, "bjensen@example.com")


def test_the_history_shows_a_second_deletion_as_refused(scim, provisioned):
    scim.delete(provisioned)
    scim.delete(provisioned)

    assert list(ProvisioningEvent.objects.order_by("pk").values_list("operation", "outcome", "status")) == [
        (Operation.CREATE, Outcome.SUCCESS, 201),
        (Operation.DELETE, Outcome.SUCCESS, 204),
        (Operation.DELETE, Outcome.REFUSED, 404),
    ]
