"""The schema and the adapter of devices."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from scim2_models import URN, CaseExact, ComplexAttribute, Reference, Required, Resource, Uniqueness

from django_scim import mappings
from django_scim.adapters import Adapter
from tests.hosts.devices.models import Device as DeviceRow


class Owner(ComplexAttribute):
    """Who has a device."""

    value: str | None = None
    """The id of the user."""

    ref: Annotated[Reference["User"] | None, Required.false] = Field(  # type: ignore[type-arg]  # noqa: F821, UP037
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The address of the user."""


class Device(Resource):  # type: ignore[type-arg]
    """A device."""

    __schema__ = URN("urn:example:params:scim:schemas:Device")

    serial_number: Annotated[str | None, Required.true, Uniqueness.server, CaseExact.true] = None
    """The number on the case."""

    display_name: str | None = None
    """What people call it."""

    cores: int | None = None
    """How many it has."""

    active: bool | None = None
    """Whether it may be used."""

    tags: list[str] | None = None
    """Words to find it by."""

    owner: Owner | None = None
    """Who has it."""


class DeviceAdapter(Adapter):
    """Devices at /Devices."""

    resource = Device
    model = DeviceRow
    name = "Device"
    endpoint = "/Devices"
    description = "Computers"
    delete = "hard"
    display_column = "label"
    attributes = {
        "serialNumber": "serial",
        "displayName": "label",
        "cores": "cores",
        "active": "is_enabled",
        "owner": mappings.Reference("owner", to="User"),
    }
