"""A mapping that a host has written, through the endpoints."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from django_scim.models import ProvisioningEvent
from django_scim.resources import Caller, ResourceType
from django_scim.resources.registry import registry
from tests.assertions import assert_scim_error
from tests.extension.assets import AssetNumber
from tests.hosts.small.models import Legacy
from tests.operations.patch_operations import remove, replace

SCHEMA = "urn:example:params:scim:schemas:Asset"
ADAPTER = "tests.extension.assets.AssetAdapter"


@pytest.fixture(autouse=True)
def assets(settings):
    """A project that serves assets."""
    settings.DJANGO_SCIM = {"RESOURCES": {"Asset": {"adapter": ADAPTER}}}


def asset(name: str, **attributes: Any) -> dict[str, Any]:
    """Return an asset."""
    return {"schemas": [SCHEMA], "name": name, **attributes}


@pytest.fixture
def path(scim) -> str:
    """The path of an asset with a number."""
    created = scim.post("/Assets", asset("Lathe", number="A-42"))
    assert created.status_code == 201, created.content
    return f"/Assets/{created.json()['id']}"


def test_it_is_written_and_read(scim, path):
    assert Legacy.objects.get().number == 42
    assert scim.get(path).json()["number"] == "A-42"
    assert ProvisioningEvent.objects.get().changes["number"] == {"after": "A-42"}


def test_it_is_changed_by_put_and_patch(scim, path):
    assert scim.patch(path, replace("number", "A-7")).json()["number"] == "A-7"
    assert scim.put(path, asset("Lathe", number="A-8")).json()["number"] == "A-8"
    assert "number" not in scim.patch(path, remove("number")).json()
    assert Legacy.objects.get().number is None


def test_what_it_refuses_is_refused(scim, path):
    response = scim.patch(path, replace("number", "forty-two"))

    detail = assert_scim_error(response, 400, "invalidValue")
    assert detail == "number: 'forty-two' is not of the form A-42"
    assert Legacy.objects.get().number == 42


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ('number eq "A-42"', True),
        ('number eq "A-042"', True),
        ('number ne "A-42"', False),
        ('number eq "forty-two"', False),
        ('not (number eq "forty-two")', True),
        ('number gt "A-7"', True),
        ("number pr", True),
        ("number eq null", False),
    ],
)
def test_it_is_filtered(scim, path, expression, matches):
    assert scim.get("/Assets", {"filter": expression}).json().get("totalResults") == int(matches)


def test_a_comparison_that_it_does_not_take_is_refused(scim, path):
    response = scim.get("/Assets", {"filter": 'number sw "A"'})

    assert "is a number" in assert_scim_error(response, 400, "invalidFilter")


def test_it_is_sorted_as_its_operand_says(scim, path):
    scim.post("/Assets", asset("Drill", number="A-7"))

    found = scim.get("/Assets", {"sortBy": "number"}).json()["Resources"]

    assert [each["number"] for each in found] == ["A-7", "A-42"]


def test_it_is_part_of_the_version(scim, path):
    before = scim.get(path).json()["meta"]["version"]
    Legacy.objects.update(number=43)

    assert scim.get(path).json()["meta"]["version"] != before


def test_it_checks_itself(settings):
    attributes = {"number": AssetNumber("serial")}
    settings.DJANGO_SCIM = {"RESOURCES": {"Asset": {"adapter": ADAPTER, "attributes": attributes}}}

    (message,) = [each for each in run_checks(tags=["django_scim"]) if str(each.id).startswith("assets.")]

    assert message.id == "assets.E001"
    setting = 'DJANGO_SCIM["RESOURCES"]["Asset"]'
    assert message.msg == f"{setting}: 'number' needs the column 'serial' of small.Legacy."


def test_it_is_bound_as_the_contract_says():
    declared = AssetNumber("number")
    resource_type = registry().get("Asset")
    assert isinstance(resource_type, ResourceType)
    path = resource_type.resolve("number")
    assert path is not None

    bound = declared.bind(resource_type, path)

    assert bound is not declared
    assert not hasattr(declared, "resource_type")
    assert (bound.column, bound.resource_type, bound.path.key) == ("number", resource_type, "number")
    operand = bound.operand(path, Caller(None))
    assert operand.binding is path.binding
