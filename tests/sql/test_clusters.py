"""What is written for a cluster alone; ``tests/cluster`` has one."""

from __future__ import annotations

import pytest

from django_scim.models import Record
from django_scim.sql.clusters import certify, certify_names

pytestmark = pytest.mark.django_db


def test_a_name_leaves_no_row():
    certify("default", ["b" * 64, "a" * 64, "b" * 64])

    assert not Record.objects.exists()


def test_a_name_costs_nothing_where_there_is_no_cluster(django_assert_num_queries):
    with django_assert_num_queries(0):
        certify_names("default", ["administrators"])
