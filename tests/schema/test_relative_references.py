"""URLs of pages and photos, absolute or relative (RFC 7643 section 2.3.7)."""

from __future__ import annotations

import pytest

from tests.assertions import assert_scim_error
from tests.representations import user

HOUSE = "urn:example:params:scim:schemas:extension:House"
PLAN = {"name": "plan", "type": "reference", "multiValued": False, "referenceTypes": ["external"]}


@pytest.fixture(autouse=True)
def house(settings):
    """Serve an extension with an external reference of its own."""
    extension = {"id": HOUSE, "name": "House", "attributes": [PLAN]}
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"extensions": [extension]}}}


PLACES = [
    lambda url: {"profileUrl": url},
    lambda url: {"photos": [{"value": url, "type": "photo"}]},
    lambda url: {HOUSE: {"plan": url}},
]


@pytest.mark.parametrize("attributes", PLACES)
@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/b",
        "/people/b",
        "people/b",
        "b",
        "../b",
        "//cdn.example.com/b",
        "?id=3",
        "b/ä%20b",
    ],
)
def test_a_url_may_be_absolute_or_relative(scim, attributes, url):
    created = scim.post("/Users", user("barbara", **attributes(url)))
    changed = scim.patch(f"/Users/{created.json()['id']}", {"op": "replace", "value": attributes(url)})

    assert created.status_code == 201
    assert created.json().items() >= attributes(url).items()
    assert changed.status_code == 200


@pytest.mark.parametrize("attributes", PLACES)
@pytest.mark.parametrize("url", ["not a url", "a^b", "a%zz", "a<b>", "1:2", 5])
def test_a_url_that_is_none_is_refused(scim, attributes, url):
    assert_scim_error(scim.post("/Users", user("barbara", **attributes(url))), 400, "invalidValue")
