"""What a client clears by an empty string: RFC 7643 section 2.5 has null and an empty list for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.representations import user

WORK = {"value": "b@example.com", "type": "work", "primary": True}
HOME = {"value": "h@example.com", "type": "home"}
PHONE = {"value": "555-1", "type": "work"}
ADDRESS = {"type": "work", "locality": "Oslo"}


@pytest.fixture
def path(scim) -> str:
    """Somebody with a value of each kind."""
    made = scim.post("/Users", user(emails=[WORK, HOME], phoneNumbers=[PHONE], addresses=[ADDRESS]))
    assert made.status_code == 201
    return f"/Users/{made.json()['id']}"


CLEARED: dict[str, tuple[dict[str, Any], str, list[Any] | None]] = {
    "the column's entry": (
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": ""},
        "emails",
        [HOME],
    ),
    "a stored entry": (
        {"op": "replace", "path": 'emails[type eq "home"].value', "value": ""},
        "emails",
        [WORK],
    ),
    "by add": ({"op": "add", "path": 'emails[type eq "home"].value', "value": ""}, "emails", [WORK]),
    "an entry of several attributes": (
        {"op": "replace", "path": 'emails[type eq "home"]', "value": {"type": "home", "value": ""}},
        "emails",
        [WORK],
    ),
    "a list": (
        {"op": "replace", "path": "emails", "value": [WORK, {"type": "home", "value": ""}]},
        "emails",
        [WORK],
    ),
    "without a path": (
        {"op": "replace", "value": {"emails": [{"type": "work", "value": ""}]}},
        "emails",
        None,
    ),
    "a phone number": (
        {"op": "replace", "path": 'phoneNumbers[type eq "work"].value', "value": ""},
        "phoneNumbers",
        None,
    ),
    "the last part of an address": (
        {"op": "replace", "path": 'addresses[type eq "work"].locality', "value": ""},
        "addresses",
        None,
    ),
}


@pytest.mark.parametrize(("operation", "attribute", "left"), CLEARED.values(), ids=CLEARED)
def test_an_empty_string_clears_the_entry(scim, path, operation, attribute, left):
    response = scim.patch(path, operation)

    assert response.status_code == 200, response.content
    assert response.json().get(attribute) == left
    assert scim.get(path).json().get(attribute) == left


def test_an_entry_that_was_cleared_is_found_by_no_filter(scim, path):
    scim.patch(path, {"op": "replace", "path": 'phoneNumbers[type eq "work"].value', "value": ""})

    for expression in ('phoneNumbers[type eq "work"]', "phoneNumbers pr"):
        assert scim.get("/Users", {"filter": expression}).json()["totalResults"] == 0


def test_an_address_that_was_cleared_is_in_the_column_no_more(scim, path):
    scim.put(path, user(emails=[{"value": "", "type": "work", "primary": True}]))

    assert User.objects.get().email == ""


def test_an_address_can_be_set_again_after_it_was_cleared(scim, path):
    scim.patch(path, {"op": "replace", "path": 'emails[type eq "home"].value', "value": ""})
    scim.patch(path, {"op": "replace", "path": 'emails[type eq "home"].value', "value": "n@example.com"})

    assert {**HOME, "value": "n@example.com"} in scim.get(path).json()["emails"]
