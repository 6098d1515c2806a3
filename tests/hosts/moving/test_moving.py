"""A project moves over from django-scim2, and its identity providers notice nothing."""

from __future__ import annotations

from io import StringIO
from uuid import UUID

import pytest
from django.core.checks import run_checks
from django.core.management import call_command

from django_scim.models import Link, Record
from tests.conftest import ROOT, ScimClient
from tests.factories import ConnectionFactory
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.hosts.moving.models import Membership, Team, User
from tests.representations import group, user

pytestmark = pytest.mark.django_db

ADDRESS = "bjensen@example.com"


@pytest.fixture
def okta(connection):
    """The identity provider that knew the project before."""
    connection.name = "Okta"
    connection.save()
    return ScimClient(connection)


@pytest.fixture
def barbara():
    """An account that Okta has provisioned through django-scim2."""
    return User.objects.create(
        username=ADDRESS, scim_username=ADDRESS, scim_id="2819c223", scim_external_id="00u1a2b3c4"
    )


@pytest.fixture
def guides(barbara):
    """A group that Okta has pushed through django-scim2."""
    team = Team.objects.create(scim_display_name="Tour Guides", scim_external_id="00g9z8y7x6")
    Membership.objects.create(user=barbara, team=team)
    return team


def adopt(*arguments):
    """Adopt accounts for Okta; return the report."""
    out = StringIO()
    call_command("scim_adopt", "Okta", *arguments, stdout=out)
    return out.getvalue()


class TestIdentifiers:
    def test_identifiers_are_those_of_before(self, okta, barbara):
        found = okta.get("/Users/2819c223").json()

        assert (found["id"], found["userName"]) == ("2819c223", ADDRESS)
        assert found["meta"]["location"] == f"https://testserver{ROOT}/Users/2819c223"

    def test_the_identifier_of_a_group_may_be_the_same_as_that_of_a_user(self, okta, barbara, guides):
        User.objects.filter(pk=barbara.pk).update(scim_id=guides.scim_id)

        assert okta.get(f"/Users/{guides.scim_id}").json()["userName"] == ADDRESS
        assert okta.get(f"/Groups/{guides.scim_id}").json()["displayName"] == "Tour Guides"

    def test_identifiers_are_found_by_a_filter(self, okta, barbara):
        found = okta.get("/Users", {"filter": 'id eq "2819c223"'}).json()

        assert [resource["userName"] for resource in found["Resources"]] == [ADDRESS]

    def test_identifiers_are_case_exact(self, okta):
        User.objects.create(username=ADDRESS, scim_id="2819cAbc")

        assert okta.get("/Users/2819cabc").status_code == 404
        assert okta.get("/Users", {"filter": 'id eq "2819cabc"'}).json()["totalResults"] == 0

    def test_identifiers_name_the_members_of_a_group(self, okta, barbara, guides):
        (member,) = okta.get(f"/Groups/{guides.scim_id}").json()["members"]

        assert member["value"] == "2819c223"
        assert member["$ref"].endswith("/Users/2819c223")

    def test_identifiers_add_members_to_a_group_and_remove_them(self, okta, barbara, guides):
        ada = User.objects.create(username="ada@example.com", scim_id="77")
        add = {"op": "add", "path": "members", "value": [{"value": "77"}]}
        remove = {"op": "remove", "path": 'members[value eq "2819c223"]'}

        response = okta.patch(f"/Groups/{guides.scim_id}", add, remove)

        assert response.status_code in (200, 204)
        assert list(guides.members.all()) == [ada]

    def test_identifiers_find_the_groups_of_a_member(self, okta, barbara, guides):
        Team.objects.create(scim_display_name="Others")

        found = okta.get("/Groups", {"filter": 'members.value eq "2819c223"'}).json()

        assert [resource["displayName"] for resource in found["Resources"]] == ["Tour Guides"]

    def test_identifiers_stay_when_the_account_changes(self, okta, barbara):
        response = okta.put("/Users/2819c223", user(ADDRESS, externalId="00u1a2b3c4", title="Guide"))

        assert (response.status_code, response.json()["id"]) == (200, "2819c223")
        barbara.refresh_from_db()
        assert barbara.scim_id == "2819c223"


