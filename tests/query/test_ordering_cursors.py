"""Orders, and the cursors that hold a place in one, without a request."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.db.models import F
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scim2_models import ExpiredCursorException, InvalidCursorException, InvalidPathException

from django_scim.query.ordering import SORT_KEY, Cursor, Mark, Order, compile_order
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller
from django_scim.schema.search_request import SearchRequest
from django_scim.sql.functions import Comparable
from django_scim.sql.keyset import BY_PRIMARY_KEY, KeyColumn

UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]+")
"""The characters that RFC 9865 section 2 lets a cursor have."""

QUERY = "the query"

CURSOR = Cursor(Mark(1, "bjensen", "5"), backwards=False, count=10)


# Orders


def ordered_by(name: str, *, descending: bool = False) -> Order:
    """Return the order that ``sortBy`` stands for, of users."""
    resource_type = registry().by_name["User"]
    model: Any = SearchRequest.__class_getitem__(resource_type.resource)
    binding = model(sort_by=name).sort_binding(resource_type.resource)
    return compile_order(resource_type, binding, Caller(None), descending=descending)


@pytest.mark.parametrize("descending", [False, True])
def test_without_a_key_the_order_is_that_of_primary_keys(descending):
    resource_type = registry().by_name["User"]

    order = compile_order(resource_type, None, Caller(None), descending=descending)

    assert order == Order(descending=descending)
    assert order.keyset == BY_PRIMARY_KEY
    assert order.annotate(User.objects.all()).query.annotations == {}


@pytest.mark.parametrize("descending", [False, True])
def test_what_every_user_has_leaves_the_place_of_nulls_open(descending):
    order = ordered_by("userName", descending=descending)

    assert isinstance(order.expression, Comparable)
    columns = (KeyColumn(SORT_KEY, descending), KeyColumn("pk"))
    # On MariaDB and MySQL the unique index is in the collation of the order, so that nothing is left to tie.
    assert order.keyset.columns == (columns[:1] if database.vendor == "mysql" else columns)


@pytest.mark.parametrize("name", ["title", "emails", "meta.created", "active"])
def test_what_a_user_may_not_have_has_a_place_for_nulls(name):
    assert ordered_by(name).column == KeyColumn(SORT_KEY, is_nullable=True)


def test_the_key_is_an_annotation_of_the_rows():
    rows = ordered_by("userName").annotate(User.objects.all())

    assert list(rows.query.annotations) == [SORT_KEY]


def test_ties_are_broken_in_the_same_way_when_the_order_is_turned_around():
    tie_break = [Order(F("date_joined"), descending).keyset.columns[-1] for descending in (False, True)]

    assert tie_break == [KeyColumn("pk"), KeyColumn("pk")]


def test_what_no_mapping_has_cannot_be_sorted_by(monkeypatch):
    monkeypatch.setattr(type(registry().by_name["User"]), "mapping_for", lambda *_arguments: None)

    with pytest.raises(InvalidPathException, match="cannot be sorted by"):
        ordered_by("userName")


# Cursors

marks = st.builds(
    Mark,
    st.integers(0, 9),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    st.text(),
)
cursors = st.builds(Cursor, marks, st.booleans(), st.integers(0, 1000))


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cursor=cursors, query=st.text(st.characters()))
def test_what_was_sealed_is_opened_for_the_same_query(cursor, query):
    sealed = cursor.seal(query)

    assert Cursor.open(sealed, query) == cursor
    assert UNRESERVED.fullmatch(sealed)


def test_the_query_may_be_any_text():
    query = "userName eq \ud800 \0"

    assert Cursor.open(CURSOR.seal(query), query) == CURSOR


@pytest.mark.parametrize("query", ["", "the query ", "The query", "another"])
def test_a_cursor_is_no_good_for_another_query(query):
    with pytest.raises(InvalidCursorException):
        Cursor.open(CURSOR.seal(QUERY), query)


@pytest.mark.parametrize("text", ["", "~", "~~", "a~b~c", "é", "\0", ".eJyrVgIAARMAdA", "x" * 5000])
def test_what_was_never_sealed_is_no_cursor(text):
    with pytest.raises(InvalidCursorException):
        Cursor.open(text, QUERY)


def test_no_part_of_a_cursor_can_be_changed():
    sealed = CURSOR.seal(QUERY)

    for position in range(len(sealed) - 1):
        changed = "A" if sealed[position] != "A" else "B"
        with pytest.raises(InvalidCursorException):
            Cursor.open(f"{sealed[:position]}{changed}{sealed[position + 1 :]}", QUERY)


def test_a_cursor_that_is_too_old_has_expired_and_one_of_another_query_is_invalid(settings, monkeypatch):
    settings.DJANGO_SCIM = {"CURSOR_TIMEOUT": 60}
    sealed = CURSOR.seal(QUERY)
    now = time.time()

    monkeypatch.setattr(time, "time", lambda: now + 55)
    assert Cursor.open(sealed, QUERY) == CURSOR

    monkeypatch.setattr(time, "time", lambda: now + 65)
    with pytest.raises(ExpiredCursorException):
        Cursor.open(sealed, QUERY)
    with pytest.raises(InvalidCursorException):
        Cursor.open(sealed, "another")


def test_a_cursor_is_no_good_once_the_secret_is_another(settings: Any):
    sealed = CURSOR.seal(QUERY)
    settings.SECRET_KEY = "another secret of the project"

    with pytest.raises(InvalidCursorException):
        Cursor.open(sealed, QUERY)
