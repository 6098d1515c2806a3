"""``manage.py scim_createindexes``: look-ups that do not read the whole table."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from django_scim.indexes import indexes_of, wanted_columns
from django_scim.indexes.base import State
from django_scim.mappings.dependencies import LookupColumn
from django_scim.models import ProvisioningEvent
from django_scim.sql.values import column_of
from tests.factories import GroupFactory, UserFactory
from tests.indexes.plans import analyze, drop_index, index_names, plan_of, plan_of_a_page
from tests.operations.patch_operations import add, replace
from tests.representations import id_of, path_of

COUNT = 3000
"""So many rows that no database prefers to read them all."""

pytestmark = pytest.mark.usefixtures("clean_indexes")


@pytest.fixture
def many(clean_indexes):
    """A host with many accounts and groups."""
    users = (f"User{number}" for number in range(COUNT))
    User.objects.bulk_create(UserFactory.build(username=name, email=f"{name}@Example.com") for name in users)
    Group.objects.bulk_create(GroupFactory.build(name=f"Group{number}") for number in range(COUNT))
    User.objects.filter(username="User1234").update(date_joined=datetime(2100, 1, 1, tzinfo=UTC))


def run(*arguments):
    """Run the command; return what it wrote."""
    out = StringIO()
    call_command("scim_createindexes", *arguments, stdout=out)
    return out.getvalue()


def indexes():
    """Return the names of the indexes on the tables of accounts and groups."""
    return index_names("auth_user") | index_names("auth_group")


def name_of(column):
    """Return the name of the index that serves a column, such as ``auth_user.email``."""
    name = column.partition(".")[2]
    if connection.vendor == "mysql" and name in ("username", "name"):
        # The unique index of the host is in a collation without regard to case.
        return name
    made = indexes_of("default")
    return next(made.name(wanted) for _, wanted in wanted_columns("default") if str(wanted) == column)


LOOK_UPS = [
    ("/Users", 'userName eq "USER1234"', "auth_user.username"),
    ("/Users", 'emails.value eq "USER1234@example.com"', "auth_user.email"),
    ("/Users", 'emails eq "USER1234@example.com"', "auth_user.email"),
    ("/Users", 'emails[primary eq true].value eq "USER1234@example.com"', "auth_user.email"),
    ("/Users", 'userName eq "USER1234" and active eq true', "auth_user.username"),
    ("/Users", 'userName sw "USER1234"', "auth_user.username"),
    ("/Users", 'emails sw "USER1234@"', "auth_user.email"),
    ("/Users", 'meta.lastModified gt "2099-01-01T00:00:00Z"', "auth_user.date_joined"),
    ("/Groups", 'displayName eq "GROUP1234"', "auth_group.name"),
]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("path", "filter", "column"), LOOK_UPS)
def test_a_look_up_uses_the_index_that_the_command_made(scim, path, filter, column):
    run()
    analyze()

    assert name_of(column) in plan_of(scim, path, filter)


READ_THROUGH = re.compile(r"SCAN (?!scim_union)(?!.*CONSTANT ROW)")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite says plainly what it reads through")
@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("path", "filter"),
    [
        ("/Users", 'userName eq "USER1234"'),
        ("/Users", 'userName sw "USER1234"'),
        ("/Users", 'externalId eq "number 1234"'),
        ("/Users", 'meta.lastModified gt "2099-01-01T00:00:00Z"'),
        ("/Users", 'groups.value eq "{group}"'),
        ("/Groups", 'members.value eq "{member}"'),
        ("/Groups", 'displayName eq "GROUP1234"'),
    ],
)
def test_a_look_up_reads_through_no_table(scim, path, filter):
    member, group = User.objects.get(username="User1111"), Group.objects.get(name="Group1234")
    scim.patch(path_of(group), add("members", [{"value": id_of(member)}]))
    scim.patch(path_of(member), replace("externalId", "number 1234"))
    run()
    analyze()

    plan = plan_of(scim, path, filter.format(group=id_of(group), member=id_of(member)))

    assert not READ_THROUGH.search(plan), plan


@pytest.mark.usefixtures("many")
def test_a_page_by_user_name_reads_the_index_that_the_command_made(scim):
    run()
    analyze()
    query = {"sortBy": "userName", "count": 5}
    later = scim.get("/Users", {**query, "cursor": ""}).json()["nextCursor"]

    for cursor in ("", later):
        assert name_of("auth_user.username") in plan_of_a_page(scim, "/Users", **query, cursor=cursor)


def test_the_dry_run_prints_the_sql_and_executes_none():
    before = indexes()

    printed = run("--dry-run")

    assert indexes() == before
    statements = [line for line in printed.splitlines() if not line.startswith("--")]
    assert statements
    assert all(line.endswith(";") for line in statements)


def test_the_sql_of_the_dry_run_makes_what_the_command_makes():
    printed = run("--dry-run")
    with connection.cursor() as cursor:
        for statement in filter(None, (line for line in printed.splitlines() if not line.startswith("--"))):
            cursor.execute(statement)
    made = indexes()

    run()

    assert indexes() == made
    assert {state_of(column) for _, column in wanted_columns("default")} == {State.READY}


def state_of(column):
    """Return what there is of the index of a column."""
    return indexes_of("default").state(column)


def test_a_second_run_makes_no_index_and_says_so():
    run()
    made = indexes()

    printed = run()

    assert indexes() == made
    assert printed.count("there is an index already") == len(printed.splitlines())


def test_each_index_that_was_made_is_named():
    printed = run()

    assert f"auth_user.email (User): made {name_of('auth_user.email')} in " in printed


def test_the_command_takes_the_name_of_a_database():
    run("--database", "default")

    assert name_of("auth_user.email") in indexes()


def test_an_unknown_database_is_an_error_of_the_command():
    with pytest.raises(CommandError, match="invalid choice: 'elsewhere'"):
        run("--database", "elsewhere")


def test_making_indexes_in_a_transaction_is_refused():
    with transaction.atomic(), pytest.raises(CommandError, match="inside a transaction"):
        run()


def test_making_the_index_of_a_table_that_is_not_there_is_an_error(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Ghost": {"adapter": "tests.indexes.adapters.GhostAdapter"}}}

    with pytest.raises(CommandError, match=r"ghost\.name \(Ghost\): there is no such table"):
        run()


def test_an_attribute_that_an_adapter_names_gets_an_index_too(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.management.adapters.SurnameAdapter"}}}
    try:
        printed = run()
        assert "auth_user.last_name (User): made scim_last_name" in printed
    finally:
        for name in index_names("auth_user"):
            if name.startswith("scim_last_name"):
                drop_index("auth_user", name)


def test_text_of_any_length_can_be_saved_in_an_indexed_column():
    column = LookupColumn(column_of(ProvisioningEvent, "detail"), as_text=True, case_exact=False)
    made = indexes_of("default")
    try:
        with connection.cursor() as cursor:
            for statement in made.statements(column, State.MISSING):
                cursor.execute(statement)
        event = ProvisioningEvent.objects.create(detail="".join(map(chr, range(0x400, 0x4400))), status=200)
        assert ProvisioningEvent.objects.get(pk=event.pk).detail == event.detail
        assert made.state(column) is State.READY
    finally:
        drop_index(column.table, made.name(column))


def test_a_number_that_is_compared_as_text_has_no_index_that_serves_it():
    column = LookupColumn(column_of(ProvisioningEvent, "status"), as_text=True, case_exact=False)

    assert state_of(column) is State.IMPOSSIBLE


def test_a_number_that_is_compared_as_one_is_served_by_an_index_of_the_host():
    column = LookupColumn(column_of(User, "id"), as_text=False, case_exact=False)

    assert state_of(column) is State.READY


def test_the_name_of_an_index_is_that_of_what_it_holds():
    email, name = column_of(User, "email"), column_of(Group, "name")
    made = indexes_of("default")
    columns = [
        LookupColumn(email, as_text=True, case_exact=False),
        LookupColumn(name, as_text=True, case_exact=False),
    ]
    if connection.vendor != "mysql":
        columns.append(LookupColumn(email, as_text=True, case_exact=True))

    assert len({made.name(column) for column in columns}) == len(columns)
