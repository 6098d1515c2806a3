"""The message of a PATCH: what stands for a PatchOp (RFC 7644 section 3.5.2)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from django_scim.models import ProvisioningEvent
from tests.factories import UserFactory
from tests.messages import PATCH_OP
from tests.operations.patch_operations import DEACTIVATE
from tests.representations import USER, path_of


@pytest.fixture
def barbara(db) -> User:
    return UserFactory.create(username="bjensen@example.com", is_active=True)


@pytest.mark.parametrize(
    "body",
    [
        [DEACTIVATE],
        DEACTIVATE,
        {"OP": "Replace", "Path": "ACTIVE", "VALUE": False},
        {"Operations": DEACTIVATE},
        {"Operations": [DEACTIVATE]},
        {"operations": [DEACTIVATE]},
        {"schemas": None, "Operations": [DEACTIVATE]},
        {"schemas": [], "Operations": [DEACTIVATE]},
        {"schemas": PATCH_OP, "Operations": [DEACTIVATE]},
        {"schemas": [USER], "Operations": [DEACTIVATE]},
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:PatchOp"], "Operations": [DEACTIVATE]},
        {"Schemas": ["urn:scim:schemas:core:1.0"], "Operations": [DEACTIVATE]},
    ],
    ids=[
        "a bare array",
        "a single operation",
        "a single operation with names in any case",
        "Operations is one operation",
        "no schemas",
        "operations in lower case",
        "schemas null",
        "schemas empty",
        "schemas a string",
        "schemas of the resource",
        "schemas of no message",
        "schemas of SCIM 1.1",
    ],
)
def test_a_patch_is_read_whatever_is_around_its_operations(scim, barbara, body):
    response = scim.request("PATCH", path_of(barbara), body)

    assert response.status_code == 200, response.json()
    assert response.json()["active"] is False
    barbara.refresh_from_db()
    assert barbara.is_active is False


@pytest.mark.parametrize("op", ["replace", "Replace", "REPLACE", "rePLACE", "add", "Add"])
def test_the_name_of_an_operation_may_be_in_any_case(scim, barbara, op):
    response = scim.patch(path_of(barbara), {"op": op, "path": "title", "value": "Guide"})

    assert response.json()["title"] == "Guide"


@pytest.mark.parametrize("op", ["Remove", "REMOVE"])
def test_the_name_of_a_removal_may_be_in_any_case(scim, barbara, op):
    scim.patch(path_of(barbara), {"op": "add", "path": "title", "value": "Guide"})

    assert "title" not in scim.patch(path_of(barbara), {"op": op, "path": "title"}).json()


@pytest.mark.parametrize("body", [{"schemas": [PATCH_OP], "Operations": []}, []], ids=["empty list", "array"])
def test_a_patch_without_operations_is_no_change(scim, barbara, body):
    version = scim.get(path_of(barbara)).json()["meta"]["version"]

    response = scim.request("PATCH", path_of(barbara), body)

    assert response.status_code == 200
    assert response.json()["meta"]["version"] == version
    assert ProvisioningEvent.objects.get().changes == {}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"schemas": [PATCH_OP]},
        {"active": False},
        {"op": "replace"},
        {"Operations": ["replace"]},
        [["replace", "active", False]],
    ],
    ids=str,
)
def test_a_patch_that_holds_no_operation_is_refused(scim, barbara, body):
    response = scim.request("PATCH", path_of(barbara), body)

    assert response.status_code == 400
    barbara.refresh_from_db()
    assert barbara.is_active is True


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_array_is_refused_as_a_resource(scim, barbara, method):
    path = "/Users" if method == "POST" else path_of(barbara)

    response = scim.request(method, path, [{"schemas": [USER], "userName": "bob"}])

    assert response.status_code == 400
    assert response.json()["scimType"] == "invalidSyntax"


def test_the_limit_of_operations_holds_for_a_bare_array_too(scim, barbara, settings):
    settings.DJANGO_SCIM = {"MAX_PATCH_OPERATIONS": 2}

    assert scim.request("PATCH", path_of(barbara), [DEACTIVATE] * 3).status_code == 413
