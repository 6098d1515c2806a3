"""How long a statement may take, and how long a write waits for a row that somebody else has locked."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from django_scim.models import Outcome, ProvisioningEvent
from django_scim.sql import index_candidates
from django_scim.sql.timeouts import query_within_limits, transaction_within_limits
from tests.assertions import assert_scim_error
from tests.factories import UserFactory
from tests.operations.patch_operations import replace
from tests.operations.responses import stored
from tests.representations import path_of

pytestmark = pytest.mark.django_db(transaction=True)

TERMS = [f'not (emails.type co "x{number}")' for number in range(100)]

COSTLY = " and ".join(TERMS)
"""A filter that takes a database longer than a hundredth of a second."""

LESS_COSTLY = " and ".join(TERMS[:20])
"""One that takes it less than the seconds that it may take by default."""


@pytest.fixture
def many():
    """Accounts enough for a query to take its time."""
    User.objects.bulk_create(User(username=f"user{n}", email=f"{n}@example.com") for n in range(3000))


@pytest.fixture
def held(request):
    """A row that a transaction of the project has locked, until the test is over."""
    row = UserFactory.create(first_name="Ada")
    locked, over = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                list(User.objects.select_for_update().filter(pk=row.pk))
                locked.set()
                over.wait(timeout=20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert locked.wait(timeout=10)
    yield row
    over.set()
    thread.join(timeout=20)


def setting_of_postgresql(name):
    """Return what a setting is for the statements of the connection."""
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


@pytest.mark.usefixtures("many")
class TestQueries:
    @pytest.mark.parametrize("path", ["/Users", "/"])
    @pytest.mark.parametrize("parameters", [{}, {"startIndex": 2}, {"cursor": ""}])
    def test_a_query_that_takes_too_long_is_too_many(self, scim, settings, path, parameters):
        settings.DJANGO_SCIM = {"STATEMENT_TIMEOUT": 0.01}

        response = scim.get(path, {"filter": COSTLY, **parameters})

        assert_scim_error(response, 400, "tooMany")
        assert "0.01 seconds (STATEMENT_TIMEOUT)" in response.json()["detail"]

    def test_a_query_after_one_that_took_too_long_is_answered(self, scim, settings):
        settings.DJANGO_SCIM = {"STATEMENT_TIMEOUT": 0.01}
        assert scim.get("/Users", {"filter": COSTLY}).status_code == 400
        settings.DJANGO_SCIM = {}

        assert scim.get("/Users", {"filter": LESS_COSTLY, "count": 1}).json()["totalResults"] == 3000

    def test_a_query_may_take_any_time_without_a_limit(self, scim, settings):
        settings.DJANGO_SCIM = {"STATEMENT_TIMEOUT": None}

        assert scim.get("/Users", {"filter": COSTLY, "count": 1}).json()["totalResults"] == 3000

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="others compile no expressions")
    def test_the_expressions_of_a_query_are_not_compiled(self, scim):
        found = set()

        def look(execute, sql, params, many, context):
            result = execute(sql, params, many, context)
            if sql.startswith("SELECT") and "auth_user" in sql:
                found.add(context["connection"].connection.execute("SHOW jit").fetchone()[0])
            return result

        with connection.execute_wrapper(look):
            scim.get("/Users", {"filter": COSTLY, "count": 1})

        assert found == {"off"}


class TestWrites:
    @pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks the whole database")
    def test_a_row_that_the_project_has_locked_for_long_is_503(self, scim, settings, held):
        settings.DJANGO_SCIM = {"LOCK_TIMEOUT": 1}
        before = stored()
        began = time.monotonic()

        response = scim.patch(path_of(held), replace("name.givenName", "Babs"))

        assert_scim_error(response, 503)
        assert response["Retry-After"]
        assert 0.5 < time.monotonic() - began < 5
        assert stored() == before
        assert ProvisioningEvent.objects.get().outcome == Outcome.REFUSED

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="others have limits for each statement")
    def test_the_limits_end_with_the_transaction(self):
        names = ("statement_timeout", "lock_timeout", "jit")
        before = [setting_of_postgresql(name) for name in names]

        with transaction_within_limits("default"):
            inside = [setting_of_postgresql(name) for name in names]

        assert inside == ["4s", "5s", "off"]
        assert [setting_of_postgresql(name) for name in names] == before

    @pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no such limits")
    def test_a_transaction_of_the_caller_has_its_own_limits(self, django_assert_num_queries):
        with transaction.atomic(), django_assert_num_queries(2), transaction_within_limits("default"):
            pass


@pytest.fixture
def lost():
    """A connection that the database has ended, which Django does not know yet."""
    own, end = END[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {own}")
        (number,) = cursor.fetchone()
    other = connection.copy()
    with closing(other), other.cursor() as cursor:
        cursor.execute(end, [number])
    yield connection
    connection.close()


END = {
    "postgresql": ("pg_backend_pid()", "SELECT pg_terminate_backend(%s)"),
    "mysql": ("CONNECTION_ID()", "KILL CONNECTION %s"),
}
"""How a database calls a connection, and how it ends one."""


@pytest.mark.skipif(connection.vendor != "postgresql", reason="others set no limit by a statement of its own")
def test_a_connection_that_is_lost_when_a_limit_is_set_fails_as_others_do(lost):
    with pytest.raises((OperationalError, InterfaceError)), query_within_limits("default"):
        User.objects.exists()


@pytest.mark.skipif(connection.vendor != "mysql", reason="others are not asked for a collation")
def test_a_connection_that_is_lost_when_a_collation_is_asked_for_fails_as_others_do(lost, monkeypatch):
    monkeypatch.setattr(index_candidates, "known", {})

    with pytest.raises((OperationalError, InterfaceError)):
        index_candidates.collation_of(lost, "auth_user", "username")
