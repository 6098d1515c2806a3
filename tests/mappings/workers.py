"""Workers, whose columns hold values in a form of their own, and what is asked of them."""

from __future__ import annotations

from typing import Any

ADAPTER = "tests.hosts.small.adapters.WorkerAdapter"


def serve(settings: Any, **attributes: Any) -> None:
    """Serve workers with further mappings."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": ADAPTER, "attributes": attributes}, "Group": None}
    }


def names(scim: Any, **query: str) -> list[str]:
    """Return the user names that a query finds."""
    response = scim.get("/Users", query)
    assert response.status_code == 200, response.json()
    return [resource["userName"] for resource in response.json()["Resources"]]


def found(scim: Any, condition: str) -> list[str]:
    """Return the user names that a filter finds."""
    return names(scim, filter=condition, sortBy="userName")


def refusal(response: Any) -> tuple[int, str, str]:
    """Return the status, the scimType and the detail of an error."""
    body = response.json()
    return response.status_code, body.get("scimType"), body.get("detail")


def attribute(scim: Any, name: str) -> dict[str, Any]:
    """Return what ``/Schemas`` says of an attribute of users."""
    schema = scim.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").json()
    return next(item for item in schema["attributes"] if item["name"] == name)
