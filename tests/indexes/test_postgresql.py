"""PostgreSQL: indexes on expressions, made concurrently, which may fail half way."""

from __future__ import annotations

import time
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.models import F, Index
from scim2_models.path import CompareOperator

from django_scim.checks.configuration import check_indexes
from django_scim.indexes import indexes_of, wanted_columns
from django_scim.indexes.base import State
from django_scim.sql.functions import Comparable
from django_scim.sql.substrings import substring
from tests.factories import UserFactory
from tests.indexes.plans import analyze, drop_index, index_names

pytestmark = [
    pytest.mark.usefixtures("clean_indexes"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL alone"),
]


def user_names():
    """Return the column of the user names."""
    return next(column for _, column in wanted_columns("default") if str(column) == "auth_user.username")


@pytest.fixture
def failed_index(clean_indexes):
    """The name of an index that a failed command has left."""
    indexes = indexes_of("default")
    name = indexes.name(user_names())
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE INDEX "{name}" ON auth_user (id)')
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name])
    return name


def is_valid(name):
    """Whether the database uses an index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [name])
        return cursor.fetchone() == (True,)


def test_an_index_that_a_failed_command_has_left_is_made_anew(failed_index, capsys):
    call_command("scim_createindexes")

    assert f"made {failed_index}" in capsys.readouterr().out
    assert is_valid(failed_index)
    assert indexes_of("default").state(user_names()) is State.READY


def test_an_index_that_a_failed_command_has_left_is_dropped_first(failed_index, capsys):
    call_command("scim_createindexes", "--dry-run")

    printed = capsys.readouterr().out.splitlines()
    first, second, *_ = printed[printed.index(f'DROP INDEX CONCURRENTLY IF EXISTS "{failed_index}";') :]
    assert first == f'DROP INDEX CONCURRENTLY IF EXISTS "{failed_index}";'
    assert second.startswith(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{failed_index}" ON "auth_user"')


@pytest.mark.usefixtures("failed_index")
def test_an_index_that_a_failed_command_has_left_is_warned_of():
    warned = [warning.msg for warning in check_indexes(None, databases=["default"])]

    assert any("'auth_user.username'" in message for message in warned)


@pytest.fixture
def index_in_the_making(clean_indexes):
    """An index that another session is making, until the function is called that lets it finish."""
    statement = indexes_of("default").create(user_names())
    blocker = connection.copy()
    blocker.set_autocommit(False)
    with blocker.cursor() as cursor:
        cursor.execute("LOCK TABLE auth_user IN ROW EXCLUSIVE MODE")

    def build():
        builder = connection.copy()
        with builder.cursor() as cursor:
            cursor.execute(statement)
        builder.close()

    thread = Thread(target=build)
    thread.start()

    def finish():
        blocker.rollback()
        thread.join()

    yield finish
    finish()
    blocker.close()


def test_an_index_that_another_session_is_making_is_left_to_it(index_in_the_making, capsys):
    indexes = indexes_of("default")
    deadline = time.monotonic() + 20
    while indexes.state(user_names()) is not State.BUILDING and time.monotonic() < deadline:
        time.sleep(0.05)

    call_command("scim_createindexes", "--dry-run")
    index_in_the_making()

    assert "-- auth_user.username (User): another session is making the index" in capsys.readouterr().out
    assert indexes.state(user_names()) is State.READY


def test_an_index_that_the_host_declares_is_taken_for_the_same(monkeypatch):
    index = Index(Comparable("username", case_exact=False), name="own_username")
    monkeypatch.setattr(User._meta, "indexes", [*User._meta.indexes, index])
    with connection.schema_editor() as editor:
        editor.add_index(User, index)
    try:
        call_command("scim_createindexes", stdout=None)
        assert indexes_of("default").name(user_names()) not in index_names("auth_user")
    finally:
        drop_index("auth_user", "own_username")


def test_an_index_that_the_host_declares_and_has_not_made_counts_for_nothing(monkeypatch):
    index = Index(Comparable("username", case_exact=False), name="own_username")
    monkeypatch.setattr(User._meta, "indexes", [*User._meta.indexes, index])

    assert indexes_of("default").state(user_names()) is State.MISSING


@pytest.fixture
def trigrams(clean_indexes):
    """Indexes of trigrams, as the guide has them."""
    wanted = {str(column): column for _, column in wanted_columns("default")}
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for name in ("username", "email"):
            key = indexes_of("default").key(wanted[f"auth_user.{name}"])
            cursor.execute(f"CREATE INDEX trigrams_{name} ON auth_user USING gin ({key} gin_trgm_ops)")
        # A few thousand rows are read as fast without it.
        cursor.execute("SET enable_seqscan = off; SET enable_indexscan = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET enable_seqscan; RESET enable_indexscan")
    drop_index("auth_user", "trigrams_username")
    drop_index("auth_user", "trigrams_email")


@pytest.mark.usefixtures("trigrams")
@pytest.mark.parametrize(
    ("operator", "text"), [(CompareOperator.co, "ser1234"), (CompareOperator.ew, "r1234")]
)
def test_an_index_of_trigrams_finds_the_middle_and_the_end_of_a_text(operator, text):
    User.objects.bulk_create(UserFactory.build(username=f"User{number}") for number in range(3000))
    analyze()

    found = User.objects.filter(substring(Comparable(F("username"), case_exact=False), operator, text))

    assert [user.username for user in found] == ["User1234"]
    assert "Bitmap Index Scan on trigrams_username" in found.explain()
