"""What the app hears of the host's own writes, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.db.models.signals import post_save, pre_delete
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.models import Record
from django_scim.resources import touch
from django_scim.resources.vacating import VACANT
from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small.models import Contractor, Department, Desk, Device, Employee, Person, Profile
from tests.representations import user


@pytest.fixture
def people(settings):
    """A host whose users are people."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}}


def test_rows_of_models_that_are_no_resources_are_deleted_in_one_statement(db):
    Session.objects.bulk_create(
        Session(session_key=str(number), expire_date=timezone.now()) for number in range(5)
    )

    with CaptureQueriesContext(database) as queries:
        Session.objects.all().delete()

    assert [query["sql"].split()[0] for query in queries] == ["DELETE"]


def test_members_of_a_tracked_group_are_removed_in_one_statement(db):
    GroupFactory.create().user_set.add(UserFactory.create())

    with CaptureQueriesContext(database) as queries:
        Group.user_set.through.objects.all().delete()

    assert [query["sql"].split()[0] for query in queries] == ["DELETE"]


def test_models_that_become_resources_are_tracked_and_others_no_longer(db, people):
    assert post_save.has_listeners(Person)
    assert not pre_delete.has_listeners(Device)


def test_a_row_that_is_saved_as_a_proxy_moves_the_time_of_the_resource(scim, people):
    scim.post("/Users", user("bjensen"))
    before = Record.objects.get()

    proxy = Employee.objects.get()
    proxy.surname = "Jensen"
    proxy.save()

    after = Record.objects.get()
    assert after.revision > before.revision
    assert after.last_modified > before.last_modified


def nothing_is_known_of_anybody() -> bool:
    """Whether no record has more than the ``id`` of the next row of its key."""
    return not Record.objects.exclude(VACANT).exists()


def test_a_row_that_is_deleted_as_a_proxy_leaves_nothing_that_is_known_of_it(scim, people):
    scim.post("/Users", user("bjensen"))

    Employee.objects.get().delete()

    assert nothing_is_known_of_anybody()


LONG_AGO = timezone.now() - timedelta(days=400)


def times(row: Any) -> list[tuple[Any, Any]]:
    """Return when the record of a row was made and modified, if it has one."""
    return list(Record.objects.filter(integer_key=row.pk).values_list("created", "last_modified"))


def changed_since_yesterday(scim: ScimClient, endpoint: str) -> list[str]:
    """Return the names that a delta look-up finds."""
    since = (timezone.now() - timedelta(days=1)).isoformat()
    found = scim.get(endpoint, {"filter": f'meta.lastModified gt "{since}"'}).json()["Resources"]
    return [each.get("userName") or each["displayName"] for each in found]


class TestARowWithoutARecord:
    """Rows that the project has made long before it had SCIM."""

    def test_is_found_by_a_delta_look_up_once_the_project_saves_it(self, scim):
        account = UserFactory.create(username="bjensen", date_joined=LONG_AGO)
        Record.objects.all().delete()
        assert changed_since_yesterday(scim, "/Users") == []

        account.last_name = "Smith"
        account.save()

        assert changed_since_yesterday(scim, "/Users") == ["bjensen"]

    def test_keeps_the_time_at_which_it_was_made(self, scim):
        account = UserFactory.create(date_joined=LONG_AGO)
        Record.objects.all().delete()

        account.save()

        ((created, modified),) = times(account)
        assert created == LONG_AGO
        assert modified > LONG_AGO

    def test_gets_none_by_a_change_of_a_column_that_scim_does_not_read(self, scim):
        account = UserFactory.create(date_joined=LONG_AGO)
        Record.objects.all().delete()

        account.last_login = timezone.now()
        account.save(update_fields=["last_login"])

        assert times(account) == []


class TestANewRow:
    """What the project makes by itself."""

    def test_that_says_when_it_was_made_needs_no_record(self, scim):
        account = UserFactory.create(username="bjensen")

        assert times(account) == []
        assert changed_since_yesterday(scim, "/Users") == ["bjensen"]

    def test_that_was_made_with_a_time_of_the_past_is_found_by_a_delta_look_up(self, scim):
        UserFactory.create(username="bjensen", date_joined=LONG_AGO)

        assert changed_since_yesterday(scim, "/Users") == ["bjensen"]

    def test_of_a_model_that_tells_no_time_is_found_by_a_delta_look_up(self, scim):
        GroupFactory.create(name="Guides")

        assert changed_since_yesterday(scim, "/Groups") == ["Guides"]


def with_profile() -> Person:
    """Return a person with a row in each of the tables beside."""
    person = Person.objects.create(
        login="bjensen", desk=Desk.objects.create(place="en"), home=Department.objects.create(name="Tours")
    )
    Profile.objects.create(person=person, title="Guide", department=Department.objects.create(name="Sales"))
    Record.objects.all().delete()
    return person


