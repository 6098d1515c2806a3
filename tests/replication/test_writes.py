"""A write reads what it needs from the primary: it is right although the replica lags."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session

from django_scim.models import Link, ProvisioningEvent, Record
from django_scim.operations import breaker as limits
from tests.deprovisioning.conftest import Browser
from tests.factories import GroupFactory, UserFactory, managed
from tests.operations.bulk_operations import (
    delete,
    id_in,
    managed_user,
    manager_of,
    patch,
    post,
    run,
    statuses,
)
from tests.operations.patch_operations import DEACTIVATE, add, remove, replace
from tests.representations import ENTERPRISE, group, member, path_of, user

pytestmark = pytest.mark.usefixtures("scim", "lagging")


def on_primary(model):
    return model.objects.using("default")


def names():
    return sorted(on_primary(User).values_list("username", flat=True))


def path_to(response):
    return f"/Users/{response.json()['id']}"


class TestResources:
    def test_resources_that_were_made_a_moment_ago_are_replaced_modified_and_deleted(self, scim):
        path = path_to(scim.post("/Users", user("barbara", externalId="1", title="Guide")))

        answers = [
            scim.put(path, user("babs", externalId="2", title="Boss")),
            scim.patch(path, replace("title", "Chief"), add("emails", [{"value": "b@example.com"}])),
            scim.delete(path),
        ]

        assert [answer.status_code for answer in answers] == [200, 200, 204]
        assert answers[1].json()["title"] == "Chief"
        assert answers[1].json()["externalId"] == "2"
        assert [event.operation for event in on_primary(ProvisioningEvent).order_by("pk")] == [
            "create",
            "replace",
            "modify",
            "delete",
        ]

    def test_resources_that_were_deleted_a_moment_ago_are_gone(self, scim):
        path = path_to(scim.post("/Users", user("barbara")))
        assert scim.delete(path).status_code == 204

        assert scim.patch(path, DEACTIVATE).status_code == 404
        assert scim.delete(path).status_code == 404

    def test_resources_are_answered_as_they_are_now(self, scim):
        row = UserFactory.create()
        scim.patch(path_of(row), replace("title", "Guide"), replace("externalId", "1"))
        answer = scim.patch(path_of(row), replace("nickName", "Babs")).json()

        assert (answer["title"], answer["externalId"], answer["nickName"]) == ("Guide", "1", "Babs")

    def test_resources_have_one_record_and_one_external_id_however_often_they_are_written(self, scim):
        row = UserFactory.create()
        for number in range(3):
            assert scim.patch(path_of(row), replace("externalId", str(number))).status_code == 200

        assert on_primary(Record).count() == 1
        assert on_primary(Link).get().external_id == "2"


class TestPreconditions:
    def test_preconditions_hold_against_the_version_that_the_primary_has(self, scim):
        response = scim.post("/Users", user("barbara", title="Guide"))
        path, first = path_to(response), response.headers["ETag"]

        second = scim.patch(path, replace("title", "Boss"), **{"If-Match": first})
        third = scim.patch(path, replace("title", "Chief"), **{"If-Match": second.headers["ETag"]})
        late = scim.patch(path, replace("title", "Late"), **{"If-Match": first})

        assert [response.status_code for response in (second, third, late)] == [200, 200, 412]

    def test_preconditions_refuse_the_version_that_the_replica_still_has(self, scim, lagging):
        row = UserFactory.create()
        lagging()
        old = scim.get(path_of(row)).headers["ETag"]
        scim.patch(path_of(row), replace("name.givenName", "Babs"))

        assert scim.get(path_of(row)).headers["ETag"] == old
        assert scim.put(path_of(row), user("late"), **{"If-Match": old}).status_code == 412
        assert scim.delete(path_of(row), **{"If-Match": old}).status_code == 412


class TestUniqueness:
    def test_uniqueness_is_that_of_the_primary(self, scim):
        assert scim.post("/Users", user("barbara")).status_code == 201
        other = path_to(scim.post("/Users", user("other")))

        assert scim.post("/Users", user("BARBARA")).status_code == 409
        assert scim.put(other, user("Barbara")).status_code == 409
        assert scim.patch(other, replace("userName", "barbarA")).status_code == 409
        assert names() == ["barbara", "other"]

    def test_uniqueness_leaves_a_name_to_others_once_it_is_given_up(self, scim):
        first = path_to(scim.post("/Users", user("barbara")))
        scim.patch(first, replace("userName", "babs"))

        assert scim.post("/Users", user("barbara")).status_code == 201

    def test_uniqueness_lets_somebody_be_made_anew_who_was_deleted_a_moment_ago(self, scim):
        path = path_to(scim.post("/Users", user("barbara", title="Guide", externalId="4")))
        scim.delete(path)

        response = scim.post("/Users", user("barbara", externalId="4"))

        assert response.status_code == 201
        assert "title" not in response.json()
        assert on_primary(User).get().is_active

    def test_uniqueness_lets_somebody_else_have_the_name_of_who_was_deleted_a_moment_ago(self, scim):
        scim.delete(path_to(scim.post("/Users", user("barbara"))))

        assert scim.post("/Users", user("barbara")).status_code == 201
        assert on_primary(User).get(username="barbara").is_active


class TestGroups:
    def test_groups_take_members_that_were_made_a_moment_ago(self, scim):
        one, two = (scim.post("/Users", user(name)).json()["id"] for name in ("one", "two"))
        made = scim.post("/Groups", group("Guides", members=[{"value": one}])).json()
        path = f"/Groups/{made['id']}"

        scim.patch(path, add("members", [{"value": two}]))
        scim.patch(path, remove(f'members[value eq "{one}"]'))

        assert [entry["value"] for entry in made["members"]] == [one]
        assert list(on_primary(Group).get().user_set.using("default").values_list("username", flat=True)) == [
            "two"
        ]

    def test_groups_do_not_take_members_that_were_deleted_a_moment_ago(self, scim):
        row, team = UserFactory.create(), GroupFactory.create()
        scim.delete(path_of(row))

        assert scim.patch(path_of(team), add("members", [member(row)])).status_code == 400

    def test_groups_are_replaced_with_the_members_that_they_have_now(self, scim):
        rows, team = UserFactory.create_batch(3), GroupFactory.create()
        scim.patch(path_of(team), add("members", [member(row) for row in rows[:2]]))

        response = scim.put(path_of(team), group("Guides", members=[member(row) for row in rows[1:]]))

        assert {entry["value"] for entry in response.json()["members"]} == {
            member(row)["value"] for row in rows[1:]
        }
        event = on_primary(ProvisioningEvent).order_by("-pk")[0]
        assert {kind: len(members) for kind, members in event.changes["members"].items()} == {
            "added": 1,
            "removed": 1,
        }


class TestReferences:
    @pytest.fixture(autouse=True)
    def people(self, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}
        }

    def test_references_lead_to_resources_that_were_made_a_moment_ago(self, scim):
        manager = scim.post("/Users", user("manager")).json()["id"]
        made = scim.post("/Users", managed_user("barbara", manager))

        assert made.status_code == 201
        assert made.json()[ENTERPRISE]["manager"]["value"] == manager

    def test_references_do_not_lead_to_resources_that_were_deleted_a_moment_ago(self, scim):
        manager = scim.post("/Users", user("manager")).json()["id"]
        scim.delete(f"/Users/{manager}")

        made = scim.post("/Users", managed_user("barbara", manager))

        # As of somebody who does not exist: without an address.
        assert made.json()[ENTERPRISE]["manager"] == {"value": manager}


class TestBulk:
    def test_a_bulk_job_refers_to_what_it_has_just_made(self, scim):
        results = run(
            scim,
            post("/Users", "one", user("one")),
            post("/Groups", "team", group("Guides", members=[{"value": "bulkId:one"}])),
            patch("/Users/bulkId:one", replace("title", "Guide")),
            delete("/Groups/bulkId:team"),
        )

        assert statuses(results) == ["201", "201", "200", "204"]

    def test_a_bulk_job_makes_resources_that_refer_to_each_other(self, scim, lagging):
        results = run(
            scim,
            post("/Users", "one", managed_user("one", "bulkId:two")),
            post("/Users", "two", managed_user("two", "bulkId:one")),
        )

        assert statuses(results) == ["201", "201"]
        lagging()
        assert manager_of(scim, results[0]) == id_in(results[1])

    def test_a_bulk_job_stops_where_its_connection_is_paused(self, scim, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_LIMIT": 1}
        rows = UserFactory.create_batch(3)

        results = run(scim, *(delete(path_of(row)) for row in rows))

        assert statuses(results) == ["204", "503", "503"]
        assert on_primary(User).filter(is_active=True).count() == 2
        assert on_primary(ProvisioningEvent).filter(detail__contains="paused").count() == 2


class TestWhatProtectsTheProject:
    def test_the_breaker_counts_what_was_deprovisioned_a_moment_ago(self, scim, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING_LIMIT": 2}
        rows = UserFactory.create_batch(3)

        assert [scim.patch(path_of(row), DEACTIVATE).status_code for row in rows] == [200, 200, 503]
        assert scim.post("/Users", user()).status_code == 503

    def test_the_breaker_takes_the_share_of_the_resources_that_there_are_now(
        self, scim, settings, monkeypatch
    ):
        monkeypatch.setattr(limits, "ALWAYS_ALLOWED", 1)
        settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 50}
        rows = UserFactory.create_batch(4)

        assert [scim.patch(path_of(row), DEACTIVATE).status_code for row in rows[:3]] == [200, 200, 503]

    def test_the_breaker_keeps_the_last_administrator_that_the_primary_knows_of(self, scim, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"User": {"adapter": "tests.operations.test_protection.OpenUserAdapter"}}
        }
        rows = [UserFactory.create(is_superuser=True, is_staff=True) for _ in range(2)]
        for row in rows:
            managed(scim.connection, row)

        assert [scim.patch(path_of(row), DEACTIVATE).status_code for row in rows] == [200, 403]


class TestDeprovisioning:
    @pytest.mark.parametrize("engine", ["db", "cached_db"])
    def test_deprovisioning_ends_sessions_that_began_a_moment_ago(self, scim, settings, shared_cache, engine):
        settings.ROOT_URLCONF = "tests.deprovisioning.urls"
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        row = UserFactory.create()
        session = on_primary(Session).filter(pk=Browser().be_signed_in(row).session_key)
        assert session.exists()

        scim.patch(path_of(row), DEACTIVATE)

        assert not session.exists()
