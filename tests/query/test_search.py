"""Queries of the root: all resource types as one collection (RFC 7644 sections 3.4.2.1 and 3.4.3)."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.assertions import assert_scim_error
from tests.factories import GroupFactory, UserFactory
from tests.messages import LIST_RESPONSE
from tests.operations.patch_operations import replace
from tests.query.statements import statements
from tests.representations import ENTERPRISE, GROUP, USER, id_of, member, path_of


def search(scim, **parameters):
    """Return the ListResponse of a query of the root."""
    response = scim.get("/", parameters)
    assert response.status_code == 200, response.content
    return response.json()


def found(scim, filter, **parameters):
    """Return what a filter of the root finds, by ``userName`` or ``displayName``, and by type."""
    resources = search(scim, filter=filter, **parameters)["Resources"]
    return [resource.get("userName") or resource["displayName"] for resource in resources]


@pytest.fixture
def people(scim):
    """Two users, of whom one has a title and a display name, and two groups, of which one has a member."""
    ann, bob = UserFactory.create(username="ann"), UserFactory.create(username="bob", is_active=False)
    assert (
        scim.patch(path_of(ann), replace("title", "Guide"), replace("displayName", "Tours")).status_code
        == 200
    )
    tours, clerks = GroupFactory.create(name="Tours"), GroupFactory.create(name="clerks")
    tours.user_set.add(ann)
    return {"ann": ann, "bob": bob, "Tours": tours, "clerks": clerks}


ALL = ["ann", "bob", "Tours", "clerks"]


# What a filter means for a resource type that does not have the attribute


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ('userName eq "ann"', ["ann"]),
        ('userName eq "ANN" or displayName eq "CLERKS"', ["ann", "clerks"]),
        ('displayName eq "tours"', ["ann", "Tours"]),
        ("userName pr", ["ann", "bob"]),
        ("displayName pr", ["ann", "Tours", "clerks"]),
        ("members pr", ["Tours"]),
        ("title pr or members pr", ["ann", "Tours"]),
        ("active eq true", ["ann"]),
        ('userName pr and displayName eq "Tours"', ["ann"]),
        ('meta.resourceType eq "Group"', ["Tours", "clerks"]),
        (f'{ENTERPRISE}:department eq "x" or {GROUP}:displayName sw "c"', ["clerks"]),
        (f"{USER}:userName pr", ["ann", "bob"]),
        ('emails[type eq "work"] or members[type eq "User"]', ["ann", "bob", "Tours"]),
        ('schemas eq "urn:ietf:params:scim:schemas:core:2.0:Group"', ["Tours", "clerks"]),
    ],
)
def test_a_filter_selects_from_each_resource_type_what_it_means_there(scim, filter, names):
    assert found(scim, filter) == names


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("filter", "names"),
    [
        # No comparison with an attribute that a type does not have holds, not even ``ne``.
        ('userName ne "ann"', ["bob"]),
        ('title ne "Guide"', ["bob"]),
        ("userName eq null", []),
        ("title eq null", ["bob"]),
        ("members eq null", ["clerks"]),
        # ``not`` turns around whatever the rest is, for every type.
        ('not (userName eq "ann")', ["bob", "Tours", "clerks"]),
        ("not (title pr)", ["bob", "Tours", "clerks"]),
        ("not (members pr)", ["ann", "bob", "clerks"]),
        ('not (userName ne "ann")', ["ann", "Tours", "clerks"]),
        ("not (userName pr) and not (members pr)", ["clerks"]),
    ],
)
def test_an_attribute_that_a_type_does_not_have_equals_nothing_and_is_not_present(scim, filter, names):
    assert found(scim, filter) == names


def test_an_attribute_that_no_type_has_is_an_invalid_filter(scim):
    assert_scim_error(scim.get("/", {"filter": 'colour eq "red"'}), 400, "invalidFilter")


@pytest.mark.parametrize(
    "filter", ["userName", 'userName eq "', "userName pr and", 'password eq "x"', "active gt true"]
)
def test_a_filter_of_the_root_that_cannot_be_evaluated_is_an_invalid_filter(scim, filter):
    assert_scim_error(scim.get("/", {"filter": filter}), 400, "invalidFilter")


def test_an_id_finds_the_resource_whatever_its_type(scim, people):
    for name, row in people.items():
        assert found(scim, f'id eq "{id_of(row)}"') == [name]


def test_the_groups_of_a_user_and_the_user_are_found_by_one_filter(scim, people):
    identifier = id_of(people["ann"])

    assert found(scim, f'id eq "{identifier}" or members.value eq "{identifier}"') == ["ann", "Tours"]


def test_an_external_id_finds_the_resource_that_the_connection_has_called_so(scim, people):
    for name in ("ann", "clerks"):
        assert scim.patch(path_of(people[name]), replace("externalId", "7")).status_code in (200, 204)

    assert found(scim, 'externalId eq "7"') == ["ann", "clerks"]


# The order


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("order", "names"),
    [
        ({}, ALL),
        ({"sortBy": "userName"}, ["ann", "bob", "Tours", "clerks"]),
        ({"sortBy": "userName", "sortOrder": "descending"}, ["Tours", "clerks", "bob", "ann"]),
        ({"sortBy": "displayName"}, ["clerks", "ann", "Tours", "bob"]),
        ({"sortBy": "displayName", "sortOrder": "descending"}, ["bob", "ann", "Tours", "clerks"]),
        ({"sortBy": "active"}, ["bob", "ann", "Tours", "clerks"]),
        ({"sortBy": "meta.resourceType"}, ["Tours", "clerks", "ann", "bob"]),
    ],
    ids=str,
)
def test_resource_types_are_sorted_as_one_with_missing_values_at_the_end_of_the_ascending(scim, order, names):
    resources = search(scim, **order)["Resources"]

    assert [resource.get("userName") or resource["displayName"] for resource in resources] == names


@pytest.mark.parametrize("path", ["colour", 'emails[type eq "work"]', "name", "password", "meta"])
def test_a_sort_by_of_the_root_that_no_type_has_is_an_invalid_path(scim, path):
    assert_scim_error(scim.get("/", {"sortBy": path}), 400, "invalidPath")


# Pages


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("order", [{}, {"sortBy": "displayName"}], ids=str)
def test_a_page_may_begin_in_one_type_and_end_in_another(scim, order):
    whole = search(scim, **order)["Resources"]

    listing = search(scim, startIndex=2, count=2, **order)

    assert listing["totalResults"] == 4
    assert (listing["startIndex"], listing["itemsPerPage"]) == (2, 2)
    assert listing["Resources"] == whole[1:3]


@pytest.mark.usefixtures("people")
def test_the_total_of_the_root_is_that_of_all_types(scim):
    for parameters in (
        {"count": 0},
        {"count": 1},
        {"startIndex": 5},
        {"startIndex": 10**30},
        {"startIndex": -3},
    ):
        assert search(scim, **parameters)["totalResults"] == 4
    assert search(scim, filter='displayName eq "Tours"', count=1)["totalResults"] == 2


def test_the_root_of_a_server_without_resources_is_empty(scim):
    assert search(scim) == {
        "schemas": [LIST_RESPONSE],
        "totalResults": 0,
        "itemsPerPage": 0,
        "Resources": [],
        "startIndex": 1,
    }


def test_a_deleted_resource_is_not_in_the_collection_of_the_root(scim, people):
    scim.delete(path_of(people["ann"]))
    scim.delete(path_of(people["clerks"]))

    listing = search(scim, sortBy="displayName")

    assert [resource["id"] for resource in listing["Resources"]] == [
        id_of(people["Tours"]),
        id_of(people["bob"]),
    ]
    assert listing["totalResults"] == 2


# What is said of each


def test_each_resource_of_the_root_is_as_its_own_endpoint_has_it(scim, people):
    for order in ({}, {"sortBy": "displayName"}):
        for resource in search(scim, **order)["Resources"]:
            row = next(row for row in people.values() if id_of(row) == resource["id"])
            assert resource == scim.get(path_of(row)).json()


@pytest.mark.usefixtures("people")
def test_attributes_of_a_query_of_the_root_are_returned_by_each_type_that_has_them(scim):
    listing = search(scim, attributes="userName,members.value,colour", sortBy="displayName")

    assert [set(resource) for resource in listing["Resources"]] == [
        {"schemas", "id", "members"} if "members" in resource else {"schemas", "id", "userName"}
        for resource in listing["Resources"]
    ]
    assert sum("userName" in resource for resource in listing["Resources"]) == 2


@pytest.mark.usefixtures("people")
def test_attributes_that_a_type_does_not_have_leave_what_is_always_returned(scim):
    resources = search(scim, attributes="userName", filter="displayName pr")["Resources"]

    assert [set(resource) for resource in resources] == [
        {"schemas", "id", "userName"},
        {"schemas", "id"},
        {"schemas", "id"},
    ]


@pytest.mark.usefixtures("people")
def test_excluded_attributes_are_excluded_from_each_type_that_has_them(scim):
    for resource in search(scim, excludedAttributes="members,meta,name")["Resources"]:
        assert not {"members", "meta", "name"} & resource.keys()
        assert resource.keys() >= {"schemas", "id"}


# What it costs


@pytest.fixture
def many(scim):
    """A client whose token has noted its use, and users and groups on both sides of a page."""
    rows = UserFactory.create_batch(10)
    for group in GroupFactory.create_batch(10):
        group.user_set.add(*rows)
    scim.get("/")
    return scim


def test_a_page_of_the_root_takes_as_many_statements_whatever_its_size(many):
    # The token, two counts; of two types the rows, their records, their groups or members.
    assert len(statements(search, many, startIndex=9, count=4)) == 9
    assert len(statements(search, many, startIndex=2, count=18)) == 9
    # And the places on the page.
    assert len(statements(search, many, sortBy="displayName", startIndex=9, count=4)) == 10
    assert len(statements(search, many, sortBy="displayName", startIndex=2, count=18)) == 10


def test_types_that_are_not_on_the_page_are_counted_and_not_read(many):
    # The token, two counts, the rows of users, their records, their groups.
    assert len(statements(search, many, count=5)) == 6
    # The token, two counts, the rows of users.
    assert len(statements(search, many, count=5, attributes="userName")) == 4


@pytest.mark.parametrize("path", ["/", "/Users", "/Groups"])
def test_a_collection_that_one_page_holds_is_not_counted(many, path):
    with CaptureQueriesContext(database) as queries:
        listing = many.get(path, {"count": 50, "attributes": "id"}).json()

    assert listing["totalResults"] == (20 if path == "/" else 10)
    assert not any("COUNT(" in query["sql"] for query in queries)


def test_a_client_that_looks_for_nobody_is_told_so_in_one_look(many):
    with CaptureQueriesContext(database) as queries:
        listing = many.get("/Users", {"filter": 'userName eq "nobody"'}).json()

    assert listing["totalResults"] == 0
    assert len(queries) == 2  # The token, the row.


def test_a_full_first_page_is_counted(scim):
    UserFactory.create_batch(4)

    for size in (1, 2, 3, 4):
        assert scim.get("/Users", {"count": size}).json()["totalResults"] == 4


def test_a_member_is_found_whatever_the_size_of_its_group(scim):
    group = GroupFactory.create()
    rows = UserFactory.create_batch(5)
    group.user_set.add(*rows)

    assert found(scim, f'members[value eq "{id_of(rows[3])}"]') == [group.name]
    assert member(rows[3])["value"] == id_of(rows[3])
