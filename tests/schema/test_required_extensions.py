"""Extensions that the settings require of each resource (RFC 7643 section 6)."""

from __future__ import annotations

import pytest

from django_scim.schema import ENTERPRISE
from tests.assertions import assert_scim_error
from tests.representations import user

PARKING = "urn:example:params:scim:schemas:extension:Parking"
SCHEMA = {
    "id": PARKING,
    "name": "Parking",
    "attributes": [{"name": "lot", "type": "string", "multiValued": False}],
}
CLASS = "django_scim.schema.EnterpriseUserExtension"


@pytest.fixture(params=[(PARKING, SCHEMA, "lot"), (ENTERPRISE, CLASS, "department")], ids=["new", "shipped"])
def required(request, settings):
    """The URN of a required extension, and one of its attributes."""
    urn, schema, attribute = request.param
    extensions = [{"schema": schema, "required": True}]
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"extensions": extensions}}}
    return urn, attribute


def test_a_required_extension_is_declared(scim, required):
    document = scim.get("/ResourceTypes/User").json()

    assert {"schema": required[0], "required": True} in document["schemaExtensions"]
    urns = [extension["schema"] for extension in document["schemaExtensions"]]
    assert sorted(urns) == sorted({ENTERPRISE, required[0]})


@pytest.mark.parametrize("value", [None, {}])
def test_a_resource_without_a_required_extension_is_refused(scim, required, value):
    urn, attribute = required
    created = scim.post("/Users", user("full", **{urn: {attribute: "x"}}))
    body = user("bare") if value is None else user("bare", **{urn: value})

    assert created.status_code == 201
    assert_scim_error(scim.post("/Users", body), 400, "invalidValue")
    assert_scim_error(scim.put(f"/Users/{created.json()['id']}", body), 400, "invalidValue")


@pytest.mark.parametrize("path", ["{urn}", "{urn}:{attribute}"])
def test_a_modification_that_takes_a_required_extension_away_is_refused(scim, required, path):
    urn, attribute = required
    created = scim.post("/Users", user("full", **{urn: {attribute: "x"}})).json()

    response = scim.patch(
        f"/Users/{created['id']}", {"op": "remove", "path": path.format(urn=urn, attribute=attribute)}
    )

    assert_scim_error(response, 400, "mutability")
    assert scim.get(f"/Users/{created['id']}").json()[urn] == {attribute: "x"}


def test_an_extension_in_a_dictionary_is_not_required_unless_it_says_so(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"extensions": [{"schema": SCHEMA}]}}}

    assert scim.post("/Users", user("bare")).status_code == 201
