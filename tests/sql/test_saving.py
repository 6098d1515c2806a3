"""Rows of the app's own tables are saved as ``Model.save()`` would, without compiling each statement."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Upper
from django.db.models.signals import post_save
from django.utils import timezone

from django_scim.models import Link, ProvisioningEvent, Record
from django_scim.sql.saving import insert_pairs, save_own, written_together
from tests.factories import ConnectionFactory, GroupFactory, UserFactory

pytestmark = pytest.mark.django_db


def record(**values):
    return Record(
        resource_type="User",
        attributes={"title": "Countess", "emails": [{"value": None}]},
        created=timezone.now() - timedelta(days=3),
        **values,
    )


def saved(instance):
    return type(instance).objects.get(pk=instance.pk)


def values(instance):
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_save_own_makes_a_row_by_one_statement(django_assert_num_queries):
    save_own(record(integer_key=1), "default")

    made = record(integer_key=2)
    with django_assert_num_queries(1):
        save_own(made, "default")

    assert values(saved(made)) == values(made)
    assert (made._state.adding, made._state.db) == (False, "default")


def test_save_own_stores_what_save_stores():
    made, other = record(integer_key=1), record(integer_key=2)
    save_own(made, "default")
    other.save()

    for name in ("attributes", "comparable", "former_ids", "parked", "given", "deleted_at", "reissued_id"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name} FROM django_scim_record ORDER BY integer_key")  # noqa: S608
            first, second = cursor.fetchall()
        assert first == second, name


def test_save_own_saves_all_columns_of_a_row_that_is_there(django_assert_num_queries):
    made = record(integer_key=1)
    save_own(made, "default")
    found = saved(made)
    found.revision, found.attributes, found.parked = 7, {"title": None}, {"userName": "ada"}

    with django_assert_num_queries(1):
        save_own(found, "default")

    assert values(saved(made)) == values(found)


def test_save_own_makes_a_row_again_that_is_gone():
    made = record(integer_key=1)
    save_own(made, "default")
    Record.objects.all().delete()

    save_own(made, "default")

    assert values(saved(made)) == values(made)


def test_save_own_calls_the_receivers_of_the_project():
    told = []

    def receive(sender, instance, created, **kwargs):
        told.append((instance.method, created))

    post_save.connect(receive, sender=ProvisioningEvent)
    try:
        save_own(ProvisioningEvent(method="POST", status=201), "default")
    finally:
        post_save.disconnect(receive, sender=ProvisioningEvent)

    assert told == [("POST", True)]


def test_save_own_takes_expressions():
    made = record(integer_key=1)
    save_own(made, "default")

    save_own(
        Link(record=made, connection=ConnectionFactory.create(), external_id=Upper(Value("ab")), digest="d"),
        "default",
    )

    assert Link.objects.get().external_id == "AB"


def test_save_own_leaves_a_transaction_that_was_refused_unusable():
    save_own(record(integer_key=1), "default")

    with transaction.atomic():
        with pytest.raises(IntegrityError):
            save_own(record(integer_key=1), "default")
        assert connection.needs_rollback


def members(group):
    return set(group.user_set.values_list("pk", flat=True))


@pytest.mark.parametrize("number", [1, 3, 1200])
def test_insert_pairs_adds_to_those_that_are_there(number):
    group, there = GroupFactory.create(), UserFactory.create()
    group.user_set.add(there)
    User.objects.bulk_create(User(username=f"pair{each}") for each in range(number))
    keys = list(User.objects.values_list("pk", flat=True))

    insert_pairs(User.groups.through, ("group", "user"), group.pk, keys, "default")

    assert members(group) == set(keys)
    assert there.groups.count() == 1


def test_rows_written_together_are_those_that_each_alone_would_be(django_assert_num_queries):
    alone, first, second = (record(integer_key=number, former_ids=["a"]) for number in range(3))
    save_own(alone, "default")

    with django_assert_num_queries(1), written_together("default"):
        save_own(first, "default")
        save_own(second, "default")
        assert first.pk is None

    own = {"id", "integer_key", "created", "last_modified"}
    stored = [
        {name: value for name, value in values(saved(each)).items() if name not in own}
        for each in (alone, first, second)
    ]
    assert stored[0] == stored[1] == stored[2]
    assert [saved(each).integer_key for each in (first, second)] == [1, 2]
    assert (first._state.adding, first._state.db) == (False, "default")


def test_rows_written_together_may_refer_to_each_other():
    made, connection = record(integer_key=1), ConnectionFactory.create()

    with written_together("default"):
        save_own(made, "default")
        save_own(Link(record=made, connection=connection, external_id="a", digest="a"), "default")

    assert Link.objects.get().record == made


def test_nothing_is_written_together_where_something_fails():
    def fail():
        with written_together("default"):
            save_own(record(integer_key=1), "default")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    save_own(record(integer_key=2), "default")
    assert Record.objects.get().integer_key == 2


def test_more_rows_than_one_statement_takes_are_written_together():
    with written_together("default"):
        for number in range(1201):
            save_own(record(integer_key=number), "default")

    assert Record.objects.count() == 1201
