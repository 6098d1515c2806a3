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


PEOPLE = (
    ("bjensen", "Barbara", "Jensen", "Tour Guide"),
    ("jsmith", "John", "Smith", "Bus Driver"),
    ("mpepperidge", "Mandy", "Pepperidge", "Accountant"),
    ("alee", "Amy", "Lee", "Engineer"),
    ("rokafor", "Rita", "Okafor", "Tour Guide"),
)


def company(scim: ScimClient) -> None:
    """Provision a small company, change somebody, lock somebody, and have something refused."""
    paths = {}
    for number, (name, given, family, title) in enumerate(PEOPLE, start=701984):
        account = user(
            f"{name}@example.com",
            externalId=f"00u{number}",
            name={"givenName": given, "familyName": family},
            emails=[{"value": f"{name}@example.com", "type": "work", "primary": True}],
            title=title,
            active=True,
        )
        paths[name] = f"/Users/{scim.post('/Users', account).json()['id']}"
    guides = [{"value": paths[name].rpartition("/")[2]} for name in ("bjensen", "rokafor")]
    scim.post("/Groups", group("Tour Guides", members=guides, externalId="00g1"))
    scim.patch(
        paths["bjensen"],
        {"op": "replace", "path": "title", "value": "Senior Guide"},
        {"op": "replace", "path": "name.familyName", "value": "Smith"},
        {"op": "add", "path": "phoneNumbers", "value": [{"value": "555-0199", "type": "mobile"}]},
    )
    scim.patch(paths["jsmith"], {"op": "replace", "path": "active", "value": False})
    scim.delete(paths["mpepperidge"])
    scim.post("/Users", user("BJensen@example.com", externalId="00u999999"))
    scim.patch(paths["alee"], {"op": "replace", "path": 'emails[type eq "home"].display', "value": 5})