class TestNewResource:
    def test_a_new_resource_gets_an_id_that_nobody_can_guess(self, okta):
        created = okta.post("/Users", user("ada@example.com")).json()

        assert User.objects.get().scim_id == created["id"]
        assert UUID(created["id"]).version == 4

    def test_a_new_resource_keeps_the_id_that_the_project_gives_it(self, okta):
        created = okta.post("/Groups", group("Tour Guides")).json()

        team = Team.objects.get()
        assert created["id"] == team.scim_id == str(team.pk)
        assert okta.get(f"/Groups/{created['id']}").status_code == 200

    def test_a_new_resource_after_a_deletion_has_another_id(self, okta, barbara):
        okta.delete("/Users/2819c223")
        assert okta.get("/Users/2819c223").status_code == 404

        created = okta.post("/Users", user(ADDRESS)).json()

        assert created["id"] != "2819c223"
        assert okta.get("/Users/2819c223").status_code == 404
        assert okta.get(f"/Users/{created['id']}").json()["userName"] == ADDRESS

    def test_a_new_resource_in_the_row_of_a_deleted_one_has_another_id(self, okta, barbara):
        assert okta.put("/Users/2819c223", user(ADDRESS, externalId="4")).status_code == 200
        okta.delete("/Users/2819c223")

        created = okta.post("/Users", user(ADDRESS, externalId="4")).json()

        barbara.refresh_from_db()
        assert (barbara.scim_id, barbara.is_active) == ("2819c223", True)
        assert okta.get("/Users/2819c223").status_code == 404
        assert okta.get(f"/Users/{created['id']}").json() == created
        assert okta.get("/Users", {"filter": f'id eq "{created["id"]}"'}).json()["totalResults"] == 1
        assert okta.get("/Users", {"filter": 'id eq "2819c223"'}).json()["totalResults"] == 0


class TestExternalId:
    def test_an_external_id_is_kept(self, okta, barbara, guides):
        adopt("--external-id", "scim_external_id")
        adopt("--resource-type", "Group", "--external-id", "scim_external_id")

        assert okta.get("/Users/2819c223").json()["externalId"] == "00u1a2b3c4"
        assert okta.get(f"/Groups/{guides.scim_id}").json()["externalId"] == "00g9z8y7x6"

    def test_an_external_id_finds_the_account(self, okta, barbara):
        adopt("--external-id", "scim_external_id")

        found = okta.get("/Users", {"filter": 'externalId eq "00u1a2b3c4"'}).json()

        assert [resource["id"] for resource in found["Resources"]] == ["2819c223"]

    def test_an_external_id_belongs_to_the_connection_alone(self, okta, barbara):
        adopt("--external-id", "scim_external_id")
        other = ScimClient(ConnectionFactory.create())

        assert "externalId" not in other.get("/Users/2819c223").json()

    def test_an_external_id_that_is_empty_is_none(self, okta):
        User.objects.create(username=ADDRESS, scim_id="1", scim_external_id="")

        adopt("--external-id", "scim_external_id")

        assert "externalId" not in okta.get("/Users/1").json()
        assert Record.objects.count() == 1

    def test_an_external_id_that_the_identity_provider_has_changed_since_is_not_taken_back(
        self, okta, barbara
    ):
        adopt("--external-id", "scim_external_id")
        okta.patch("/Users/2819c223", {"op": "replace", "path": "externalId", "value": "new"})

        report = adopt("--external-id", "scim_external_id")

        assert okta.get("/Users/2819c223").json()["externalId"] == "new"
        assert "the connection has given it another externalId since: bjensen@example.com" in report


class TestAccountWithoutId:
    """django-scim2 gave an ``id`` to rows that were made while it was there, and to no others."""

    @pytest.fixture
    def old(self):
        """An account from before django-scim2."""
        return User.objects.create(username="old@example.com")

    def test_an_account_without_an_id_is_hidden(self, okta, old):
        assert okta.get("/Users").json()["totalResults"] == 0

    def test_an_account_without_an_id_still_has_its_user_name(self, okta, old):
        response = okta.post("/Users", user("old@example.com"))

        # Not 409: no filter of the provider finds the account that it would look for.
        assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")

    def test_an_account_without_an_id_is_adopted_with_a_new_one(self, okta, old):
        report = adopt()

        old.refresh_from_db()
        assert UUID(str(old.scim_id)).version == 4
        assert okta.get(f"/Users/{old.scim_id}").json()["userName"] == "old@example.com"
        assert "Given an id         1" in report

    def test_an_account_without_an_id_stays_without_one_in_a_dry_run(self, okta, old):
        report = adopt("--dry-run")

        old.refresh_from_db()
        assert old.scim_id is None
        assert "Given an id         1" in report

    def test_an_account_without_an_id_keeps_the_one_that_it_got_when_it_is_adopted_again(self, okta, old):
        adopt()
        old.refresh_from_db()
        first = old.scim_id

        adopt()

        old.refresh_from_db()
        assert old.scim_id == first

    def test_an_account_without_an_id_is_all_that_the_system_check_warns_of(self):
        found = {str(message.id) for message in run_checks()}

        assert "django_scim.W003" in found
        assert not any(identifier.startswith("django_scim.E") for identifier in found)


def test_the_report_of_an_adoption_counts_the_resources_that_were_taken_over(okta, barbara, guides):
    User.objects.create(username="old@example.com")
    User.objects.create_superuser("root", scim_id="9", scim_external_id="00u0000000")

    report = adopt("--external-id", "scim_external_id")

    root = User.objects.get(username="root")
    assert report.splitlines() == [
        "Selected            3",
        "Recorded            2",
        "With an externalId  1",
        "Given an id         1",
        "Already there       0",
        "Skipped             1",
        f"Skipped, since it is protected, and SCIM may only read it: root ({root.pk})",
    ]
    assert Link.objects.get().external_id == "00u1a2b3c4"
