"""Listings of one part, of parts one after the other, and of merged parts, without a request."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import F, TextField, Value
from django.db.models.functions import NullIf

from django_scim.query.listing import Found, Listing, MergedListing, Part
from django_scim.query.ordering import Mark, Order
from django_scim.resources.projection import projection_for
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller
from django_scim.sql.functions import Comparable
from tests.factories import GroupFactory, UserFactory

pytestmark = pytest.mark.django_db

NAMES = ("b", "A", "a", "", "c", "")
"""The first names of users and the names of groups, one of each kind twice."""


def part(name: str, position: int, order: Order | None = None) -> Part:
    """Return all resources of a type, as a part of a query."""
    resource_type = registry().by_name[name]
    caller = Caller(None, "https://example.com/scim/v2")
    projection = projection_for(resource_type, ("id",))
    rows = resource_type.queryset(None)
    return Part(position, resource_type, lambda: rows, order or Order(), projection, caller)


def texts(column: str, *, descending: bool = False) -> Order:
    """Return the order by a column of text, in which an empty text is none."""
    return Order(NullIf(Comparable(column, case_exact=False), Value("", TextField())), descending)


def parts(users: Order | None = None, groups: Order | None = None) -> list[Part]:
    """Return the users and the groups, as the parts of a query."""
    return [part("User", 0, users), part("Group", 1, groups)]


@pytest.fixture
def rows() -> tuple[list[User], list[Group]]:
    """Users and groups."""
    users = [UserFactory.create(first_name=name) for name in NAMES]
    groups = [GroupFactory.create(name=f"{name}{'' if name else number}") for number, name in enumerate("bd")]
    return users, groups


def places(found: list[Found]) -> list[tuple[int, str]]:
    """Return the positions and the primary keys of what a page has."""
    for item in found:
        assert item.obj is None or str(item.obj.instance.pk) == item.mark.pk
    return [(item.mark.position, item.mark.pk) for item in found]


def whole(listing: Listing) -> list[tuple[int, str]]:
    """Return the whole collection."""
    return places(listing.beyond(None, 100))


def assert_paged(listing: Listing, wanted: list[tuple[int, str]]) -> None:
    """Assert that a listing is what it should be, in all pages from all places in both directions."""
    found = listing.beyond(None, 100)
    totals = listing.totals()
    assert places(found) == wanted
    assert sum(totals) == len(wanted)
    for start in range(len(wanted) + 2):
        for count in (0, 1, 3, 100):
            assert places(listing.page(start, count, totals)) == wanted[start : start + count]
    for index, item in enumerate(found):
        for count in (0, 1, 3, 100):
            after = listing.beyond(item.mark, count)
            before = listing.beyond(item.mark, count, backwards=True)
            assert places(after) == wanted[index + 1 :][:count]
            assert places(before) == wanted[:index][::-1][:count]


# One after the other


def test_without_an_order_it_is_one_type_after_the_other(rows):
    wanted = [(position, str(row.pk)) for position, part in enumerate(rows) for row in part]

    listing = Listing(parts())

    assert listing.totals() == [len(NAMES), 2]
    assert_paged(listing, wanted)
    assert {item.mark.key for item in listing.beyond(None, 100)} == {None}


def test_a_listing_of_nothing_has_nothing():
    listing = Listing(parts())

    assert listing.totals() == [0, 0]
    assert listing.page(0, 5, [0, 0]) == listing.beyond(None, 5) == []
    assert (
        listing.beyond(Mark(0, None, "1"), 5) == listing.beyond(Mark(1, None, "1"), 5, backwards=True) == []
    )


@pytest.mark.parametrize("descending", [False, True])
def test_one_type_is_in_its_order_and_what_has_no_value_is_last_or_first(rows, descending):
    users = rows[0]
    none = [users[3], users[5]]
    wanted = (
        [*none, users[4], users[0], users[1], users[2]]
        if descending
        else [users[1], users[2], users[0], users[4], *none]
    )

    listing = Listing([part("User", 0, texts("first_name", descending=descending))])

    assert_paged(listing, [(0, str(row.pk)) for row in wanted])


def test_a_place_knows_its_key_as_json_has_it(rows):
    text, moment = Order(Comparable("username", case_exact=False), is_total=True), Order(F("date_joined"))

    for order, wanted in ((text, rows[0][0].username), (moment, str(rows[0][0].date_joined))):
        (found,) = Listing([part("User", 0, order)]).beyond(None, 1)
        assert found.mark == Mark(0, wanted, str(rows[0][0].pk))
        assert part("User", 0, order).key_at(found.mark) in (wanted, rows[0][0].date_joined)


def test_a_place_outlives_its_row(rows):
    users = rows[0]
    listing = Listing([part("User", 0, Order(Comparable("username", case_exact=False), is_total=True))])
    mark = listing.beyond(None, 3)[-1].mark
    User.objects.get(pk=mark.pk).delete()

    assert places(listing.beyond(mark, 1)) == [(0, str(users[3].pk))]
    assert places(listing.beyond(mark, 1, backwards=True)) == [(0, str(users[1].pk))]


def test_a_page_that_the_first_type_fills_asks_for_no_other(rows, django_assert_num_queries):
    listing = Listing(parts())

    with django_assert_num_queries(1):
        assert len(listing.beyond(None, 3)) == 3
    with django_assert_num_queries(1):
        assert len(listing.page(len(NAMES), 1, [len(NAMES), 2])) == 1
    with django_assert_num_queries(0):
        assert listing.beyond(None, 0) == listing.page(0, 0, [len(NAMES), 2]) == []


# Merged


def merged(rows: Any, *, descending: bool) -> MergedListing:
    """Return the users and the groups by their names."""
    orders = [texts(column, descending=descending) for column in ("first_name", "name")]
    return MergedListing(parts(*orders))


@pytest.mark.parametrize("descending", [False, True])
def test_equal_keys_are_in_the_order_of_the_types_and_of_keys_as_text(rows, descending):
    def place(position: int, row: Any) -> tuple[int, str]:
        return position, str(row.pk)

    users, groups = rows
    b = [place(0, users[0]), place(1, groups[0])]
    a = sorted([place(0, users[1]), place(0, users[2])])
    none = sorted([place(0, users[3]), place(0, users[5])])
    c, d = [place(0, users[4])], [place(1, groups[1])]

    wanted = [none, d, c, b, a] if descending else [a, b, c, d, none]

    assert_paged(merged(rows, descending=descending), [item for group in wanted for item in group])


@pytest.mark.parametrize("descending", [False, True])
def test_a_type_that_does_not_have_the_attribute_has_no_value(rows, descending):
    users, groups = rows
    order = Order(F("is_active"), descending)

    found = whole(MergedListing(parts(order, Order(descending=descending))))

    of_groups = sorted((1, str(row.pk)) for row in groups)
    of_users = sorted((0, str(row.pk)) for row in users)
    assert found == ([*of_groups, *of_users] if descending else [*of_users, *of_groups])
    assert_paged(MergedListing(parts(order, Order(descending=descending))), found)


def test_keys_of_several_kinds_are_compared_as_text(rows):
    users, groups = rows
    User.objects.update(first_name=f"{groups[0].pk}!")

    found = whole(MergedListing(parts(texts("first_name"), Order(F("pk")))))

    assert found.index((1, str(groups[0].pk))) < found.index((0, str(users[0].pk)))
    assert_paged(MergedListing(parts(texts("first_name"), Order(F("pk")))), found)


def test_the_places_of_a_page_take_one_query_and_its_resources_one_for_each_type(
    rows, django_assert_num_queries
):
    listing = merged(rows, descending=False)

    with django_assert_num_queries(3):
        assert len(listing.beyond(None, 100)) == len(NAMES) + 2
    with django_assert_num_queries(2):
        assert len(listing.beyond(None, 2)) == 2


def test_a_resource_that_went_away_leaves_its_place(rows, monkeypatch):
    listing = merged(rows, descending=False)
    wanted = whole(listing)
    monkeypatch.setattr(Part, "load", lambda *_arguments: [])

    found = listing.beyond(None, 100)

    assert {item.obj for item in found} == {None}
    assert places(found) == wanted
