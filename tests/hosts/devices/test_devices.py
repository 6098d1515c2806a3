"""A resource type that is registered by an adapter has all that users and groups have."""

from __future__ import annotations

from typing import Any

import pytest

from django_scim.models import ProvisioningEvent
from tests.factories import UserFactory
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.hosts.devices.models import Device
from tests.messages import BULK_REQUEST
from tests.representations import id_of, user

SCHEMA = "urn:example:params:scim:schemas:Device"


def device(serial: str = "A-1", **attributes: Any) -> dict[str, Any]:
    """Return a device."""
    return {"schemas": [SCHEMA], "serialNumber": serial, **attributes}


@pytest.fixture
def path(scim) -> str:
    """The path of a device."""
    created = scim.post("/Devices", device(displayName="Desk", cores=8, tags=["blue", "old"]))
    assert created.status_code == 201, created.content
    return f"/Devices/{created.json()['id']}"


def test_discovery_shows_devices(scim):
    assert scim.get("/ResourceTypes/Device").json()["endpoint"] == "/Devices"
    assert scim.get(f"/Schemas/{SCHEMA}").status_code == 200


def test_devices_have_all_methods(scim, path):
    assert scim.get(path).json()["tags"] == ["blue", "old"]
    assert scim.put(path, device(cores=4)).json()["cores"] == 4
    assert scim.patch(path, {"op": "add", "path": "tags", "value": ["new"]}).json()["tags"] == ["new"]
    assert Device.objects.get().cores == 4
    assert scim.delete(path).status_code == 204
    assert not Device.objects.exists()
    assert scim.get(path).status_code == 404


def test_a_device_refers_to_its_user(scim, path):
    owner = UserFactory.create()
    changed = scim.patch(path, {"op": "add", "path": "owner", "value": {"value": id_of(owner)}})

    assert changed.json()["owner"]["value"] == id_of(owner)
    assert Device.objects.get().owner == owner


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("cores ge 8", True),
        ('serialNumber eq "a-1"', False),
        ('tags eq "BLUE"', True),
        ('displayName co "es" and active eq true', True),
        ("owner pr", False),
    ],
)
def test_devices_can_be_filtered(scim, path, expression, matches):
    response = scim.get("/Devices", {"filter": expression})

    assert response.json().get("totalResults") == int(matches), response.content


def test_the_unique_values_of_devices_are_unique(scim, path):
    response = scim.post("/Devices", device())

    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")


def test_a_bulk_job_makes_a_device_with_its_owner(scim):
    operations = [
        {"method": "POST", "path": "/Devices", "bulkId": "d", "data": device(owner={"value": "bulkId:u"})},
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": user("owner")},
    ]
    schemas = [BULK_REQUEST]
    response = scim.post("/Bulk", {"schemas": schemas, "Operations": operations})

    assert [operation["status"] for operation in response.json()["Operations"]] == ["201", "201"]
    assert Device.objects.get().owner.username == "owner"


def test_a_query_of_the_root_finds_devices(scim, path):
    found = scim.post("/.search", {"filter": 'displayName eq "desk"'}).json()

    assert [resource["serialNumber"] for resource in found["Resources"]] == ["A-1"]


def test_the_history_tells_of_devices(scim, path):
    event = ProvisioningEvent.objects.get()

    assert (event.resource_type, event.operation) == ("Device", "create")
    assert event.changes["cores"] == {"after": 8}
