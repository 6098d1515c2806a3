"""The operations of a bulk job (RFC 7644 section 3.7), as tests write them, and what came of them."""

from __future__ import annotations

from typing import Any

from scim2_models import BulkResponse, Context, Group, User

from django_scim.schema.types import EnterpriseUserExtension
from tests.conftest import ScimClient
from tests.messages import BULK_REQUEST, patch_op
from tests.representations import ENTERPRISE, user


def post(path: str, bulk_id: str, data: Any) -> dict[str, Any]:
    """Return a creation."""
    return {"method": "POST", "path": path, "bulkId": bulk_id, "data": data}


def put(path: str, data: Any, version: str | None = None) -> dict[str, Any]:
    """Return a replacement."""
    return {"method": "PUT", "path": path, "data": data} | ({"version": version} if version else {})


def patch(path: str, *operations: dict[str, Any], version: str | None = None) -> dict[str, Any]:
    """Return a modification."""
    data = patch_op(*operations)
    return {"method": "PATCH", "path": path, "data": data} | ({"version": version} if version else {})


def delete(path: str, version: str | None = None) -> dict[str, Any]:
    """Return a deletion."""
    return {"method": "DELETE", "path": path} | ({"version": version} if version else {})


def bulk(*operations: Any, **members: Any) -> dict[str, Any]:
    """Return a BulkRequest."""
    return {"schemas": [BULK_REQUEST], **members, "Operations": list(operations)}


def results_of(response: Any) -> list[dict[str, Any]]:
    """Return the results in a BulkResponse, which scim2-models has found to be one."""
    assert response.status_code == 200, response.content
    body = response.json()
    # An enterprise user stands for whatever a response holds: ours hold errors alone.
    BulkResponse[User[EnterpriseUserExtension] | Group].model_validate(body, scim_ctx=Context.BULK_RESPONSE)
    results: list[dict[str, Any]] = body["Operations"]
    return results


def run(scim: ScimClient, *operations: Any, **members: Any) -> list[dict[str, Any]]:
    """Send a BulkRequest, and return the results of its operations."""
    return results_of(scim.post("/Bulk", bulk(*operations, **members)))


def statuses(results: list[dict[str, Any]]) -> list[str]:
    """Return the status of each operation."""
    return [result["status"] for result in results]


def id_in(result: dict[str, Any]) -> str:
    """Return the ``id`` of the resource that an operation made or changed."""
    identifier: str = result["location"].rpartition("/")[2]
    return identifier


def managed_user(name: str, manager: str) -> dict[str, Any]:
    """Return a User with a manager, by the ``id`` or by a reference to one."""
    return user(name, **{ENTERPRISE: {"manager": {"value": manager}}})


def manager_of(scim: ScimClient, result: dict[str, Any]) -> Any:
    """Return the ``id`` of the manager of the user that an operation made."""
    resource = scim.get(f"/Users/{id_in(result)}").json()
    return resource.get(ENTERPRISE, {}).get("manager", {}).get("value")
