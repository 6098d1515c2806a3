"""Pages by key have each row once, in order, in either direction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cmp_to_key, partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_scim.sql.keyset import BY_PRIMARY_KEY, KeyColumn, Keyset, Page, read_page
from tests.factories import UserFactory

NOON = datetime(2025, 6, 30, 12, tzinfo=UTC)

VALUES: dict[str, list[Any]] = {
    "last_login": [None, NOON, NOON + timedelta(microseconds=1), NOON + timedelta(days=1)],
    "date_joined": [NOON - timedelta(days=1), NOON],
    "is_active": [False, True],
}
"""What the columns of the tests have; of each value there may be many."""


def in_order(rows: list[User], keyset: Keyset) -> list[int]:
    """Return the primary keys of rows as a reader would order them: null is more than any value."""

    def compare(one: User, other: User) -> int:
        for column in keyset.columns:
            first, second = (getattr(row, column.name) for row in (one, other))
            if first != second:
                is_less = second is None or (first is not None and first < second)
                return -1 if is_less != column.is_descending else 1
        return 0

    return [row.pk for row in sorted(rows, key=cmp_to_key(compare))]


def walk(keyset: Keyset, size: int, *, backwards: bool = False) -> list[list[int]]:
    """Return the primary keys of all pages, in the order in which they are read."""
    pages: list[list[int]] = []
    key: tuple[Any, ...] | None = None
    while True:
        fetch = partial(keyset.first, User.objects.all(), beyond=key, backwards=backwards)
        page = read_page(fetch, size, has_key=key is not None, backwards=backwards)
        pages.append([row.pk for row in page.rows])
        came_from, goes_on = (page.has_next, page.has_previous)[:: 1 if backwards else -1]
        assert came_from == (key is not None and bool(page.rows))
        if not goes_on:
            return pages
        key = keyset.key_of(page.rows[0 if backwards else -1])


@st.composite
def keysets(draw: st.DrawFn) -> Keyset:
    """Some of the columns, in any order and direction, and the primary key."""
    names = draw(st.lists(st.sampled_from(list(VALUES)), unique=True))
    columns = [KeyColumn(name, draw(st.booleans()), is_nullable=None in VALUES[name]) for name in names]
    return Keyset((*columns, KeyColumn("pk", draw(st.booleans()))))


people = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}), max_size=12
)


@pytest.mark.django_db
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=people, keyset=keysets(), size=st.integers(1, 5))
def test_the_pages_have_each_row_once_and_in_order(people, keyset, size):
    with transaction.atomic():
        User.objects.bulk_create(
            User(username=f"user-{number}", **values) for number, values in enumerate(people)
        )
        rows = list(User.objects.all())
        wanted = in_order(rows, keyset)

        forward, backward = walk(keyset, size), walk(keyset, size, backwards=True)

        assert [pk for page in forward for pk in page] == wanted
        assert [pk for page in reversed(backward) for pk in page] == wanted
        assert all(len(page) == size for pages in (forward, backward) for page in pages[:-1])
        for row in rows:
            after, before = (
                list(keyset.first(User.objects.all(), 99, beyond=keyset.key_of(row), backwards=backwards))
                for backwards in (False, True)
            )
            found = [*before[::-1], row, *after]
            assert [one.pk for one in found] == wanted
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_page_goes_on_where_a_row_is_gone():
    rows = UserFactory.create_batch(5)
    key = BY_PRIMARY_KEY.key_of(rows[2])
    rows[2].delete()

    assert list(BY_PRIMARY_KEY.first(User.objects.all(), 9, beyond=key)) == rows[3:]
    assert list(BY_PRIMARY_KEY.first(User.objects.all(), 9, beyond=key, backwards=True)) == rows[1::-1]


@pytest.mark.django_db
def test_a_column_may_be_an_annotation_and_be_sorted_by_another_expression():
    rows = UserFactory.create_batch(3)
    annotated = User.objects.annotate(place=F("pk") * Value(-1))
    place = KeyColumn("place", expression=Coalesce("place", "place"))
    keyset = Keyset((place, KeyColumn("pk")))

    assert list(keyset.apply(annotated)) == rows[::-1]
    assert list(keyset.first(annotated, 9, beyond=(-rows[1].pk, rows[1].pk))) == [rows[0]]
    assert "COALESCE" in str(keyset.apply(annotated).query)


def test_a_key_has_a_value_for_each_column():
    with pytest.raises(ValueError, match="argument"):
        BY_PRIMARY_KEY.beyond((1, 2))


@pytest.mark.parametrize("backwards", [False, True])
def test_nulls_are_named_only_where_there_may_be_some(backwards):
    for is_nullable in (False, True):
        keyset = Keyset((KeyColumn("last_login", is_nullable=is_nullable), KeyColumn("pk")))
        sql = str(User.objects.filter(keyset.beyond((NOON, 1), backwards=backwards)).query)
        order = keyset.columns[0].ordering(backwards=backwards)

        # On the way back, what has no value came first.
        assert ("IS NULL" in sql) == (is_nullable and not backwards)
        assert bool(order.nulls_first) == (is_nullable and backwards)
        assert bool(order.nulls_last) == (is_nullable and not backwards)


@pytest.mark.skipif(database.vendor != "sqlite", reason="the plan is that of SQLite")
@pytest.mark.django_db
@pytest.mark.parametrize("backwards", [False, True])
def test_what_comes_after_a_key_is_a_range_of_an_index(backwards):
    keyset = Keyset((KeyColumn("username", is_descending=True), KeyColumn("pk", is_descending=True)))
    plan = keyset.first(User.objects.all(), 10, beyond=("b", 1), backwards=backwards).explain()

    assert "SEARCH auth_user USING INDEX" in plan
    assert ("username>?" if backwards else "username<?") in plan
    assert "TEMP B-TREE" not in plan


# One row more


@pytest.mark.parametrize(
    ("there", "backwards", "has_key", "rows", "has_previous", "has_next"),
    [
        ("", False, False, "", False, False),
        ("", False, True, "", False, False),
        ("", True, True, "", False, False),
        ("ab", False, False, "ab", False, False),
        ("ab", False, True, "ab", True, False),
        ("abc", False, False, "ab", False, True),
        ("abc", False, True, "ab", True, True),
        ("ab", True, False, "ba", False, False),
        ("ab", True, True, "ba", False, True),
        ("abc", True, False, "ba", True, False),
        ("abc", True, True, "ba", True, True),
    ],
)
def test_one_row_more_tells_whether_there_is_another_page(
    there, backwards, has_key, rows, has_previous, has_next
):
    asked: list[int] = []

    def fetch(limit: int) -> Any:
        asked.append(limit)
        return there[:limit]

    page = read_page(fetch, 2, has_key=has_key, backwards=backwards)

    assert asked == [3]
    assert (page.rows, page.has_previous, page.has_next) == (list(rows), has_previous, has_next)


def test_for_a_page_of_no_rows_nothing_is_fetched():
    page: Page[str] = read_page(lambda limit: pytest.fail(f"fetched {limit}"), 0, has_key=True)

    assert (page.rows, page.has_previous, page.has_next) == ([], False, False)
