"""Several resource types as one collection, in any order and in pages of any size, as scim2-models has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import SearchRequest
from scim2_models.path import Comparison, FilterNode, Present

from django_scim.schema.types import Group
from tests import strategies
from tests.conftest import ScimClient
from tests.hosts.small.models import Device, Enrolment, License
from tests.query.badges import BadgedUserAdapter
from tests.query.populations import provisioned

Json = dict[str, Any]
USERS: Any = BadgedUserAdapter.resource
SEARCH: Any = SearchRequest.__class_getitem__(USERS | Group)

SORTABLE = (
    *(path for path in strategies.SORTABLE if path != "id"),
    *("displayName", "members.value", "members"),
)
"""What both types can be sorted by; an ``id`` is opaque, and only has an order of some kind."""


# What is in the collection


@contextmanager
def stored(scim: ScimClient, users: list[Json], groups: list[Any]) -> Iterator[list[Json]]:
    """Store users and groups by POST, and give them as a query returns them; they are gone in the end."""
    with provisioned(scim, users, groups):
        yield read(scim)


def read(scim: ScimClient, **parameters: Any) -> list[Json]:
    """Return the resources that a query of the root finds."""
    found: list[Json] = page(scim, count=200, **parameters)["Resources"]
    return found


def page(scim: ScimClient, **parameters: Any) -> Json:
    """Return one page that a query of the root finds."""
    response = scim.get("/", parameters)
    assert response.status_code == 200, response.content.decode()
    found: Json = response.json()
    return found


def parsed(resources: list[Json]) -> list[Any]:
    """Return resources as scim2-models has them; an empty list is no value (RFC 7643 section 2.5)."""
    return [
        (USERS if resource["meta"]["resourceType"] == "User" else Group).model_validate(
            {name: value for name, value in resource.items() if value != []}
        )
        for resource in resources
    ]


def ids(resources: list[Any]) -> list[str]:
    """Return the ids."""
    return [resource["id"] if isinstance(resource, dict) else resource.id for resource in resources]


@st.composite
def filters(draw: st.DrawFn, resources: list[Json]) -> FilterNode:
    """A filter of users and groups, about attributes that one of them has, or both."""

    def term() -> FilterNode:
        if draw(st.booleans()):
            return draw(strategies.filters(resources))
        path = draw(st.sampled_from(["displayName", "members.value", "members"]))
        if draw(st.integers(0, 3)) == 0:
            return Present(strategies.attr_path(path))
        kind = strategies.TEXT if path == "displayName" else strategies.OPAQUE
        place = f"{path}.value" if path == "members" else path
        comparison: Comparison = strategies.compare(draw, path, kind, strategies.found_at(resources, place))
        return comparison

    return strategies.join(draw, term, 2)


def orders() -> st.SearchStrategy[Json]:
    """Any order, or none."""
    return st.just({}) | st.fixed_dictionaries(
        {"sortBy": st.sampled_from(SORTABLE)},
        optional={"sortOrder": st.sampled_from(["ascending", "descending"])},
    )


SOME_USERS = st.deferred(lambda: st.lists(strategies.users(), max_size=4))
SOME_GROUPS = st.deferred(lambda: st.lists(strategies.groups(), max_size=4))


@pytest.mark.usefixtures("badges")
@strategies.PROFILE
@given(users=SOME_USERS, groups=SOME_GROUPS, data=st.data())
def test_a_filter_of_all_resource_types_finds_what_scim2_models_finds_in_memory(scim, users, groups, data):
    with stored(scim, users, groups) as resources:
        for _ in range(6):
            node = data.draw(filters(resources))
            request = SEARCH(filter=str(node))
            wanted = [resource for resource in parsed(resources) if request.filter.match(resource)]
            assert ids(read(scim, filter=str(node), attributes="id")) == ids(wanted), node


@pytest.mark.usefixtures("badges")
@strategies.PROFILE
@given(users=SOME_USERS, groups=SOME_GROUPS, data=st.data())
def test_an_order_of_all_resource_types_is_that_of_scim2_models(scim, users, groups, data):
    with stored(scim, users, groups) as resources:
        for _ in range(6):
            order = data.draw(orders())
            there = in_order_of_ties(resources) if order else resources
            wanted = SEARCH(**order).sort(parsed(there))
            assert ids(read(scim, attributes="id", **order)) == ids(wanted), order


def in_order_of_ties(resources: list[Json]) -> list[Json]:
    """Return resources as they follow each other when they are equal: by type, and then by key as text.

    The ``id`` ends with the key, in hexadecimal.
    """
    return sorted(
        resources,
        key=lambda resource: (resource["meta"]["resourceType"] != "User", str(int(resource["id"][-12:], 16))),
    )


@pytest.mark.usefixtures("badges")
@strategies.PROFILE
@given(users=SOME_USERS, groups=SOME_GROUPS, data=st.data())
def test_pages_of_any_size_together_are_the_collection_that_scim2_models_has_in_memory(
    scim, users, groups, data
):
    with stored(scim, users, groups) as resources:
        for _ in range(3):
            query = {"attributes": "id", **data.draw(orders())}
            wanted = parsed(in_order_of_ties(resources) if "sortBy" in query else resources)
            if data.draw(st.booleans()):
                query["filter"] = str(data.draw(filters(resources)))
                matcher = SEARCH(filter=query["filter"]).filter
                wanted = [resource for resource in wanted if matcher.match(resource)]
            order = {name: query[name] for name in ("sortBy", "sortOrder") if name in query}
            wanted = ids(SEARCH(**order).sort(wanted))

            assert by_index(scim, data, query, len(wanted)) == wanted, query
            assert by_cursor(scim, data, query, len(wanted)) == wanted, query


def by_index(scim: ScimClient, data: Any, query: Json, total: int) -> list[str]:
    """Return the ids of the pages by index, each of a size of its own."""
    found: list[str] = []
    while True:
        size = data.draw(st.integers(1, 5))
        listing = page(scim, startIndex=len(found) + 1, count=size, **query)
        assert listing["totalResults"] == total
        assert listing["itemsPerPage"] == len(listing["Resources"]) == min(size, total - len(found))
        found += ids(listing["Resources"])
        if not listing["Resources"] or len(found) >= total:
            return found


def by_cursor(scim: ScimClient, data: Any, query: Json, total: int) -> list[str]:
    """Return the ids of the pages by cursor; on the way, some steps go back and forth again."""
    size = data.draw(st.integers(1, 5))
    listings = [page(scim, cursor="", count=size, **query)]
    while "nextCursor" in listings[-1]:
        listings.append(page(scim, cursor=listings[-1]["nextCursor"], count=size, **query))
        assert listings[-1]["totalResults"] == total
        if data.draw(st.booleans()):
            back = page(scim, cursor=listings[-1]["previousCursor"], count=size, **query)
            assert ids(back["Resources"]) == ids(listings[-2]["Resources"])
            again = page(scim, cursor=back["nextCursor"], count=size, **query)
            assert ids(again["Resources"]) == ids(listings[-1]["Resources"])
    return [identifier for listing in listings for identifier in ids(listing["Resources"])]


# Keys of several kinds


@pytest.fixture
def things(settings: Any, db: None) -> None:
    """A host whose resource types have integers, UUIDs, text and the keys of other rows as their keys."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            "User": None,
            "Group": None,
            **{
                name: {"adapter": f"tests.hosts.small.adapters.{name}Adapter"}
                for name in ("Device", "License", "Enrolment")
            },
        }
    }
    for number in range(5):
        device = Device.objects.create(name=f"{'bBaA_'[number]}{number}")
        License.objects.create(code=f"{'aAbBé'[number]}{number}", name=["", "B", "b", "a", "ä"][number])
        Enrolment.objects.create(device=device, name=f"{'ABabc'[number]}{number}")


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize("sort_order", ["ascending", "descending"])
@pytest.mark.parametrize(
    "sort_by", [None, "name", "id", "meta.resourceType", "meta.lastModified", "externalId"]
)
@pytest.mark.parametrize("size", [4, 15])
def test_resource_types_with_keys_of_different_kinds_are_paged_as_one(scim, sort_by, sort_order, size):
    query = {"sortBy": sort_by, "sortOrder": sort_order} if sort_by else {}
    whole = ids(read(scim, **query))
    assert len(set(whole)) == 15

    forth = [page(scim, cursor="", count=size, **query)]
    while "nextCursor" in forth[-1]:
        forth.append(page(scim, cursor=forth[-1]["nextCursor"], count=size, **query))
    back = [forth[-1]]
    while "previousCursor" in back[-1]:
        back.append(page(scim, cursor=back[-1]["previousCursor"], count=size, **query))
    indexed = [page(scim, startIndex=start, count=size, **query) for start in range(1, 16, size)]

    assert [identifier for listing in forth for identifier in ids(listing["Resources"])] == whole
    assert [identifier for listing in reversed(back) for identifier in ids(listing["Resources"])] == whole
    assert [identifier for listing in indexed for identifier in ids(listing["Resources"])] == whole


@pytest.mark.usefixtures("things")
def test_resource_types_with_keys_of_different_kinds_are_sorted_as_one(scim):
    names = [resource.get("name") for resource in read(scim, sortBy="name")]

    assert names[:-1] == sorted(names[:-1], key=lambda name: str(name).lower())
    assert names[-1] is None
