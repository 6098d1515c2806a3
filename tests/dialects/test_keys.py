"""Keys of a POST and of a PUT that are paths, as those of a PATCH without a path are."""

from __future__ import annotations

import pytest

from tests.factories import UserFactory
from tests.representations import ENTERPRISE, USER, path_of

WORK = {"type": "work", "value": "555-1"}

CASES = [
    ({"name.givenName": "Barbara"}, {"name": {"givenName": "Barbara"}}),
    (
        {"name": {"familyName": "J", "givenName": "B"}, "Name.GIVENNAME": "Barbara"},
        {"name": {"familyName": "J", "givenName": "Barbara"}},
    ),
    ({f"{USER}:title": "Guide"}, {"title": "Guide"}),
    ({f"{USER}:name.familyName": "Jensen"}, {"name": {"familyName": "Jensen"}}),
    ({f"{ENTERPRISE}:department": "Tours"}, {ENTERPRISE: {"department": "Tours"}}),
    ({f"{ENTERPRISE.lower()}.department": "Tours"}, {ENTERPRISE: {"department": "Tours"}}),
    (
        {ENTERPRISE: {"division": "East"}, f"{ENTERPRISE}:department": "Tours"},
        {ENTERPRISE: {"division": "East", "department": "Tours"}},
    ),
    ({'phoneNumbers[type eq "work"].value': "555-1"}, {"phoneNumbers": [WORK]}),
    ({'phoneNumbers[type eq "work"]': {"value": "555-1"}}, {"phoneNumbers": [WORK]}),
    (
        {
            "phoneNumbers": [{**WORK, "display": "x"}],
            'phoneNumbers[type eq "work" and value eq "555-1"].display': "y",
        },
        {"phoneNumbers": [{**WORK, "display": "y"}]},
    ),
    (
        {"phoneNumbers": [WORK], 'phoneNumbers[type eq "home"].value': "555-2"},
        {"phoneNumbers": [WORK, {"type": "home", "value": "555-2"}]},
    ),
]


def written(document, expected):
    return {name: document.get(name) for name in expected}


@pytest.mark.parametrize(("body", "expected"), CASES)
def test_keys_that_are_paths_mean_the_same_in_post_put_and_patch(scim, body, expected):
    made = scim.post("/Users", {"schemas": [USER], "userName": "barbara", **body})
    row = UserFactory.create(username="babs", first_name="", last_name="")
    replaced = scim.put(path_of(row), {"schemas": [USER], "userName": "babs", **body})
    other = UserFactory.create(username="other", first_name="", last_name="")
    modified = scim.patch(path_of(other), {"op": "add", "value": body})

    assert made.status_code == 201
    assert written(made.json(), expected) == expected
    assert written(replaced.json(), expected) == expected
    assert written(modified.json(), expected) == expected


def test_the_name_of_a_user_may_have_the_urn_before_it(scim):
    assert scim.post("/Users", {f"{USER}:userName": "barbara"}).json()["userName"] == "barbara"


@pytest.mark.parametrize(
    "key",
    ["no.such", "urn:unknown:attribute", "emails[", "a[b eq 1].c", "emails[type pr].value", "x:y.z", "."],
)
def test_keys_that_lead_nowhere_are_ignored_as_unknown_attributes_are(scim, key):
    response = scim.post("/Users", {"schemas": [USER], "userName": "barbara", key: "x"})

    assert response.status_code == 201
    assert "emails" not in response.json()
