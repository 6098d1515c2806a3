"""``sortBy`` at the root: resources of all types are one list, in the order of the attribute."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import GroupFactory, UserFactory
from tests.representations import group, path_of, user


@pytest.fixture
def everything(scim):
    """Users and groups whose keys, names and times are between each other."""
    for number in range(3):
        scim.post(
            "/Users", user(f"user{number}", displayName=f"Name {2 * number}", externalId=f"e{9 - number}")
        )
        scim.post("/Groups", group(f"name {2 * number + 1}", externalId=f"E{number}"))
    UserFactory.create(username="bare")
    gone = User.objects.get(username="user1")
    scim.delete(path_of(gone))
    again = scim.post("/Users", user("user1", externalId="e8", displayName="Name 2")).json()
    assert User.objects.get(pk=gone.pk).username == "user1"
    return again["id"]


def pages(scim, **query: str) -> list[dict[str, Any]]:
    """Return all resources, page by page."""
    found, cursor = [], ""
    while cursor is not None:
        page = scim.get("/", {"count": "2", "cursor": cursor, **query}).json()
        found += page["Resources"]
        cursor = page.get("nextCursor")
    return found


@pytest.mark.parametrize(
    ("sort_by", "key"),
    [
        ("id", lambda found: found["id"]),
        ("meta.created", lambda found: found["meta"]["created"]),
        ("meta.lastModified", lambda found: found["meta"]["lastModified"]),
        ("meta.resourceType", lambda found: found["meta"]["resourceType"]),
        ("displayName", lambda found: found["displayName"].lower()),
        ("externalId", lambda found: found["externalId"]),
    ],
)
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_the_root_is_in_the_order_of_an_attribute(scim, everything, sort_by, key, order):
    query = {"sortBy": sort_by, "sortOrder": order, "filter": "displayName pr"}
    by_index = scim.get("/", query).json()["Resources"]

    keys = [key(found) for found in by_index]
    assert len(keys) == 6
    assert keys == sorted(keys, reverse=order == "descending")
    assert pages(scim, **query) == by_index


def test_the_root_in_the_order_of_the_id_has_all_resources_once(scim, everything):
    found = [resource["id"] for resource in scim.get("/", {"sortBy": "id"}).json()["Resources"]]

    assert found == sorted(found)
    assert len(set(found)) == 7
    assert everything in found


def test_the_root_in_the_order_of_the_id_is_that_of_the_keys_within_a_type(scim):
    rows = [UserFactory.create(pk=pk) for pk in (1000, 90, 7)] + [
        GroupFactory.create(pk=pk) for pk in (101, 11)
    ]

    found = [resource["id"] for resource in scim.get("/", {"sortBy": "id"}).json()["Resources"]]

    assert len(found) == len(rows)
    assert found == sorted(found)
