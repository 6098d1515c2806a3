"""What an identity provider has done before somebody opens the admin."""

from __future__ import annotations

from tests.conftest import ScimClient
from tests.representations import group, user


def provisioned(scim: ScimClient) -> dict[str, str]:
    """Create, change, and have refused; return the ``id`` of the user and of the group."""
    barbara = scim.post(
        "/Users",
        user(
            "bjensen",
            externalId="701984",
            name={"givenName": "Barbara", "familyName": "Jensen"},
            emails=[{"value": "bjensen@example.com", "type": "work", "primary": True}],
            title="Tour Guide",
        ),
    ).json()
    guides = scim.post("/Groups", group("Guides", members=[{"value": barbara["id"]}])).json()
    scim.patch(
        f"/Users/{barbara['id']}",
        {"op": "replace", "path": "title", "value": "Senior Guide"},
        {"op": "replace", "path": "name.familyName", "value": "Smith"},
    )
    scim.post("/Users", user("bjensen"))
    return {"user": barbara["id"], "group": guides["id"]}
