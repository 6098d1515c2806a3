"""The check of unique columns whose collation is coarser than SCIM's comparisons."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.db import connection

pytestmark = pytest.mark.django_db


def warnings():
    """Return the warnings of the check."""
    return [each.msg for each in run_checks(databases=["default"]) if each.id == "django_scim.W031"]


@pytest.mark.skipif(connection.vendor != "mysql", reason="the collation of the other databases is exact")
def test_a_collation_that_folds_accents_is_named_with_the_column():
    found = warnings()

    assert any("'auth_user.username' takes 'a' and 'á' for the same" in text for text in found)
    assert any("'auth_group.name'" in text for text in found)


@pytest.mark.skipif(connection.vendor == "mysql", reason="its collations are coarse as they come")
def test_a_collation_that_compares_by_code_point_is_not_named():
    assert warnings() == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a collation that SQLite has")
@pytest.mark.parametrize(("collation", "is_named"), [("RTRIM", True), ("NOCASE", False), ("BINARY", False)])
def test_a_collation_of_the_field_is_named_if_it_is_coarser(monkeypatch, collation, is_named):
    monkeypatch.setattr(User._meta.get_field("username"), "db_collation", collation)

    assert bool(warnings()) is is_named


def test_the_check_asks_no_database_that_it_is_not_asked_of(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert [each for each in run_checks(databases=[]) if each.id == "django_scim.W031"] == []
