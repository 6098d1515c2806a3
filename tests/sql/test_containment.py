"""Equality with a value that is kept in a record, found by an index of PostgreSQL."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_scim.models import Record
from django_scim.sql.containment import INDEX, contained
from tests.representations import user

ADDRESSES = [{"value": "a@home.example", "type": "home"}, {"value": "A@work.example", "type": "work"}]

FOUND_BY_INDEX = [
    'title eq "guide"',
    'emails eq "a@HOME.example"',
    'emails.value eq "a@home.example"',
    'emails[type eq "home" and value eq "a@home.example"]',
    'phoneNumbers[value eq "1" and not (type eq "work")]',
]

FOUND_WITHOUT = [
    'title co "uid"',
    'title ne "other"',
    'not (title eq "other")',
    'emails[type eq "home" or value eq "nobody@home.example"]',
    'emails[not (type eq "other") and value co "home"]',
]

NOT_FOUND = [
    'title eq "Guides"',
    'emails[type eq "work" and value eq "a@home.example"]',
    'emails[type eq "home" and not (value eq "a@home.example")]',
    'phoneNumbers.value eq "11"',
    'title eq "%"',
    'title eq "\\"}"',
]


@pytest.fixture
def ada(scim):
    """An account with values that a stock project has no column for, and another one."""
    kept = {"title": "Guide", "emails": ADDRESSES, "phoneNumbers": [{"value": "1", "type": "home"}]}
    assert scim.post("/Users", user("ada", **kept)).status_code == 201
    scim.post("/Users", user("bob", title="Other", emails=[{"value": "b@home.example"}]))


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("expression", FOUND_BY_INDEX + FOUND_WITHOUT)
def test_kept_values_are_found(scim, expression):
    found = scim.get("/Users", {"filter": f'({expression}) and userName eq "ada"'}).json()

    assert [each["userName"] for each in found["Resources"]] == ["ada"]


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("expression", NOT_FOUND)
def test_kept_values_are_not_found_for_another_one(scim, expression):
    found = scim.get("/Users", {"filter": f'({expression}) and userName eq "ada"'}).json()

    assert found["totalResults"] == 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="other databases have no such index")
class TestIndex:
    @pytest.mark.parametrize("expression", FOUND_BY_INDEX)
    def test_equality_with_a_kept_value_asks_the_index(self, scim, expression):
        with CaptureQueriesContext(connection) as queries:
            scim.get("/Users", {"filter": expression})

        assert any("@>" in each["sql"] for each in queries)

    @pytest.mark.django_db
    def test_there_is_an_index_for_it(self):
        rows = Record.objects.filter(contained("comparable", {"emails": [{"value": "a@home.example"}]}))
        with connection.cursor() as cursor:
            # Of an empty table, to read any other index from end to end is as cheap.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")

        assert INDEX in rows.explain()
