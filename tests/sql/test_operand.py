"""Operands by themselves: what a comparison with a column, a constant, a key or nothing at all becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User as Account
from django.db.models import Q
from scim2_models import AttributeBinding, InvalidFilterException
from scim2_models.path import CompareOperator

from django_scim.models import Record
from django_scim.schema.paths import resolve
from django_scim.schema.types import EnterpriseUserExtension, User
from django_scim.sql.index_candidates import InOrder
from django_scim.sql.operand import (
    AbsentOperand,
    ColumnOperand,
    ConstantOperand,
    KeyOperand,
    Operand,
    StoredOperand,
    any_of,
    constant,
)
from django_scim.sql.sources import HostSource, Source, SourceOperand, Union, in_any
from django_scim.sql.values import column_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

EQ, NE = CompareOperator.eq, CompareOperator.ne
CO, SW, EW = CompareOperator.co, CompareOperator.sw, CompareOperator.ew
GT, GE, LT, LE = CompareOperator.gt, CompareOperator.ge, CompareOperator.lt, CompareOperator.le


def binding(path: str) -> AttributeBinding:
    """Return what scim2-models knows of an attribute."""
    found = resolve(User[EnterpriseUserExtension], path)
    assert found is not None
    return found.binding


def column(name: str, path: str) -> ColumnOperand:
    """Return the operand of a column of the accounts that holds an attribute."""
    return ColumnOperand(name, column_of(Account, name), binding(path))


def names(condition: Q) -> list[str]:
    """Return the accounts that meet a condition."""
    return sorted(Account.objects.filter(condition).values_list("username", flat=True))


@pytest.fixture(autouse=True)
def accounts():
    """Three accounts: one of them has no first name."""
    joined = datetime(2026, 1, 31, 22, tzinfo=UTC)
    UserFactory.create(username="anna", first_name="Änne", date_joined=joined)
    UserFactory.create(username="Bob", first_name="bobby", is_active=False, date_joined=joined)
    UserFactory.create(username="clara", first_name="", date_joined=joined.replace(year=2027))


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        (EQ, "BOBBY", ["Bob"]),
        (EQ, "ÄNNE", ["anna"]),
        (EQ, "A\u0308nne", ["anna"]),
        (EQ, None, ["clara"]),
        (NE, "bobby", ["anna", "clara"]),
        (NE, None, ["Bob", "anna"]),
        (CO, "NN", ["anna"]),
        (CO, "%", []),
        (SW, "bob", ["Bob"]),
        (EW, "E", ["anna"]),
        (CO, "", ["Bob", "anna"]),
        (GT, "bobby", ["anna"]),
        (GE, "bobby", ["Bob", "anna"]),
        (LT, "c", ["Bob"]),
        (LE, None, []),
    ],
)
def test_a_text_column_is_compared_without_regard_to_case_and_form(operator, value, found):
    assert names(column("first_name", "name.givenName").compare(operator, value)) == found


@pytest.mark.parametrize("operator", list(CompareOperator))
@pytest.mark.parametrize("value", ["bobby", "", None, "zz"])
def test_a_condition_on_a_text_column_is_never_unknown(operator, value):
    condition = column("first_name", "name.givenName").compare(operator, value)

    assert sorted(names(condition) + names(~condition)) == ["Bob", "anna", "clara"]


def test_an_empty_text_column_has_no_value():
    operand = column("first_name", "name.givenName")

    assert names(operand.present()) == names(operand.present_and_not_empty()) == ["Bob", "anna"]


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        (EQ, True, ["anna", "clara"]),
        (EQ, False, ["Bob"]),
        (NE, True, ["Bob"]),
        (NE, None, ["Bob", "anna", "clara"]),
    ],
)
def test_a_truth_value_is_compared_as_one(operator, value, found):
    assert names(column("is_active", "active").compare(operator, value)) == found


@pytest.mark.parametrize("operator", [CO, SW, EW])
def test_a_truth_value_has_no_substrings(operator):
    with pytest.raises(InvalidFilterException, match="compares strings"):
        column("is_active", "active").compare(operator, True)


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        (GT, "2026-06-01T00:00:00Z", ["clara"]),
        (LT, "2026-06-01T00:00:00+02:00", ["Bob", "anna"]),
        (EQ, "2026-01-31T23:00:00+01:00", ["Bob", "anna"]),
        (GT, "0001-01-01T00:00:00+14:00", ["Bob", "anna", "clara"]),
        (LT, "0001-01-01T00:00:00+14:00", []),
        (LT, "9999-12-31T23:59:59-14:00", ["Bob", "anna", "clara"]),
        (EQ, "9999-12-31T23:59:59-14:00", []),
    ],
)
def test_a_time_is_compared_as_a_point_in_time_also_beyond_all_times(operator, value, found):
    assert names(column("date_joined", "meta.created").compare(operator, value)) == found


@pytest.mark.parametrize("value", ["\0", "a\ud800"])
def test_text_that_no_database_holds_is_no_value_to_compare_with(value):
    with pytest.raises(InvalidFilterException, match="no attribute can hold"):
        column("first_name", "name.givenName").compare(EQ, value)


def test_text_that_may_be_absent_is_ordered_as_no_value_where_it_is_empty():
    key = column("first_name", "name.givenName").order()

    rows = Account.objects.annotate(key=key).values_list("username", "key")
    assert dict(rows) == {"anna": "änne", "Bob": "bobby", "clara": None}


def test_text_that_is_always_there_is_ordered_without_case_as_an_index_has_it():
    key = column("username", "userName").order()

    assert isinstance(key, InOrder)
    rows = Account.objects.annotate(key=key).order_by("key").values_list("username", flat=True)
    assert list(rows) == ["anna", "Bob", "clara"]


@pytest.mark.parametrize(
    ("operator", "value", "holds"),
    [
        (EQ, "user", True),
        (EQ, "USER", False),
        (NE, "user", False),
        (NE, "Group", True),
        (SW, "us", True),
        (CO, "se", True),
        (GT, "Group", True),
        (EQ, None, False),
        (NE, None, True),
    ],
)
def test_a_constant_is_compared_without_the_database(operator, value, holds):
    operand = ConstantOperand("user", binding("meta.resourceType"))

    assert names(operand.compare(operator, value)) == (["Bob", "anna", "clara"] if holds else [])


@pytest.mark.parametrize(
    ("operator", "value", "count"), [(EQ, "x", 0), (NE, "x", 3), (EQ, None, 3), (NE, None, 0)]
)
def test_what_never_has_a_value_is_equal_to_null_alone(operator, value, count):
    assert len(names(AbsentOperand(binding("title")).compare(operator, value))) == count


class TestKeyOperand:
    """A key, of which clients know the ``id``."""

    @pytest.fixture
    def operand(self) -> KeyOperand:
        """Return a key whose ``id`` is the number with a letter before it."""
        return KeyOperand("pk", binding("id"), lambda text: int(text[1:]) if text[1:].isdigit() else None)

    def test_a_key_is_equal_to_the_one_that_an_id_stands_for(self, operand):
        account = Account.objects.get(username="anna")

        assert names(operand.compare(EQ, f"k{account.pk}")) == ["anna"]
        assert names(operand.compare(NE, f"k{account.pk}")) == ["Bob", "clara"]

    @pytest.mark.parametrize("value", ["k", "nonsense", "", 5, True])
    def test_a_key_is_equal_to_nothing_that_is_no_id(self, operand, value):
        assert names(operand.compare(EQ, value)) == []
        assert len(names(operand.compare(NE, value))) == 3

    @pytest.mark.parametrize("operator", [CO, SW, EW, GT, GE, LT, LE])
    def test_a_key_takes_no_comparison_that_looks_into_the_id(self, operand, operator):
        with pytest.raises(InvalidFilterException, match="opaque"):
            operand.compare(operator, "k1")


class TestSources:
    """Values that are in other rows, or in the host's own."""

    @pytest.fixture
    def stored(self) -> Source:
        """Give two accounts a record with a title; return the source of the titles."""
        for name, title in (("anna", "guide"), ("Bob", "")):
            account = Account.objects.get(username=name)
            key: dict[str, Any] = {"resource_type": "User", "integer_key": account.pk}
            Record.objects.update_or_create(**key, defaults={"comparable": {"title": title}})
        operand = StoredOperand("comparable", "title", binding("title"))
        return Source(Record.objects.filter(resource_type="User"), "integer_key", lambda _: operand)

    @pytest.mark.parametrize(
        ("operator", "value", "found"),
        [
            (EQ, "Guide", ["anna"]),
            (NE, "Guide", ["Bob", "clara"]),
            (EQ, None, ["clara"]),
            (NE, None, ["Bob", "anna"]),
            (SW, "gu", ["anna"]),
            (EQ, "", ["Bob"]),
        ],
    )
    def test_a_stored_value_is_compared_in_its_record(self, stored, operator, value, found):
        assert names(SourceOperand(stored, None, None).compare(operator, value)) == found

    def test_a_stored_value_that_is_empty_is_assigned_and_not_present(self, stored):
        operand = SourceOperand(stored, None, None)

        assert names(operand.present()) == ["Bob", "anna"]
        assert names(operand.present_and_not_empty()) == ["anna"]

    def test_a_source_without_an_operand_cannot_be_filtered(self, stored):
        nothing = Source(stored.rows, stored.key, lambda _: None)

        with pytest.raises(InvalidFilterException):
            SourceOperand(nothing, None, None)

    def test_a_value_may_be_in_any_of_several_sources(self, stored):
        own = column("first_name", "name.givenName")
        rows = Account.objects.all()
        host = HostSource(own.present(), lambda _: own, rows)
        title = stored.operand(None)
        assert isinstance(title, Operand)

        conditions: list[Any] = [own.compare(EQ, "bobby"), title.compare(EQ, "guide")]

        assert names(in_any([host, stored], conditions)) == ["Bob", "anna"]

    def test_a_value_in_the_host_s_own_row_needs_no_other_query(self, stored):
        own = column("first_name", "name.givenName")
        host = HostSource(own.present(), lambda _: own)
        title = stored.operand(None)
        assert title is not None

        condition = in_any([host, stored], [own.compare(EQ, "bobby"), title.compare(EQ, "guide")])

        assert names(condition) == ["Bob", "anna"]


def test_no_conditions_at_all_never_hold():
    assert names(any_of([])) == []
    assert names(any_of([constant(False), constant(True)])) == ["Bob", "anna", "clara"]


def test_a_union_has_no_order_of_the_model_which_may_be_of_other_columns():
    account = UserFactory.create()
    record = Record.objects.create(resource_type="User", integer_key=account.pk)
    keys = Record.objects.filter(pk=record.pk).order_by().values("integer_key")
    assert Record._meta.ordering

    assert list(Account.objects.filter(pk__in=Union(keys, keys))) == [account]
