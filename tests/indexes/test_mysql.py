"""Which columns of MariaDB and MySQL an index can serve depends on their collations."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_scim.checks.configuration import check_indexes
from django_scim.sql import index_candidates as collations
from django_scim.sql.index_candidates import ignores_case
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "mysql", reason="MariaDB and MySQL alone"),
]


@pytest.fixture
def binary_addresses():
    """A host whose addresses are compared by code point, in the database."""
    alter("VARCHAR(254) COLLATE utf8mb4_bin NOT NULL")
    yield
    alter("VARCHAR(254) NOT NULL")


def alter(definition):
    """Give the column of the addresses another definition."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE auth_user MODIFY email {definition}")
    collations.known.clear()


@pytest.mark.usefixtures("binary_addresses")
class TestColumnThatLooksAtCase:
    def test_a_column_that_looks_at_case_is_searched_without_an_index(self, scim):
        UserFactory.create(username="babs", email="Babs@Example.com")

        response = scim.get("/Users", {"filter": 'emails.value eq "babs@example.COM"'})

        assert response.json()["totalResults"] == 1

    def test_a_column_that_looks_at_case_gets_no_index_and_the_reason_is_said(self, capsys):
        call_command("scim_createindexes")

        assert (
            "auth_user.email (User): no index can be made: its collation is utf8mb4_bin"
            in capsys.readouterr().out
        )

    def test_a_column_that_looks_at_case_is_warned_of(self):
        (warning,) = check_indexes(None, databases=["default"])

        assert "'auth_user.email'" in warning.msg
        assert "utf8mb4_bin" in (warning.hint or "")


@pytest.mark.parametrize(
    ("collation", "is_trusted"),
    [
        ("utf8mb4_general_ci", True),
        ("utf8mb4_unicode_520_nopad_ci", True),
        ("utf8mb4_uca1400_ai_ci", True),
        ("utf8mb4_0900_as_ci", True),
        ("utf8mb4_0900_as_cs", False),
        ("utf8mb4_bin", False),
        ("utf8mb4_turkish_ci", False),
        ("latin1_swedish_ci", False),
        (None, False),
    ],
)
def test_a_collation_is_trusted_that_ignores_case_in_no_one_language(collation, is_trusted):
    assert ignores_case(collation) is is_trusted


def test_the_database_is_asked_for_collations_once_and_not_in_the_name_of_a_request(scim):
    scim.get("/Users")
    counts = []
    collations.known.clear()
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            scim.get("/Users", {"filter": 'userName eq "babs"'})
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert collations.known[connection.settings_dict["NAME"], "auth_user"]["username"] is not None
