"""Whose row is it: an ``id`` never comes back, a person does (RFC 7643 section 3.1, RFC 7644 section 3.6)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection as database
from django.urls import reverse

from django_scim.models import Link, Operation, ProvisioningEvent, Record
from django_scim.operations.staff import Restore
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.hosts.small.adapters import THING
from tests.hosts.small.models import Account, Contractor, Device, Enrolment, Legacy, License, Person, Profile
from tests.operations.acting_staff import by_alice
from tests.operations.bulk_operations import post, run, statuses
from tests.operations.patch_operations import add, replace
from tests.query.statements import statements
from tests.representations import current_path_of, group, id_of, member, path_of, user

PERSON = "tests.hosts.small.adapters.PersonAdapter"


@pytest.fixture
def other(db):
    """Another identity provider."""
    return ScimClient(ConnectionFactory.create())


def made(scim, name="dora", **attributes):
    """Make a user; return the row."""
    assert scim.post("/Users", user(name, **attributes)).status_code == 201
    return User.objects.get(username=name)


def gone(scim, name="dora", **attributes):
    """Make a user and delete it; return the row."""
    row = made(scim, name, **attributes)
    assert scim.delete(path_of(row)).status_code == 204
    return row


class TestSomebodyElse:
    @pytest.mark.parametrize("is_other_connection", [False, True])
    def test_somebody_else_of_the_name_gets_neither_the_row_nor_its_rights(
        self, scim, other, is_other_connection
    ):
        row = made(scim, externalId="4")
        row.is_staff = True
        row.save()
        row.user_permissions.add(Permission.objects.get(codename="delete_user"))
        former = id_of(row)
        assert scim.delete(path_of(row)).status_code == 204

        client = other if is_other_connection else scim
        response = client.post("/Users", user("dora", externalId="77"))

        assert response.status_code == 201, response.content
        new = User.objects.get(username="dora")
        assert (new.pk != row.pk, new.is_staff, new.user_permissions.count()) == (True, False, 0)
        assert response.json()["id"] == id_of(new) != former
        assert_scim_error(client.get(f"/Users/{former}"), 404)

    def test_somebody_else_is_whoever_has_the_same_external_id_of_another_connection(self, scim, other):
        row = gone(scim, externalId="4")

        assert other.post("/Users", user("dora", externalId="4")).status_code == 201
        assert User.objects.get(username="dora").pk != row.pk

    def test_somebody_else_is_whoever_comes_without_an_external_id(self, scim):
        row = gone(scim)

        assert scim.post("/Users", user("dora")).status_code == 201
        assert User.objects.get(username="dora").pk != row.pk

    def test_somebody_else_does_not_get_the_permissions_of_a_group_of_the_name(self, scim, other):
        scim.post("/Groups", group("Deletes"))
        row = Group.objects.get()
        row.permissions.add(Permission.objects.get(codename="delete_user"))
        assert scim.delete(path_of(row)).status_code == 204

        assert other.post("/Groups", group("Deletes")).status_code == 201

        assert not Group.objects.get(name="Deletes").permissions.exists()


class TestTheSamePerson:
    def test_the_same_person_has_the_row_back_under_a_new_id(self, scim):
        row = gone(scim, externalId="4", title="Guide")
        former = id_of(row)
        Link.objects.all().delete()

        response = scim.post("/Users", user("dora.new", externalId="4"))

        row.refresh_from_db()
        document = response.json()
        assert (response.status_code, row.username, User.objects.count()) == (201, "dora.new", 1)
        assert "title" not in document
        assert document["id"] != former
        assert document["meta"]["location"].endswith(document["id"])
        assert_scim_error(scim.get(f"/Users/{former}"), 404)
        assert scim.get(f"/Users/{document['id']}").json() == document

    def test_the_same_person_is_found_by_the_new_id_alone(self, scim):
        row = gone(scim, externalId="4")
        former, new = id_of(row), scim.post("/Users", user("dora", externalId="4")).json()["id"]
        team = GroupFactory.create(name="Guides")
        assert scim.patch(path_of(team), add("members", [{"value": new}])).status_code == 204

        def totals(path, filter):
            return [
                scim.get(path, {"filter": filter.format(each)}).json()["totalResults"]
                for each in (former, new)
            ]

        assert totals("/Users", 'id eq "{}"') == [0, 1]
        assert totals("/Users", 'id ne "{}"') == [1, 0]
        assert totals("/Groups", 'members.value eq "{}"') == [0, 1]
        assert totals("/Groups", 'members eq "{}"') == [0, 1]
        assert [each["value"] for each in scim.get(path_of(team)).json()["members"]] == [new]

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    def test_the_same_person_is_not_reached_by_the_former_id(self, scim, method):
        row = gone(scim, externalId="4")
        scim.post("/Users", user("dora", externalId="4"))
        payload = {"PUT": user("dora"), "PATCH": {"Operations": [replace("title", "x")]}}.get(method)

        assert_scim_error(scim.request(method, path_of(row), payload), 404)

    def test_the_same_person_cannot_be_put_in_a_group_by_the_former_id(self, scim):
        row = gone(scim, externalId="4")
        scim.post("/Users", user("dora", externalId="4"))
        team = GroupFactory.create(name="Guides")

        assert_scim_error(scim.patch(path_of(team), add("members", [member(row)])), 400, "invalidValue")
        assert not team.user_set.exists()

    def test_the_same_person_can_be_changed_deleted_and_hired_once_more(self, scim):
        row = gone(scim, externalId="4")
        ids = {id_of(row)}
        for _ in range(3):
            found = scim.post("/Users", user("dora", externalId="4")).json()
            assert found["id"] not in ids
            ids.add(found["id"])
            path = f"/Users/{found['id']}"
            assert scim.patch(path, replace("title", "Guide")).json()["title"] == "Guide"
            assert scim.put(path, user("dora", externalId="4")).json()["id"] == found["id"]
            assert scim.delete(path).status_code == 204
        assert Record.objects.get().former_ids == [id_of(row), *Record.objects.get().former_ids[1:]]
        assert User.objects.count() == 1

    def test_the_same_person_has_the_new_value_of_a_row_beside_and_not_the_parked_one(self, scim, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}, "Group": None}
        }
        made = scim.post("/Users", user("dora", externalId="4", title="Guide")).json()
        scim.delete(f"/Users/{made['id']}")
        profile = Profile.objects.get()
        parked = {"model": "small.Profile", "key": str(profile.pk), "column": "title", "value": "Guide"}
        Profile.objects.update(title="-parked")
        Record.objects.update(parked=[parked])

        scim.post("/Users", user("dora", externalId="4", title="Head Guide"))

        assert Profile.objects.get().title == "Head Guide"

    def test_the_same_person_is_told_in_the_history(self, scim):
        former = id_of(gone(scim, externalId="4"))

        new = scim.post("/Users", user("dora", externalId="4")).json()["id"]

        event = ProvisioningEvent.objects.latest("pk")
        assert (event.operation, event.resource_id) == (Operation.CREATE, new)
        assert event.detail == f"hired again: {former} until it was deleted"

    def test_the_same_person_may_be_made_in_a_bulk_job(self, scim):
        gone(scim, externalId="4")

        answers = run(
            scim, post("/Users", "1", user("dora", externalId="4")), post("/Users", "2", user("eva"))
        )

        assert statuses(answers) == ["201", "201"]
        assert answers[0]["location"].endswith(current_path_of(User.objects.get(username="dora")))

    @pytest.mark.parametrize(
        ("rehired_by", "is_known"), [("externalId", False), ("uniqueAttribute", True), ("nothing", False)]
    )
    def test_the_same_person_is_known_by_what_the_setting_says(self, scim, settings, rehired_by, is_known):
        settings.DJANGO_SCIM = {"REHIRED_BY": rehired_by}
        row = gone(scim, externalId="4")

        assert scim.post("/Users", user("Dora", externalId="77")).status_code == 201

        assert (User.objects.get(username="Dora").pk == row.pk) is is_known

    def test_the_same_person_by_name_is_that_of_the_same_connection(self, scim, other, settings):
        settings.DJANGO_SCIM = {"REHIRED_BY": "uniqueAttribute"}
        row = gone(scim)

        assert other.post("/Users", user("dora")).status_code == 201
        assert User.objects.get(username="dora").pk != row.pk

    def test_the_same_person_whom_the_setting_does_not_know_has_a_new_row(self, scim, settings):
        settings.DJANGO_SCIM = {"REHIRED_BY": "nothing"}
        row = gone(scim, externalId="4")

        assert scim.post("/Users", user("dora", externalId="4")).status_code == 201
        assert User.objects.get(username="dora").pk != row.pk


WAYS_TO_DELETE = {
    "the row": lambda row: row.delete(),
    "a query": lambda row: User.objects.filter(pk=row.pk).delete(),
    "a statement of which Django tells nothing": lambda row: User.objects.filter(pk=row.pk)._raw_delete(
        "default"
    ),
}
"""How a project deletes a row."""


COUNT_ANEW = {
    "sqlite": "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'auth_user'",
    "postgresql": "SELECT setval(pg_get_serial_sequence('auth_user', 'id'), 1, false)",
    "mysql": "ALTER TABLE auth_user AUTO_INCREMENT = 1",
}
"""What lets a database count the keys of users from the beginning."""


def count_anew():
    """Let the database give a key again, as a table does in which nothing counts deletions."""
    with database.cursor() as cursor:
        cursor.execute(COUNT_ANEW[database.vendor])


class TestKeysThatAreGivenAgain:
    """A number that a deleted account had may become that of another account."""

    @pytest.mark.parametrize("delete", WAYS_TO_DELETE.values(), ids=WAYS_TO_DELETE)
    def test_a_number_that_is_given_again_is_another_resource(self, scim, other, delete):
        row = made(scim, externalId="4", title="Guide")
        key, former = row.pk, scim.get(path_of(row)).json()
        delete(row)

        User.objects.create(pk=key, username="eva")

        (found,) = scim.get("/Users").json()["Resources"]
        assert (found["id"] != former["id"], found["userName"]) == (True, "eva")
        assert found["meta"]["created"] > former["meta"]["created"]
        assert found.keys().isdisjoint({"externalId", "title"})
        assert_scim_error(scim.get(f"/Users/{former['id']}"), 404)
        for nobody in (f'id eq "{former["id"]}"', 'externalId eq "4"', 'title eq "Guide"'):
            assert scim.get("/Users", {"filter": nobody}).json()["totalResults"] == 0
        record = Record.objects.get()
        assert (record.managed_by, record.former_ids, record.links.count()) == (None, [], 0)
        assert other.put(f"/Users/{found['id']}", user("eva", externalId="9")).status_code == 200

    @pytest.mark.parametrize("delete", WAYS_TO_DELETE.values(), ids=WAYS_TO_DELETE)
    def test_a_number_that_is_given_again_brings_no_history(self, scim, admin_client, delete):
        row = made(scim, "dora")
        key, former = row.pk, id_of(row)
        assert scim.post("/Groups", group("Guides", members=[member(row)])).status_code == 201
        row.groups.clear()
        delete(row)
        row = User.objects.create(pk=key, username="eva")
        scim.patch(current_path_of(row), replace("userName", "eva"))

        record = Record.objects.get(resource_type="User")
        own = admin_client.get(reverse("admin:django_scim_record_change", args=[record.pk])).text
        assert ("dora" in own, "Guides" in own) == (False, False)
        events = admin_client.get(reverse("admin:django_scim_provisioningevent_changelist")).text
        assert events.count("eva") == 1
        for event in ProvisioningEvent.objects.filter(operation=Operation.CREATE):
            page = reverse("admin:django_scim_provisioningevent_change", args=[event.pk])
            shown = admin_client.get(page).text
            assert "eva" not in shown
            assert reverse("admin:django_scim_record_change", args=[record.pk]) not in shown
        found = admin_client.get(reverse("admin:django_scim_record_changelist"), {"q": former}).text
        assert "eva" not in found

    @pytest.mark.parametrize("is_known", [True, False])
    def test_a_number_that_is_given_again_has_another_id_though_nobody_has_written_it(self, scim, is_known):
        row = made(scim) if is_known else UserFactory.create(username="dora")
        key, former = row.pk, id_of(row)
        row.delete()

        User.objects.bulk_create([User(pk=key, username="eva")])

        (found,) = scim.get("/Users").json()["Resources"]
        assert found["id"] != former

    @pytest.mark.parametrize("is_bulk", [False, True])
    @pytest.mark.django_db(transaction=True)
    def test_a_number_that_the_database_gives_again_is_another_resource(self, scim, settings, is_bulk):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": "hard"}}}
        count_anew()
        former = made(scim, externalId="4", title="Guide")
        path = path_of(former)
        assert scim.delete(path).status_code == 204
        count_anew()

        eva = user("eva", externalId="5")
        document = run(scim, post("/Users", "1", eva))[0] if is_bulk else scim.post("/Users", eva).json()

        row = User.objects.get()
        (found,) = scim.get("/Users").json()["Resources"]
        # Elsewhere, the first try has used up the number, and the next one is the second's.
        assert row.pk == former.pk or database.vendor != "sqlite"
        assert found["externalId"] == "5"
        assert current_path_of(row) == f"/Users/{found['id']}" != path
        assert document.get("location", document.get("id", "")).endswith(found["id"])
        assert found.keys().isdisjoint({"title"})
        assert_scim_error(scim.get(path), 404)

    def test_a_number_of_a_row_that_goes_with_another_is_another_resource(self, scim, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": PERSON}}}
        contractor = Contractor.objects.create(login="dora")
        key, former = contractor.pk, scim.get("/Users").json()["Resources"][0]["id"]
        contractor.delete()

        Contractor.objects.create(pk=key, login="eva")

        assert scim.get("/Users").json()["Resources"][0]["id"] != former
        assert_scim_error(scim.get(f"/Users/{former}"), 404)

    def test_a_row_that_is_saved_by_its_key_keeps_its_id(self, scim):
        row = made(scim, externalId="4")
        before = scim.get(path_of(row)).json()["id"]

        User(pk=row.pk, username="dora", last_name="Saved as if it were new").save()

        (found,) = scim.get("/Users").json()["Resources"]
        assert (found["id"], found["externalId"]) == (before, "4")

    def test_a_row_that_gets_another_table_beside_keeps_its_id(self, scim, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": PERSON}}}
        before = scim.post("/Users", user("dora", externalId="4")).json()
        person = Person.objects.get()

        Contractor(person_ptr=person, login=person.login).save()

        (found,) = scim.get("/Users").json()["Resources"]
        assert (found["id"], found["externalId"]) == (before["id"], "4")

    @pytest.mark.parametrize("is_known", [True, False])
    def test_a_row_that_the_project_deletes_is_looked_for_once_and_noted_once(self, scim, is_known):
        row = made(scim, externalId="4") if is_known else UserFactory.create()

        deleting = (sql.partition(" WHERE ")[0] for sql in statements(row.delete))
        about = [sql.split()[0] for sql in deleting if "scim_record" in sql]
        assert about == ["SELECT", "UPDATE" if is_known else "INSERT"]


class TestKeysThatTheProjectChooses:
    """A row that is deleted may leave its key to another one."""

    @pytest.fixture
    def licenses(self, scim, settings):
        """Licenses whose names are their primary keys, and who are deleted with their rows."""
        options = {"adapter": "tests.hosts.small.adapters.LicenseAdapter", "attributes": {"name": "code"}}
        settings.DJANGO_SCIM = {"RESOURCES": {"License": {**options, "delete": "hard"}}}
        return scim

    @pytest.fixture(params=["client", "project"])
    def again(self, request, licenses):
        """Two resources of one key, one after the other, with who deletes and makes them."""

        def make():
            if request.param == "project":
                License.objects.create(code="MIT")
            else:
                assert licenses.post("/Licenses", {"schemas": [THING], "name": "MIT"}).status_code == 201
            return licenses.get("/Licenses").json()["Resources"][0]

        first = make()
        if request.param == "project":
            License.objects.all().delete()
        else:
            assert licenses.delete(f"/Licenses/{first['id']}").status_code == 204
        assert not License.objects.exists()
        return first, make()

    def test_a_key_that_comes_back_has_another_id(self, licenses, again):
        first, second = again

        assert first["id"] != second["id"]
        assert_scim_error(licenses.get(f"/Licenses/{first['id']}"), 404)
        assert licenses.get(f"/Licenses/{second['id']}").json() == second
        found = licenses.get("/Licenses", {"filter": f'id eq "{second["id"]}"'}).json()
        assert found["totalResults"] == 1
        assert licenses.get("/Licenses", {"filter": f'id eq "{first["id"]}"'}).json()["totalResults"] == 0

    def test_a_key_that_comes_back_twice_has_a_third_id(self, licenses, again):
        former = {each["id"] for each in again}
        License.objects.all().delete()
        License.objects.create(code="MIT")

        assert licenses.get("/Licenses").json()["Resources"][0]["id"] not in former

    def test_a_key_that_comes_back_brings_nothing_of_what_was_kept(self, licenses, again):
        record = Record.objects.get()
        assert (record.text_key, record.deleted_at, record.attributes) == ("MIT", None, {})
        assert (record.former_ids, record.links.count()) == ([], 0)

    def test_a_key_of_another_row_has_another_id_after_it_is_given_again(self, scim, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"Enrolment": {"adapter": "tests.hosts.small.adapters.EnrolmentAdapter"}}
        }
        device = Device.objects.create(name="phone")

        def given():
            Enrolment.objects.create(device=device, name="phone")
            return scim.get("/Enrolments").json()["Resources"][0]["id"]

        first = given()
        Enrolment.objects.all().delete()
        second = given()
        device.delete()  # And the enrolment with it.
        device.save(force_insert=True)
        assert len({first, second, given()}) == 3

    def test_a_key_that_a_client_gives_again_is_another_resource_however_the_row_has_gone(self, licenses):
        thing = {"schemas": [THING], "name": "MIT"}
        first = licenses.post("/Licenses", {**thing, "externalId": "4"}).json()["id"]
        License.objects.all()._raw_delete("default")

        second = licenses.post("/Licenses", thing).json()

        assert second["id"] != first
        assert "externalId" not in second
        assert licenses.get("/Licenses", {"filter": 'externalId eq "4"'}).json()["totalResults"] == 0

    def test_a_value_that_names_a_deleted_resource_is_not_parked(self, scim, settings):
        options = {"adapter": "tests.hosts.small.adapters.LegacyAdapter", "id_field": "name"}
        settings.DJANGO_SCIM = {"RESOURCES": {"Legacy": options}}
        thing = {"schemas": [THING], "name": "lamp"}
        former = scim.post("/Legacies", thing).json()["id"]
        assert scim.delete(f"/Legacies/{former}").status_code == 204

        assert_scim_error(scim.post("/Legacies", thing), 400, "invalidValue")
        assert_scim_error(scim.get(f"/Legacies/{former}"), 404)
        assert Legacy.objects.get().name == "lamp"

    def test_a_key_that_is_random_leaves_no_record(self, scim, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"Device": {"adapter": "tests.hosts.small.adapters.DeviceAdapter", "delete": "hard"}}
        }
        response = scim.post("/Devices", {"schemas": [THING], "name": "phone"})

        assert scim.delete(f"/Devices/{response.json()['id']}").status_code == 204
        assert not Record.objects.exists()


class TestParking:
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_parking_lets_another_user_have_the_name_of_a_deleted_one(self, scim, method):
        gone(scim, "gone")
        here = made(scim, "here")
        payload = user("gone") if method == "PUT" else {"Operations": [replace("userName", "gone")]}

        response = scim.request(method, path_of(here), payload)

        assert (response.status_code, response.json()["userName"]) == (200, "gone")

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    def test_parking_lets_another_group_have_the_name_of_a_deleted_one(self, scim, method):
        scim.post("/Groups", group("gone"))
        assert scim.delete(path_of(Group.objects.get())).status_code == 204
        scim.post("/Groups", group("here"))
        here = Group.objects.get(name="here")
        payload = {"PATCH": {"Operations": [replace("displayName", "gone")]}}.get(method, group("gone"))

        response = scim.request(method, "/Groups" if method == "POST" else path_of(here), payload)

        assert response.status_code in (200, 201, 204), response.content
        assert Group.objects.filter(name="gone").exists()

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    def test_parking_lets_another_have_an_address_that_is_unique_in_the_project(self, scim, settings, method):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.AccountAdapter"}}
        }
        assert scim.post("/Users", user("a@example.com")).status_code == 201
        assert scim.delete(path_of(Account.objects.get())).status_code == 204

        if method == "POST":
            response = scim.post("/Users", user("a@example.com"))
        else:
            here = f"/Users/{scim.post('/Users', user('b@example.com')).json()['id']}"
            patch = {"Operations": [replace("userName", "a@example.com")]}
            response = scim.request(method, here, patch if method == "PATCH" else user("a@example.com"))

        assert response.status_code in (200, 201), response.content
        assert Account.objects.filter(email="a@example.com").count() == 1
        assert Account.objects.exclude(email="a@example.com").get().email.endswith("@parked.invalid")

    def test_parking_is_told_in_the_history_of_the_deleted_resource(self, scim):
        former = id_of(gone(scim))
        scim.post("/Users", user("dora"))

        event = ProvisioningEvent.objects.filter(resource_id=former).latest("pk")
        assert event.detail == "parked for User dora: the resource was deleted"
        assert event.changes == {"user.username": {"before": "dora"}}

    def test_parking_keeps_the_name_for_a_restoration(self, scim):
        row = gone(scim)
        new = made(scim)
        scim.patch(path_of(new), replace("userName", "eva"))

        by_alice(Restore, row)

        row.refresh_from_db()
        assert (row.username, Record.objects.get(integer_key=row.pk).parked) == ("dora", [])
        assert scim.get(path_of(row)).json()["userName"] == "dora"

    def test_parking_is_for_deleted_resources_alone(self, scim):
        UserFactory.create(username="gone")
        here = made(scim, "here")

        assert_scim_error(scim.patch(path_of(here), replace("userName", "gone")), 409, "uniqueness")
        assert User.objects.filter(username="gone").exists()

    def test_parking_leaves_a_row_as_it_is_if_the_write_fails(self, scim):
        row = gone(scim)

        assert scim.post("/Users", user("dora", password="short")).status_code == 400

        row.refresh_from_db()
        assert row.username == "dora"

    def test_parking_makes_a_name_that_fits_into_its_column(self, scim):
        gone(scim, "x" * 150)

        assert scim.post("/Users", user("x" * 150)).status_code == 201
        assert all(len(each.username) <= 150 for each in User.objects.all())

    def test_parking_costs_a_write_that_needs_no_room_nothing(self, scim):
        made(scim, "warm")
        without = statements(made, scim, "first")
        gone(scim, "gone")
        beside = statements(made, scim, "second")

        assert len(beside) == len(without)


class TestTenants:
    def test_a_name_that_the_project_has_once_is_looked_for_in_all_tenants(self, scim, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"User": {"adapter": "tests.api.acting.StaffAdapter"}, "Group": None}
        }
        UserFactory.create(username="admin", is_superuser=True)
        mine = managed(scim.connection, UserFactory.create(username="mine", is_staff=True))

        for name in ("Admin", "ADMIN", "admin"):
            response = scim.post("/Users", user(name))
            assert_scim_error(response, 409, "uniqueness")
            assert response.json()["detail"] == "another resource has the same userName (column username)"
            assert_scim_error(scim.patch(path_of(mine), replace("userName", name)), 409, "uniqueness")
        assert User.objects.count() == 2
