"""Filters on what no column holds: single, complex and multi-valued attributes, extensions, all types."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ScimClient
from tests.factories import UserFactory
from tests.query.badges import BADGE
from tests.reading import Reader
from tests.representations import ENTERPRISE, path_of, user


@pytest.fixture
def staff(users: Reader) -> None:
    """Three users, the last of whom has nothing that is stored; a fourth that no client has touched."""
    users.post(
        user(
            "babs",
            title="Tour Guide",
            nickName="Babs",
            name={"formatted": "Ms. Barbara J Jensen, III", "honorificPrefix": "Ms."},
            phoneNumbers=[
                {"value": "+1-555-0001", "type": "work", "primary": True},
                {"value": "+1-555-0002", "type": "home"},
            ],
            addresses=[
                {"type": "work", "locality": "Hollywood", "country": "US"},
                {"type": "home", "locality": "Köln", "country": "DE"},
            ],
            roles=[{"value": "admin"}, {"value": "editor"}],
            **{ENTERPRISE: {"employeeNumber": "701984", "department": "Tours", "manager": {"value": "m-1"}}},
        )
    )
    users.post(
        user(
            "john",
            title="Vice President",
            phoneNumbers=[{"value": "+1-555-0003", "type": "home"}],
            addresses=[{"type": "work", "locality": "Köln", "country": "DE"}],
            **{ENTERPRISE: {"employeeNumber": "99"}},
        )
    )
    users.post(user("plain"))
    UserFactory.create(username="untouched")


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('title eq "tour guide"', ["babs"]),
        ('title ne "tour guide"', ["john", "plain", "untouched"]),
        ('title co "GUIDE"', ["babs"]),
        ('title sw "vice"', ["john"]),
        ('title ew "ent"', ["john"]),
        ('title gt "tour guide"', ["john"]),
        ('title ge "tour guide"', ["babs", "john"]),
        ('title lt "vice president"', ["babs"]),
        ('title le "vice president"', ["babs", "john"]),
        ("title pr", ["babs", "john"]),
        ("not (title pr)", ["plain", "untouched"]),
        ("title eq null", ["plain", "untouched"]),
        ("title ne null", ["babs", "john"]),
        ('not (title co "guide")', ["john", "plain", "untouched"]),
        ('not (title gt "a")', ["plain", "untouched"]),
        ('nickName eq "babs" and title pr', ["babs"]),
        ('nickName eq "babs" or title sw "vice"', ["babs", "john"]),
        ('title pr and active eq true and userName ne "babs"', ["john"]),
    ],
)
def test_each_operator_of_a_filter_compares_a_stored_attribute(users: Reader, filter, found):
    assert users.names(filter) == found


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('name.formatted co "jensen"', ["babs"]),
        ('name.honorificPrefix eq "ms."', ["babs"]),
        ("name.formatted pr", ["babs"]),
        ("name pr", ["babs", "untouched"]),
        ("name eq null", ["john", "plain"]),
        (f'{ENTERPRISE}:manager.value eq "m-1"', ["babs"]),
        (f'{ENTERPRISE}:manager.value eq "M-1"', []),
        (f"{ENTERPRISE}:manager pr", ["babs"]),
        (f"{ENTERPRISE}:manager eq null", ["john", "plain", "untouched"]),
        (f"{ENTERPRISE}:manager.displayName pr", []),
    ],
)
def test_a_complex_attribute_is_compared_by_its_parts(users: Reader, filter, found):
    assert users.names(filter) == found


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        (f'{ENTERPRISE}:employeeNumber eq "701984"', ["babs"]),
        (f'{ENTERPRISE}:employeeNumber gt "8"', ["john"]),
        (f'{ENTERPRISE.upper()}:EMPLOYEENUMBER sw "7"', ["babs"]),
        (f"{ENTERPRISE}:department pr", ["babs"]),
        (f'{ENTERPRISE}:department ne "tours"', ["john", "plain", "untouched"]),
    ],
)
def test_an_attribute_of_an_extension_is_named_by_its_urn(users: Reader, filter, found):
    assert users.names(filter) == found


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('phoneNumbers eq "+1-555-0002"', ["babs"]),
        ('phoneNumbers.value eq "+1-555-0002"', ["babs"]),
        ('phoneNumbers co "555"', ["babs", "john"]),
        ('phoneNumbers.type eq "work"', ["babs"]),
        ('phoneNumbers[type eq "work"]', ["babs"]),
        ("phoneNumbers pr", ["babs", "john"]),
        ("phoneNumbers[display pr]", []),
        ("phoneNumbers eq null", ["plain", "untouched"]),
        ("phoneNumbers.primary pr", ["babs"]),
        ("phoneNumbers[primary eq true]", ["babs"]),
        ("phoneNumbers[primary ne true]", ["babs", "john"]),
        ('phoneNumbers[type eq "home" and value ew "0003"]', ["john"]),
        ('phoneNumbers[type eq "work" and value ew "0002"]', []),
        ('phoneNumbers.type eq "work" and phoneNumbers.value ew "0002"', ["babs"]),
        ('phoneNumbers[not (type eq "home")]', ["babs"]),
        ('not (phoneNumbers[type eq "work"])', ["john", "plain", "untouched"]),
        ('phoneNumbers[type eq "work" or value ew "3"]', ["babs", "john"]),
        # "ne" of several values: none of them is equal.
        ('phoneNumbers.type ne "work"', ["john", "plain", "untouched"]),
        ('phoneNumbers[type ne "work"]', ["babs", "john"]),
        ('addresses[locality eq "KÖLN" and country eq "de"]', ["babs", "john"]),
        ('addresses[locality eq "Köln" and country eq "US"]', []),
        ('addresses[type eq "work" and locality sw "köln"]', ["john"]),
        ('addresses.locality gt "ka"', ["babs", "john"]),
        ('roles eq "editor"', ["babs"]),
        ('roles ne "editor"', ["john", "plain", "untouched"]),
        ('roles[value eq "admin"] and roles[value eq "editor"]', ["babs"]),
        ('roles[value eq "admin" and value eq "editor"]', []),
    ],
)
def test_any_of_several_stored_values_may_meet_a_comparison(users: Reader, filter, found):
    assert users.names(filter) == found


def test_a_complex_attribute_without_its_value_is_not_null(users: Reader):
    users.post(user("babs", **{ENTERPRISE: {"manager": {"$ref": "../Users/john"}}}))

    assert users.names(f"{ENTERPRISE}:manager eq null") == []
    assert users.names(f"{ENTERPRISE}:manager ne null") == ["babs"]
    assert users.names(f"{ENTERPRISE}:manager.value eq null") == ["babs"]


def test_a_filter_finds_a_stored_value_that_is_changed_and_not_the_old_one(scim: ScimClient, users: Reader):
    row = UserFactory.create(username="babs")
    replace = {"op": "replace", "path": "title"}
    scim.patch(path_of(row), {**replace, "value": "Guide"})
    scim.patch(path_of(row), {**replace, "value": "Lead"})

    assert users.names('title eq "Guide"') == []
    assert users.names('title eq "Lead"') == ["babs"]

    scim.patch(path_of(row), {"op": "remove", "path": "title"})

    assert users.names("title pr") == []


def test_a_filter_does_not_find_a_stored_value_that_is_removed(scim: ScimClient, users: Reader):
    babs = users.post(user("babs", roles=[{"value": "admin"}, {"value": "editor"}]))
    scim.patch(f"/Users/{babs['id']}", {"op": "remove", "path": 'roles[value eq "admin"]'})

    assert users.names('roles eq "admin"') == []
    assert users.names('roles eq "editor"') == ["babs"]


def test_a_filter_does_not_find_stored_values_of_a_deleted_user(scim: ScimClient, users: Reader):
    babs = users.post(user("babs", title="Guide"))
    scim.delete(f"/Users/{babs['id']}")

    assert users.names('title eq "Guide"') == []


def badge(name: str, **attributes: Any) -> dict[str, Any]:
    """Return a user with a badge."""
    return user(name, **{BADGE: attributes})


@pytest.fixture
def badge_holders(badges: None, users: Reader) -> None:
    """Two users with all types of attributes, and one without."""
    users.post(
        badge(
            "one",
            level=9,
            weight=-1.5,
            issued="2011-05-13T04:42:34Z",
            armed=True,
            chip="AQI=",
            tags=["red", "Blue"],
            grades=[2, 30],
            doors=[
                {"number": 7, "opened": "2011-05-13T04:42:34.5+02:00", "locked": True},
                {"number": -7, "locked": False},
            ],
        )
    )
    users.post(
        badge(
            "two",
            level=10,
            weight=1e300,
            issued="2012-01-01T00:00:00+14:00",
            armed=False,
            chip="AQIB",
            tags=["green"],
            grades=[-1],
            doors=[{"number": 7, "locked": False}],
        )
    )
    users.post(badge("none"))


@pytest.mark.usefixtures("badge_holders")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("level eq 9", ["one"]),
        ("level lt 10", ["one"]),
        ("level gt 9", ["two"]),
        ("level ge -1", ["one", "two"]),
        ("level ne 9", ["two", "none"]),
        ("level eq null", ["none"]),
        ("level pr", ["one", "two"]),
        ("level le 9223372036854775807", ["one", "two"]),
        # Larger than any integer that can be stored, and smaller.
        ("level lt 100000000000000000000", ["one", "two"]),
        ("level gt 100000000000000000000", []),
        ("level gt -100000000000000000000", ["one", "two"]),
        ("level eq 100000000000000000000", []),
        ("level ne 100000000000000000000", ["one", "two", "none"]),
        ("weight eq -1.5", ["one"]),
        ("weight lt 0", ["one"]),
        ("weight gt 1e299", ["two"]),
        ("weight ge 1e300", ["two"]),
        ("weight ne -15e-1", ["two", "none"]),
        ('issued eq "2011-05-13T04:42:34Z"', ["one"]),
        ('issued eq "2011-05-13T00:42:34-04:00"', ["one"]),
        ('issued lt "2011-12-31T12:00:00Z"', ["one", "two"]),
        ('issued lt "2011-12-31T10:00:00Z"', ["one"]),
        ('issued gt "0001-01-01T00:00:00+14:00"', ["one", "two"]),
        ('issued lt "9999-12-31T23:59:59-14:00"', ["one", "two"]),
        ("armed eq true", ["one"]),
        ("armed ne true", ["two", "none"]),
        ("armed pr", ["one", "two"]),
        ('chip eq "AQI="', ["one"]),
        ('chip ne "AQI="', ["two", "none"]),
        ("chip pr", ["one", "two"]),
        ('tags eq "blue"', ["one"]),
        ('tags[value eq "BLUE"]', ["one"]),
        ('tags[value sw "r" and value ew "d"]', ["one"]),
        ('tags[value sw "r" and value ew "e"]', []),
        ('tags ne "blue"', ["two", "none"]),
        ("tags pr", ["one", "two"]),
        ("not (tags pr)", ["none"]),
        ("grades gt 4", ["one"]),
        ("grades lt 0", ["two"]),
        ("grades[value gt 1 and value lt 3]", ["one"]),
        ("grades[value gt 3 and value lt 30]", []),
        ("doors.number lt 0", ["one"]),
        ("doors[number eq 7 and locked eq true]", ["one"]),
        ("doors[number eq 7 and locked eq false]", ["two"]),
        ('doors[opened eq "2011-05-13T02:42:34.5Z"]', ["one"]),
        ('doors[opened eq "2011-05-13T02:42:34.500001Z"]', []),
        ("doors[not (opened pr) and number lt 0]", ["one"]),
        ("doors pr", ["one", "two"]),
    ],
)
def test_stored_values_are_compared_by_their_type(users: Reader, filter, found):
    assert users.names(qualified(filter)) == found


def qualified(filter: str) -> str:
    """Put the URN of the extension before the attribute."""
    return f"not ({BADGE}:{filter[5:]}" if filter.startswith("not (") else f"{BADGE}:{filter}"


@pytest.mark.usefixtures("badges")
def test_a_secret_can_be_filtered_where_the_schema_lets_it_and_is_never_shown(users: Reader):
    users.post(badge("one", pin="1234"))

    page = users.page(filter=f'{BADGE}:pin eq "1234"', attributes=f"userName,{BADGE}:pin")

    assert [resource["userName"] for resource in page["Resources"]] == ["one"]
    assert "1234" not in str(page)


@pytest.mark.usefixtures("badge_holders")
def test_a_large_decimal_comes_out_as_it_went_in(users: Reader):
    page = users.page(filter='userName eq "two"')

    assert page["Resources"][0][BADGE]["weight"] == 1e300
