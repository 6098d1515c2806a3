"""A foreign key to somebody whom the connection cannot see yet: the user is not lost for it."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_scim.models import AwaitedReference, ProvisioningEvent, Record
from django_scim.operations.staff import Restore
from django_scim.resources.registry import registry
from django_scim.signals import references_filled
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.hosts.small.models import Person, Profile
from tests.operations.acting_staff import by_alice
from tests.operations.patch_operations import remove, replace
from tests.operations.responses import last_event
from tests.registered import receiving
from tests.representations import ENTERPRISE, id_of, path_of, user

MANAGER = f"{ENTERPRISE}:manager"
SERVED = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}, "Group": None}}


@pytest.fixture(autouse=True)
def people(settings):
    """A host whose users have their manager in a foreign key, behind a row of their own."""
    settings.DJANGO_SCIM = SERVED


@pytest.fixture
def path(scim):
    """The path of a user whose manager is not there."""
    response = scim.post("/Users", user("barbara", **{ENTERPRISE: {"manager": {"value": "e-1"}}}))
    assert response.status_code == 201, response.content
    return f"/Users/{response.json()['id']}"


def manager_of(scim, path):
    return scim.get(path).json().get(ENTERPRISE, {}).get("manager")


def test_a_manager_who_is_not_there_is_kept_and_the_history_says_so(scim, path):
    assert manager_of(scim, path) == {"value": "e-1"}
    assert f"{MANAGER}: there is no User 'e-1' yet" in last_event().detail


def test_a_manager_whom_the_project_sets_counts_more_than_the_kept_one(scim, path):
    boss = Person.objects.create(login="boss")
    Profile.objects.filter(person__login="barbara").update(manager=boss)

    assert manager_of(scim, path)["value"] == id_of(boss)


def test_a_manager_who_is_sent_again_and_is_not_there_changes_nothing(scim, path):
    before = scim.get(path)["ETag"]

    scim.put(path, user("barbara", **{ENTERPRISE: {"manager": {"value": "e-1"}}}))

    assert last_event().changes == {}
    assert scim.get(path)["ETag"] == before
    assert manager_of(scim, path) == {"value": "e-1"}


def test_a_kept_manager_can_be_removed(scim, path):
    scim.patch(path, remove(MANAGER))

    assert manager_of(scim, path) is None


def test_a_manager_who_is_not_there_is_refused_where_the_setting_says_so(scim, settings):
    settings.DJANGO_SCIM = {**SERVED, "UNKNOWN_REFERENCES": "forbid"}

    response = scim.post("/Users", user("barbara", **{ENTERPRISE: {"manager": {"value": "e-1"}}}))

    assert_scim_error(response, 400, "invalidValue")
    assert not Person.objects.exists()


class TestAManagerWhoComes:
    """The foreign key is filled in the write by which the manager is known."""

    @pytest.fixture(params=["created", "named by PATCH", "named by PUT", "adopted by PUT"])
    def comes(self, request, scim, path):
        """Let the manager come, in one of the ways; return its row."""
        if request.param == "created":
            assert scim.post("/Users", user("boss", externalId="e-1")).status_code == 201
        else:
            boss = Person.objects.create(login="boss")
            body = user("boss", externalId="e-1")
            if request.param == "named by PATCH":
                assert scim.patch(path_of(boss), replace("externalId", "e-1")).status_code == 200
            else:
                if request.param == "named by PUT":
                    scim.put(path_of(boss), user("boss", externalId="e-0"))
                assert scim.put(path_of(boss), body).status_code == 200
        return Person.objects.get(login="boss")

    def test_a_manager_who_comes_is_in_the_foreign_key(self, scim, path, comes):
        assert Profile.objects.get(person__login="barbara").manager == comes
        assert manager_of(scim, path)["value"] == id_of(comes)
        assert not AwaitedReference.objects.exists()
        assert "e-1" not in str(Record.objects.get(integer_key=id_key(path)).attributes)

    def test_a_manager_who_comes_moves_the_version_and_the_time_of_who_waited(self, scim, path):
        before = scim.get(path)

        scim.post("/Users", user("boss", externalId="e-1"))

        after = scim.get(path)
        assert after["ETag"] != before["ETag"]
        assert after.json()["meta"]["lastModified"] > before.json()["meta"]["lastModified"]

    def test_a_manager_who_comes_is_in_the_history_of_both(self, scim, path):
        scim.post("/Users", user("boss", externalId="e-1"))

        boss = id_of(Person.objects.get(login="boss"))
        own = ProvisioningEvent.objects.get(operation="modify")
        assert (own.resource_id, own.display) == (path.rpartition("/")[2], "barbara")
        assert own.detail == "filled: User boss has come"
        assert own.changes == {MANAGER: {"before": {"value": "e-1"}, "after": {"value": boss}}}
        event = ProvisioningEvent.objects.filter(display="boss").get()
        assert event.request_id == own.request_id
        assert f"{MANAGER} of 1 User, who waited for it, is filled" in event.detail

    def test_a_manager_who_comes_is_told_to_the_project(self, scim, path, django_capture_on_commit_callbacks):
        with receiving(references_filled) as received, django_capture_on_commit_callbacks(execute=True):
            scim.post("/Users", user("boss", externalId="e-1"))

        ((_, told),) = received
        assert (told["sender"], told["attribute"], told["resource_type"]) == (Person, MANAGER, "User")
        assert (told["instance"].login, told["keys"]) == ("boss", [id_key(path)])

    def test_a_manager_who_comes_by_another_connection_is_not_meant(self, scim, path):
        ScimClient(ConnectionFactory.create()).post("/Users", user("boss", externalId="e-1"))

        assert Profile.objects.get(person__login="barbara").manager is None
        assert manager_of(scim, path) == {"value": "e-1"}

    def test_a_manager_who_comes_later_than_the_project_has_set_another_one_is_none(self, scim, path):
        own = Person.objects.create(login="own")
        Profile.objects.filter(person__login="barbara").update(manager=own)

        scim.post("/Users", user("boss", externalId="e-1"))

        assert Profile.objects.get(person__login="barbara").manager == own

    def test_a_manager_who_comes_is_nobody_s_who_waits_no_longer(self, scim, path):
        scim.patch(path, remove(MANAGER))

        scim.post("/Users", user("boss", externalId="e-1"))

        assert Profile.objects.get(person__login="barbara").manager is None

    def test_a_manager_who_comes_is_nobody_s_who_is_deleted(self, scim, path):
        scim.delete(path)
        scim.post("/Users", user("boss", externalId="e-1"))

        assert Profile.objects.get(person__login="barbara").manager is None

    def test_a_manager_who_has_come_is_that_of_somebody_restored(self, scim, path):
        scim.delete(path)
        scim.post("/Users", user("boss", externalId="e-1"))

        by_alice(Restore, Person.objects.get(login="barbara"))

        assert Profile.objects.get(person__login="barbara").manager == Person.objects.get(login="boss")
        assert not AwaitedReference.objects.exists()

    def test_a_manager_who_comes_after_somebody_is_restored_is_known_too(self, scim, path):
        scim.delete(path)
        by_alice(Restore, Person.objects.get(login="barbara"))

        scim.post("/Users", user("boss", externalId="e-1"))

        assert Profile.objects.get(person__login="barbara").manager == Person.objects.get(login="boss")

    def test_a_manager_who_is_restored_is_known_by_the_id(self, scim):
        scim.post("/Users", user("boss"))
        boss = Person.objects.get(login="boss")
        scim.delete(path_of(boss))
        scim.post("/Users", user("barbara", **{ENTERPRISE: {"manager": {"value": id_of(boss)}}}))
        assert Profile.objects.get(person__login="barbara").manager is None

        by_alice(Restore, boss)

        assert Profile.objects.get(person__login="barbara").manager == boss

    def test_a_manager_whom_a_command_adopts_is_known(self, scim, connection, path):
        boss = Person.objects.create(login="boss", surname="e-1")

        call_command("scim_adopt", connection.name, external_id="surname", filter=["login=boss"])

        assert Profile.objects.get(person__login="barbara").manager == boss

    def test_people_who_wait_for_each_other_have_each_other(self, scim):
        scim.post("/Users", user("a", externalId="a", **{ENTERPRISE: {"manager": {"value": "b"}}}))
        scim.post("/Users", user("b", externalId="b", **{ENTERPRISE: {"manager": {"value": "a"}}}))

        managers = dict(Profile.objects.values_list("person__login", "manager__login"))
        assert managers == {"a": "b", "b": "a"}


def id_key(path):
    """Return the primary key of a path."""
    return registry().by_name["User"].scheme.decode(path.rpartition("/")[2])


def statements_of(scim, body):
    """Return the statements of a POST, less those about transactions."""
    with CaptureQueriesContext(database) as queries:
        assert scim.post("/Users", body).status_code == 201
    return [query["sql"] for query in queries if not re.match(r"(SAVE|RELEASE|BEGIN|COMMIT)", query["sql"])]


def test_who_comes_costs_as_much_whether_one_or_many_have_waited(scim):
    def wait_for(name, number):
        for index in range(number):
            body = {ENTERPRISE: {"manager": {"value": name}}}
            assert scim.post("/Users", user(f"{name}-{index}", **body)).status_code == 201

    wait_for("x", 1)
    wait_for("y", 1)
    wait_for("z", 12)
    statements_of(scim, user("first", externalId="x"))  # what is compiled once
    few, many = (statements_of(scim, user(name, externalId=name)) for name in ("y", "z"))

    assert len(few) == len(many)
    assert Profile.objects.filter(manager__login="z").count() == 12


def questions_about_waiting(scim):
    """Return how many statements of a POST ask who waits, or take a lock for it."""
    scim.post("/Users", user("first", externalId="first"))
    found = statements_of(scim, user("second", externalId="second"))
    return sum("awaitedreference" in sql or sql.startswith("SELECT pg_advisory") for sql in found)


def test_a_post_asks_one_question_more_where_somebody_could_wait(scim):
    assert questions_about_waiting(scim) == 1


@pytest.mark.parametrize("served", [{"UNKNOWN_REFERENCES": "forbid"}, {"RESOURCES": {}}], ids=str)
def test_a_post_asks_nothing_more_where_nobody_could_wait(scim, settings, served):
    settings.DJANGO_SCIM = {**SERVED, **served}

    assert questions_about_waiting(scim) == 0


def test_resources_of_the_host_s_own_wait_and_come_too(scim, settings):
    adapters = {"User": "PersonAdapter", "Profile": "ProfileAdapter"}
    served = {name: {"adapter": f"tests.hosts.small.adapters.{each}"} for name, each in adapters.items()}
    settings.DJANGO_SCIM = {"RESOURCES": {**served, "Group": None}}
    profile = Profile.objects.create(person=Person.objects.create(login="barbara"), title="Guide")
    assert scim.patch(path_of(profile), replace("owner", {"value": "e-1"})).status_code == 200
    assert scim.get(path_of(profile)).json()["owner"] == {"value": "e-1"}

    scim.post("/Users", user("boss", externalId="e-1"))

    profile.refresh_from_db()
    assert profile.manager == Person.objects.get(login="boss")
    assert scim.get(path_of(profile)).json()["owner"]["displayName"] == "boss"
