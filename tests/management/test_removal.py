"""The app goes as it has come: it leaves no table, no index and no row behind."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from django_scim.indexes import indexes_of
from tests.factories import ConnectionFactory


@pytest.fixture
def installed_again(transactional_db):
    """A database to which the tables come back once the test is over."""
    yield
    call_command("migrate", "django_scim", verbosity=0)


@pytest.mark.usefixtures("installed_again")
def test_the_way_back_to_no_migration_leaves_nothing():
    ConnectionFactory.create()

    call_command("migrate", "django_scim", "zero", verbosity=0)

    assert not [name for name in connection.introspection.table_names() if "scim" in name]
    assert not ContentType.objects.filter(app_label="django_scim").exists()
    assert not Permission.objects.filter(content_type__app_label="django_scim").exists()


def test_the_indexes_on_tables_of_the_project_are_dropped(transactional_db):
    indexes = indexes_of("default")
    call_command("scim_createindexes", verbosity=0)
    assert connection.vendor == "mysql" or list(indexes.own())

    call_command("scim_createindexes", drop=True, verbosity=0)

    assert list(indexes.own()) == []


def test_the_indexes_stay_where_the_sql_is_only_printed(transactional_db, capsys):
    call_command("scim_createindexes", verbosity=0)
    before = list(indexes_of("default").own())

    call_command("scim_createindexes", drop=True, dry_run=True)

    assert list(indexes_of("default").own()) == before
    assert capsys.readouterr().out.count("DROP INDEX") == len(before)
    call_command("scim_createindexes", drop=True, verbosity=0)
