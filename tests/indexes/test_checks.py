"""The system check that tells of missing indexes."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection

from django_scim.checks.configuration import check_indexes, check_stored_values
from django_scim.indexes.stored_values import write_values
from django_scim.models import StoredValue
from tests.indexes.plans import drop_index, index_names
from tests.indexes.test_stored_values import elsewhere
from tests.representations import user

pytestmark = pytest.mark.usefixtures("clean_indexes")


def warned_of(**options):
    """Return the columns that the check warns of."""
    found = run_checks(**options)
    return {
        message.msg.partition("the column '")[2].partition("'")[0]
        for message in found
        if message.id == "django_scim.W030"
    }


def test_the_check_names_each_column_without_an_index():
    expected = {"auth_user.username", "auth_user.email", "auth_user.date_joined", "auth_group.name"}
    if connection.vendor == "mysql":
        # The others are unique, and so have an index in a collation without regard to case.
        expected = {"auth_user.email", "auth_user.date_joined"}

    assert warned_of(databases=["default"]) == expected


def test_the_hint_of_the_check_is_the_command_that_makes_the_index():
    warnings = check_indexes(None, databases=["default"])

    assert {warning.hint for warning in warnings} == {"Run manage.py scim_createindexes --database default."}


def test_the_check_finds_nothing_once_the_command_has_run():
    call_command("scim_createindexes")

    assert warned_of(databases=["default"]) == set()


def test_the_check_of_indexes_leaves_the_database_alone_unless_it_is_asked_for(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert warned_of(databases=[]) == set()


def test_a_table_that_is_not_there_yet_is_no_missing_index(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Ghost": {"adapter": "tests.indexes.adapters.GhostAdapter"}}}

    assert not any("ghost" in column for column in warned_of(databases=["default"]))


def test_an_index_that_is_dropped_is_missed_by_the_check():
    call_command("scim_createindexes")
    (name,) = [name for name in index_names("auth_user") if name.startswith("scim_email")]
    drop_index("auth_user", name)

    assert warned_of(databases=["default"]) == {"auth_user.email"}


@elsewhere
def test_the_check_warns_of_stored_values_that_are_not_found(scim):
    assert scim.post("/Users", user("ada", displayName="Dr. Ada")).status_code == 201
    assert check_stored_values(None, databases=["default"]) == []
    StoredValue.objects.all().delete()

    (warning,) = check_stored_values(None, databases=["default"])

    assert warning.id == "django_scim.W032"
    assert warning.hint == "Run manage.py scim_createindexes --values --database default."
    write_values("default")
    assert check_stored_values(None, databases=["default"]) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the others have digests")
def test_the_check_of_stored_values_asks_nothing_of_postgresql(scim, django_assert_num_queries):
    assert scim.post("/Users", user("ada", displayName="Dr. Ada")).status_code == 201

    with django_assert_num_queries(0):
        assert check_stored_values(None, databases=["default"]) == []