def save_with(row: Any, **values: Any) -> None:
    """Save a row as the project does."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


BESIDE: dict[str, Callable[[Person], Any]] = {
    "its own row": lambda person: save_with(person, surname="Jensen"),
    "a row with a key to it": lambda person: save_with(person.profile, title="Lead"),
    "a row that it has the key to": lambda person: save_with(person.desk, place="fr"),
    "a row that others share": lambda person: save_with(person.home, name="Travel"),
    "a shared row behind another": lambda person: save_with(person.profile.department, name="Travel"),
    "the end of a row beside it": lambda person: person.profile.delete(),
    "another row to which it points": lambda person: save_with(
        person.profile, department=Department.objects.create(name="Other")
    ),
}


@pytest.mark.parametrize("change", BESIDE.values(), ids=BESIDE)
def test_a_change_is_found_by_a_delta_look_up_whichever_row_of_the_resource_it_was(scim, people, change):
    person = with_profile()

    change(person)

    assert changed_since_yesterday(scim, "/Users") == ["bjensen"]


def test_a_column_that_only_a_computed_attribute_reads_moves_the_time(scim, people):
    person = with_profile()

    person.surname = "Jensen"
    person.save(update_fields=["surname"])

    assert changed_since_yesterday(scim, "/Users") == ["bjensen"]


def test_a_row_that_moves_to_another_resource_moves_the_times_of_both(scim, people):
    person = with_profile()
    other = Person.objects.create(login="jsmith")
    Record.objects.all().delete()

    save_with(person.profile, person=other)

    assert changed_since_yesterday(scim, "/Users") == ["bjensen", "jsmith"]


def test_a_person_who_is_deleted_with_the_rows_beside_leaves_nothing_that_is_known_of_them(db, people):
    person = with_profile()

    person.delete()

    assert nothing_is_known_of_anybody()


class TestARowWithASecondTable:
    """Multi-table inheritance: Django tells of the saving of the class that is saved, and of no parent."""

    def test_moves_the_time_of_the_parent_that_is_mapped(self, scim, people):
        contractor = Contractor.objects.create(login="bjensen")
        Record.objects.all().delete()

        save_with(contractor, surname="Jensen")

        assert changed_since_yesterday(scim, "/Users") == ["bjensen"]

    def test_has_its_time_moved_by_the_parent_where_the_child_is_mapped(self, scim, settings):
        adapter = {"adapter": "tests.hosts.small.adapters.ContractorAdapter"}
        settings.DJANGO_SCIM = {"RESOURCES": {"User": adapter}}
        Contractor.objects.create(login="bjensen")
        Record.objects.all().delete()

        save_with(Person.objects.get(), surname="Jensen")

        assert changed_since_yesterday(scim, "/Users") == ["bjensen"]

    @pytest.mark.parametrize("adapter", ["PersonAdapter", "ContractorAdapter"])
    def test_leaves_nothing_that_is_known_of_it_when_it_is_deleted(self, db, settings, adapter):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": f"tests.hosts.small.adapters.{adapter}"}}}
        contractor = Contractor.objects.create(login="bjensen")
        save_with(contractor, surname="Jensen")

        contractor.delete()

        assert nothing_is_known_of_anybody()


def test_a_receiver_that_saves_another_copy_of_an_account_does_not_stop_its_first_write(scim):
    def renames(instance: User, **kwargs: Any) -> None:
        if instance.last_name != "Smith":
            copy = User.objects.get(pk=instance.pk)
            copy.last_name = "Smith"
            copy.save()

    post_save.connect(renames, sender=User)
    try:
        response = scim.post("/Users", user("bjensen"))
    finally:
        post_save.disconnect(renames, sender=User)

    assert response.status_code == 201
    assert User.objects.get().last_name == "Smith"


class TestTouch:
    """What the project calls beside changes of which Django sends no signal."""

    def test_of_accounts_lets_delta_look_ups_find_them(self, scim):
        account = UserFactory.create(username="bjensen", date_joined=LONG_AGO)
        Record.objects.all().delete()
        rows = User.objects.filter(pk=account.pk)
        rows.update(last_name="Smith")
        assert changed_since_yesterday(scim, "/Users") == []

        touch(rows)

        assert changed_since_yesterday(scim, "/Users") == ["bjensen"]

    def test_of_a_group_whose_members_were_made_at_once_changes_its_version(self, scim):
        group = GroupFactory.create()
        path = f"/Groups/{scim.get('/Groups').json()['Resources'][0]['id']}"
        before = scim.get(path).json()["meta"]
        User.groups.through.objects.bulk_create(
            [User.groups.through(group=group, user=UserFactory.create()) for _ in range(2)]
        )

        touch(Group.objects.filter(pk=group.pk))

        after = scim.get(path).json()["meta"]
        assert after["version"] != before["version"]
        assert after["lastModified"] > before["lastModified"]

    def test_of_rows_beside_touches_the_resources_that_they_belong_to(self, scim, people):
        with_profile()

        touch(Department.objects.filter(name="Sales"))

        assert changed_since_yesterday(scim, "/Users") == ["bjensen"]

    def test_of_more_rows_takes_as_many_queries(self, db, django_assert_num_queries):
        UserFactory.create_batch(20, date_joined=LONG_AGO)

        with django_assert_num_queries(2):
            touch(User.objects.all())

    def test_of_rows_that_no_resource_has_is_an_error(self, db):
        with pytest.raises(ValueError, match="no resource depends on rows of"):
            touch(Device.objects.all())
