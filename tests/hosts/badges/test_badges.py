"""Extensions of the project's own: discovered, validated, kept, mapped and filtered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hosts.badges.models import Badge
from tests.hosts.badges.settings import BADGE, PARKING
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.representations import ENTERPRISE, user

PARKED = {"lot": "north", "plates": [{"value": "B-X 1", "country": "DE"}, {"value": "F 2", "country": "FR"}]}


def visitor(name: str = "bjensen", number: Any = 7, **badge: Any) -> dict[str, Any]:
    """Return a user with both extensions."""
    return {**user(name), BADGE: {"number": number, **badge}, PARKING: PARKED}


def test_discovery_shows_badges(scim):
    resource_type = scim.get("/ResourceTypes/User").json()
    assert {extension["schema"] for extension in resource_type["schemaExtensions"]} == {
        ENTERPRISE,
        BADGE,
        PARKING,
    }
    badge = {attribute["name"]: attribute for attribute in scim.get(f"/Schemas/{BADGE}").json()["attributes"]}
    assert (badge["number"]["type"], badge["number"]["required"]) == ("integer", True)
    assert badge["validUntil"]["type"] == "dateTime"
    assert (badge["sponsor"]["type"], badge["sponsor"]["referenceTypes"]) == ("reference", ["User"])
    (lot, plates) = scim.get(f"/Schemas/{PARKING}").json()["attributes"]
    assert lot["canonicalValues"] == ["north", "south"]
    assert (plates["type"], plates["multiValued"]) == ("complex", True)


def test_a_badge_comes_out_as_it_went_in(scim):
    document = visitor(validUntil="2030-01-01T12:00:00Z")
    created = scim.post("/Users", document).json()

    assert created[BADGE] == document[BADGE]
    assert created[PARKING] == PARKED
    assert set(created["schemas"]) >= {BADGE, PARKING}


def test_a_mapped_attribute_of_a_badge_is_a_column(scim):
    scim.post("/Users", visitor())

    assert Badge.objects.get().number == 7


@pytest.mark.parametrize(
    "document",
    [
        visitor(number="seven"),
        visitor(number=None),
        visitor(validUntil="tomorrow"),
        {**user(), PARKING: {"plates": []}},
    ],
)
def test_a_badge_that_the_schema_forbids_is_refused(scim, document):
    response = scim.post("/Users", document)

    assert response.status_code == 400, response.content
    assert response.json()["scimType"] in ("invalidValue", "invalidSyntax")
    assert not Badge.objects.exists()


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        (f"{BADGE}:number gt 6", True),
        (f"{BADGE}:number gt 7", False),
        (f'{BADGE}:validUntil lt "2031-01-01T00:00:00Z"', True),
        (f'{PARKING}:lot eq "north"', True),
        (f'{PARKING}:lot eq "NORTH"', False),
        (f'{PARKING}:plates[country eq "DE" and value sw "B"]', True),
        (f'{PARKING}:plates[country eq "FR" and value sw "B"]', False),
    ],
)
def test_badges_can_be_filtered(scim, expression, matches):
    scim.post("/Users", visitor(validUntil="2030-01-01T12:00:00Z"))

    response = scim.get("/Users", {"filter": expression})
    assert response.json().get("totalResults") == int(matches), response.content


def test_a_patch_reaches_into_badges(scim):
    path = f"/Users/{scim.post('/Users', visitor()).json()['id']}"
    response = scim.patch(
        path,
        {"op": "replace", "path": f"{BADGE}:number", "value": 8},
        {"op": "remove", "path": f'{PARKING}:plates[country eq "FR"]'},
    )

    assert response.status_code == 200, response.content
    assert Badge.objects.get().number == 8
    assert response.json()[PARKING]["plates"] == PARKED["plates"][:1]
