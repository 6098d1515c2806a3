"""``sortBy`` and ``sortOrder`` (RFC 7644 section 3.4.2.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from django_scim.models import Record
from tests.factories import GroupFactory, UserFactory
from tests.query.badges import BADGE
from tests.reading import Reader
from tests.representations import ENTERPRISE, USER, id_of, user


def both_ways(users: Reader, path: str) -> tuple[list[str], list[str]]:
    """Return the names in ascending and in descending order."""
    return users.names(sortBy=path), users.names(sortBy=path, sortOrder="descending")


def test_the_order_without_sort_by_is_that_in_which_rows_were_made(users: Reader):
    for name in ("b", "c", "a"):
        UserFactory.create(username=name)

    assert users.names() == ["b", "c", "a"]


def test_the_order_is_ascending_by_default(users: Reader):
    for name in ("b", "c", "a"):
        UserFactory.create(username=name)

    assert users.names(sortBy="userName") == ["a", "b", "c"]
    assert users.names(sortBy="userName", sortOrder="ascending") == ["a", "b", "c"]
    assert users.names(sortBy="userName", sortOrder="descending") == ["c", "b", "a"]


@pytest.mark.parametrize("path", ["USERNAME", f"{USER}:userName", f"{USER.lower()}:username"])
def test_the_name_in_sort_by_has_no_case_and_a_schema_may_qualify_it(users: Reader, path):
    for name in ("b", "a"):
        UserFactory.create(username=name)

    assert users.names(sortBy=path) == ["a", "b"]


def test_columns_are_ordered_without_case_and_by_code_point(users: Reader):
    for number, name in enumerate(["Z", "a", "B", "ä", "Ä1", "_", "中", "𐐀", "a "]):
        UserFactory.create(username=f"{number}", last_name=name)

    ascending = ["5", "1", "8", "2", "0", "3", "4", "6", "7"]
    assert both_ways(users, "name.familyName") == (ascending, ascending[::-1])


def test_user_names_are_ordered_as_the_index_on_them_is(users: Reader):
    for name in ("Z", "a", "B", "é", "É1", "_", "中", "+"):
        UserFactory.create(username=name)

    by_index = {
        "postgresql": ["+", "_", "a", "B", "Z", "é", "É1", "中"],
        "sqlite": ["+", "_", "a", "B", "Z", "É1", "é", "中"],
        "mysql": list(User.objects.order_by("username").values_list("username", flat=True)),
    }[connection.vendor]
    assert both_ways(users, "userName") == (by_index, by_index[::-1])


def test_stored_text_is_ordered_without_case_and_by_code_point(users: Reader):
    for number, title in enumerate(["Z", "a", "B", "ä", "Ä1", "_", "中", "😀", "a "]):
        users.post(user(f"{number}", title=title))

    ascending = ["5", "1", "8", "2", "0", "3", "4", "6", "7"]
    assert both_ways(users, "title") == (ascending, ascending[::-1])


@pytest.mark.parametrize(
    "path", ["name.familyName", "title", "emails", "phoneNumbers.value", f"{ENTERPRISE}:department"]
)
def test_resources_without_a_value_are_last_ascending_and_first_descending(users: Reader, path):
    def body(name: str, value: str) -> dict[str, Any]:
        return user(
            name,
            name={"familyName": value},
            title=value,
            emails=[{"value": f"{value}@example.com"}],
            phoneNumbers=[{"value": value}],
            **{ENTERPRISE: {"department": value}},
        )

    UserFactory.create(username="untouched", last_name="", email="")
    users.post(body("b", "b"))
    users.post(user("none"))
    users.post(body("a", "a"))

    assert users.names(sortBy=path) == ["a", "b", "untouched", "none"]
    assert users.names(sortBy=path, sortOrder="descending") == ["untouched", "none", "b", "a"]


def test_equal_values_are_in_the_order_of_their_rows_whichever_way(users: Reader):
    names = ["one", "two", "three", "four"]
    for name in names:
        UserFactory.create(username=name, last_name="Same")

    assert both_ways(users, "name.familyName") == (names, names)


def test_pages_of_equal_values_neither_overlap_nor_leave_anything_out(users: Reader):
    User.objects.bulk_create(User(username=f"u{number:02}", last_name="Same") for number in range(25))

    paged = [
        name
        for start in range(1, 26, 4)
        for name in users.names(sortBy="name.familyName", startIndex=start, count=4)
    ]

    assert paged == [f"u{number:02}" for number in range(25)]


def test_resources_can_be_sorted_by_booleans_and_times(users: Reader):
    UserFactory.create(username="new", is_active=False, date_joined=datetime(2020, 1, 1, tzinfo=UTC))
    UserFactory.create(username="old", is_active=True, date_joined=datetime(2001, 1, 1, tzinfo=UTC))
    # They were there before the app was: it has seen nothing of them.
    Record.objects.all().delete()

    assert both_ways(users, "active") == (["new", "old"], ["old", "new"])
    assert both_ways(users, "meta.created") == (["old", "new"], ["new", "old"])
    assert both_ways(users, "meta.lastModified") == (["old", "new"], ["new", "old"])


def test_resources_can_be_sorted_by_id(users: Reader):
    rows = UserFactory.create_batch(12)

    ids = [resource["id"] for resource in users.page(sortBy="id")["Resources"]]

    assert ids == sorted(id_of(row) for row in rows)
    assert [resource["id"] for resource in users.page(sortBy="id", sortOrder="descending")["Resources"]] == [
        *reversed(ids)
    ]


def test_the_order_by_external_id_has_case(users: Reader):
    for name, external in (("one", "b"), ("two", "B"), ("three", "a")):
        users.post(user(name, externalId=external))
    users.post(user("none"))

    assert users.names(sortBy="externalId") == ["two", "three", "one", "none"]


@pytest.mark.parametrize("path", ["emails", "emails.value"])
def test_several_values_in_columns_are_ordered_by_the_primary_one_or_else_the_first(users: Reader, path):
    def email(value: str, **parts: Any) -> dict[str, Any]:
        return {"value": f"{value}@example.com", **parts}

    users.post(user("b", emails=[email("z"), email("b", primary=True), email("a")]))
    users.post(user("c", emails=[email("c"), email("a")]))
    users.post(user("a", emails=[email("A", primary=False), email("0")]))

    assert both_ways(users, path) == (["a", "b", "c"], ["c", "b", "a"])


def test_stored_values_are_ordered_by_the_primary_one_or_else_the_first(users: Reader):
    def phones(*numbers: dict[str, Any]) -> dict[str, Any]:
        return {"phoneNumbers": list(numbers)}

    users.post(user("b", **phones({"value": "9"}, {"value": "2", "type": "x", "primary": True})))
    users.post(user("c", **phones({"value": "3", "type": "c"}, {"value": "1", "type": "a"})))
    users.post(user("a", **phones({"value": "1", "type": "z", "primary": False}, {"value": "0"})))
    users.post(user("none", **phones({"type": "home", "display": "Home"}, {"value": "0"})))

    assert users.names(sortBy="phoneNumbers") == ["a", "b", "c", "none"]
    assert users.names(sortBy="phoneNumbers.value") == ["a", "b", "c", "none"]
    assert users.names(sortBy="phoneNumbers.type") == ["c", "none", "b", "a"]
    assert users.names(sortBy="phoneNumbers.value", sortOrder="descending") == ["none", "c", "b", "a"]


def test_users_are_ordered_by_the_first_of_their_groups(users: Reader):
    guides, editors = GroupFactory.create(name="Guides"), GroupFactory.create(name="Editors")
    first, second, loner = (UserFactory.create(username=name) for name in ("first", "second", "loner"))
    guides.user_set.set([first])
    editors.user_set.set([second])

    assert both_ways(users, "groups.display") == (["second", "first", "loner"], ["loner", "first", "second"])
    assert both_ways(users, "groups") == (["first", "second", "loner"], ["loner", "second", "first"])

    editors.user_set.add(first)  # His second group.

    assert users.names(sortBy="groups.display") == ["second", "first", "loner"]
    assert loner.groups.count() == 0


@pytest.mark.usefixtures("badges")
@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("level", [-(2**63), -10, -9, 0, 9, 10, 2**63 - 1]),
        ("weight", [-1e300, -1.5, -0.5, 0, 1e-300, 0.5, 2, 10, 1e300]),
        (
            "issued",
            [
                "0002-01-01T00:00:00Z",
                "2011-05-13T04:42:34+02:00",
                "2011-05-13T04:42:34Z",
                "2011-05-13T04:42:34.000001Z",
                "2011-05-13T04:42:34-02:00",
            ],
        ),
        ("armed", [False, True]),
        ("code", ["A", "B", "a", "b", "Ä", "ä"]),
        ("tags", [["a", "z"], ["B"], ["c", "a"]]),
        ("grades", [[-5, 99], [9], [10, 1]]),
        ("doors.number", [[{"number": 1}], [{"number": 9}, {"number": 2, "primary": True}], [{"number": 3}]]),
    ],
)
def test_each_type_of_attribute_has_its_order(users: Reader, path, values):
    for position in (*range(1, len(values), 2), *range(0, len(values), 2)):
        users.post(user(f"{position}", **{BADGE: {path.split(".")[0]: values[position]}}))
    users.post(user("none"))

    ascending = [str(position) for position in range(len(values))]
    assert users.names(sortBy=f"{BADGE}:{path}") == [*ascending, "none"]
    assert users.names(sortBy=f"{BADGE}:{path}", sortOrder="descending") == ["none", *ascending[::-1]]


def test_a_change_of_a_value_moves_the_resource_in_the_order(scim, users: Reader):
    one = users.post(user("one", title="a"))
    users.post(user("two", title="b"))

    scim.patch(f"/Users/{one['id']}", {"op": "replace", "path": "title", "value": "c"})

    assert users.names(sortBy="title") == ["two", "one"]

    scim.patch(f"/Users/{one['id']}", {"op": "remove", "path": "title"})

    assert both_ways(users, "title") == (["two", "one"], ["one", "two"])


def test_an_order_goes_with_a_filter_and_a_page(users: Reader):
    for number in range(6):
        users.post(user(f"u{number}", title="abcabc"[number]))

    found = users.names('title ne "a"', sortBy="title", sortOrder="descending", startIndex=2, count=2)

    assert found == ["u5", "u1"]


def test_sort_order_without_sort_by_changes_no_order(users: Reader):
    for name in ("b", "a"):
        UserFactory.create(username=name)

    assert users.names(sortOrder="descending") == ["b", "a"]


@pytest.mark.usefixtures("badges")
@pytest.mark.parametrize(
    "path",
    [
        "nope",
        "name",
        "name.nope",
        "addresses",
        "meta",
        "meta.version",
        "meta.location",
        "password",
        f"{BADGE}:chip",
        f"{BADGE}:doors",
        f"{BADGE}:nope",
        'emails[type eq "work"]',
        'emails[type eq "work"].value',
        "userName,title",
        "-userName",
        "user Name",
        "username__gt",
        "?",
        "\x00",
        "a" * 10_000,
    ],
)
def test_a_sort_by_that_resources_cannot_be_sorted_by_is_refused(users: Reader, path):
    assert users.refusal(sortBy=path) == "invalidPath"


@pytest.mark.parametrize("order", ["up", "asc", "descending,ascending", "1", "\x00"])
def test_a_sort_order_that_is_neither_ascending_nor_descending_is_refused(users: Reader, order):
    assert users.refusal(sortBy="userName", sortOrder=order) == "invalidValue"
