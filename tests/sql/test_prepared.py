"""A statement that is kept gives what the ORM gives, of the rows as they are now."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User, UserManager
from django.db import connection
from django.db.models import F, IntegerField, Manager, QuerySet

from django_scim.models import Connection
from django_scim.sql.index_candidates import Candidates
from django_scim.sql.prepared import (
    PADDED,
    STATEMENTS,
    AmongSlots,
    NotPreparable,
    Prepared,
    Slot,
    Statements,
    is_plain_manager,
    padded,
    slots,
)
from tests.factories import ConnectionFactory, GroupFactory, UserFactory

pytestmark = pytest.mark.django_db

TEXT = User._meta.get_field("username")
KEY = User._meta.get_field("id")
THROUGH = User.groups.through


def by_name() -> QuerySet[User]:
    """Return the users of one name, which each run gives."""
    return User.objects.filter(username=Slot("name", TEXT))


def in_groups(condition: AmongSlots) -> QuerySet[Any, Any]:
    """Return the memberships of some users."""
    return THROUGH.objects.filter(condition).order_by("pk").values_list("user_id", "group__name")


def test_a_run_gives_the_rows_of_the_orm_as_they_are_now():
    statement = Prepared(by_name(), "default")
    user = UserFactory.create(username="bjensen", first_name="Babs")

    (found,) = statement.run(name="bjensen")
    assert (found, found.first_name, found._state.db, found._state.adding) == (user, "Babs", "default", False)

    User.objects.update(first_name="Barbara")
    assert [row.first_name for row in statement.run(name="bjensen")] == ["Barbara"]
    User.objects.all().delete()
    assert list(statement.run(name="bjensen")) == []


def test_columns_that_are_left_out_are_deferred_as_by_the_orm(django_assert_num_queries):
    UserFactory.create(username="bjensen", last_name="Jensen")

    (found,) = Prepared(by_name().only("username"), "default").run(name="bjensen")

    assert found.get_deferred_fields() >= {"last_name", "email"}
    with django_assert_num_queries(1):
        assert found.last_name == "Jensen"


def test_joined_rows_and_annotations_come_along(django_assert_num_queries):
    membership = THROUGH(user=UserFactory.create(), group=GroupFactory.create(name="Guides"))
    membership.save()
    rows: QuerySet[Any] = THROUGH.objects.select_related("group").annotate(scim_name=F("group__name"))

    with django_assert_num_queries(1):
        (found,) = Prepared(rows.filter(user_id=Slot("user", KEY)), "default").run(user=membership.user_id)
        assert (found.group.name, found.scim_name) == ("Guides", "Guides")


def test_a_run_is_one_query_and_no_text_becomes_sql(django_assert_num_queries):
    statement = Prepared(by_name(), "default")
    wild = "%s'; -- \" %(x)s {0}"
    UserFactory.create(username=wild)

    with django_assert_num_queries(1):
        assert len(list(statement.run(name=wild))) == 1


@pytest.mark.parametrize("number", [1, 2, 3, 100, PADDED + 1])
def test_any_number_of_keys_finds_each_row_once(number):
    users = [UserFactory.create() for _ in range(2)]
    for user in users:
        user.groups.add(GroupFactory.create(name=f"of {user.pk}"))
    keys = [user.pk for user in users][:number] + [-key for key in range(1, number - 1)]

    found = Statements().among(in_groups, THROUGH._meta.get_field("user"), keys, "default")

    assert list(found) == [(key, f"of {key}") for key in keys if key > 0]


def test_keys_are_padded_so_that_few_statements_are_kept():
    statements = Statements()
    for number in range(1, 65):
        list(statements.among(in_groups, THROUGH._meta.get_field("user"), range(1, number + 1), "default"))

    assert len(statements.kept) == 7
    assert padded([1, 2, 3]) == [1, 2, 3, 3]


def test_a_text_key_is_found_on_every_database():
    GroupFactory.create(name="Guides")
    name = Group._meta.get_field("name")

    found = Prepared(Group.objects.filter(AmongSlots(F("name"), slots("keys", name, 2))), "default")

    assert [row.name for row in found.run(keys=["Guides", "Drivers"])] == ["Guides"]


def test_only_the_newest_statements_are_kept():
    statements = Statements()
    for number in range(STATEMENTS + 10):
        statements.get(by_name, "default", number)

    assert len(statements.kept) == STATEMENTS
    assert ("default", 0) not in statements.kept


def test_conditions_that_nothing_meets_ask_no_database(django_assert_num_queries):
    statement = Prepared(User.objects.none(), "default")

    with django_assert_num_queries(0):
        assert list(statement.run()) == []


def test_a_statement_keeps_no_connection_which_belongs_to_a_thread():
    statement = Prepared(by_name(), "default")
    assert statement.compiler.connection is None

    assert list(statement.run(name="nobody")) == []
    assert statement.compiler.connection is None


@pytest.mark.skipif(connection.vendor == "postgresql", reason="there, no candidates are named beside it")
def test_a_condition_whose_form_depends_on_the_value_has_no_statement():
    def rows() -> QuerySet[User]:
        return User.objects.filter(Candidates(F("username"), Slot("value", TEXT), case_exact=False))

    assert Statements().get(rows, "default") is None
    with pytest.raises(NotPreparable):
        Prepared(rows(), "default")


def test_the_value_of_a_slot_is_prepared_by_its_field():
    slot = Slot("key", IntegerField(), 1)

    assert slot.bound({"key": ["1", "2"]}, connection) == 2


def test_a_manager_of_the_host_is_not_plain():
    class Own(Manager[User]):
        def get_queryset(self) -> QuerySet[User]:
            return super().get_queryset().filter(pk=1)

    class OwnAll(Manager[User]):
        def all(self) -> QuerySet[User]:
            return super().all().filter(pk=1)

    class OwnSet(QuerySet[User]):
        pass

    assert is_plain_manager(User._default_manager)
    assert isinstance(User._default_manager, UserManager)
    for manager in (Own(), OwnAll(), Manager.from_queryset(OwnSet)()):
        manager.model = User
        assert not is_plain_manager(manager)


@pytest.mark.django_db
def test_times_are_read_as_the_project_has_them_also_after_the_setting_was_another_one(settings):
    made = ConnectionFactory.create()
    statement = Prepared(Connection.objects.filter(pk=made.pk), "default")

    for uses_time_zones in (False, True, False):
        settings.USE_TZ = uses_time_zones
        (found,) = statement.run()
        assert found.created == Connection.objects.get(pk=made.pk).created
