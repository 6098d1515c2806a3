"""What the app hears of the host's own writes, and what it leaves alone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.db.models.signals import post_save, pre_delete
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.models import Record
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small.models import Device, Employee, Person
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


def test_a_row_that_is_deleted_as_a_proxy_leaves_no_record(scim, people):
    scim.post("/Users", user("bjensen"))

    Employee.objects.get().delete()

    assert not Record.objects.exists()
