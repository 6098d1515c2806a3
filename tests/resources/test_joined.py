"""Rows that come with their records: what is read of both, and what a record made of columns is."""

from __future__ import annotations

import pytest
from django.db.models.signals import post_init

from django_scim.models import Record
from django_scim.resources.joined import rows_with_records, take_records
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller, Resource
from tests.factories import UserFactory
from tests.registered import receiving
from tests.representations import user

pytestmark = pytest.mark.django_db


def read():
    """Return the resources of all users, with their records from the same query."""
    resource_type = registry().by_name["User"]
    rows = rows_with_records(resource_type, None)
    objects = [Resource(resource_type, row, Caller(None)) for row in rows.order_by("pk")]
    take_records(objects)
    return objects


def test_a_row_has_the_record_that_is_of_it(scim):
    UserFactory.create()
    scim.post("/Users", user("ada", title="Countess"))

    by_hand, provisioned = read()

    assert by_hand.record is None
    assert provisioned.record == Record.objects.get()
    assert provisioned.record.attributes == {"title": "Countess"}


def test_a_deleted_resource_is_none_of_the_rows(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": "deactivate"}}}
    created = scim.post("/Users", user("ada")).json()
    scim.delete(f"/Users/{created['id']}")

    assert read() == []


def test_nothing_of_the_record_is_left_in_the_row(scim):
    scim.post("/Users", user("ada"))

    (found,) = read()

    assert not [name for name in found.instance.__dict__ if name.startswith("django_scim_")]


def test_a_column_that_was_not_read_is_loaded_when_it_is_asked_for(scim, django_assert_num_queries):
    scim.post("/Users", user("ada"))
    (found,) = read()

    with django_assert_num_queries(1):
        assert found.record.managed_by_id == scim.connection.pk


def test_a_project_that_listens_is_told_of_each_record(scim):
    scim.post("/Users", user("ada"))

    with receiving(post_init) as received:
        (found,) = read()

    assert any(told["instance"] is found.record for _, told in received)
