"""1,000 creations in one bulk request against 1,000 single requests: ``python benchmarks/bulk.py``.

Users in pairs that manage each other, and groups with the users of the same request as their members.
The single requests make the same resources, but can only refer to those that are there already: the
first user of each pair stays without a manager, and less is written than by the bulk request.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from server import Client, served

PAIRS = 450
GROUPS = 100
MEMBERS = 9
ROUNDS = 3

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

Operation = tuple[str, str, dict[str, Any]]
"""The ``bulkId`` of a creation, its path and its data."""


def operations(prefix: str) -> list[Operation]:
    """Return the creations of one round, with names that no other round has."""
    found: list[Operation] = []
    users = [f"{prefix}-user-{number}" for number in range(2 * PAIRS)]
    for number, name in enumerate(users):
        found.append((name, "/Users", user(name, f"bulkId:{users[number ^ 1]}")))
    for number in range(GROUPS):
        name = f"{prefix}-group-{number}"
        members = [{"value": f"bulkId:{name}"} for name in users[number * MEMBERS : (number + 1) * MEMBERS]]
        data = {"schemas": [GROUP], "displayName": name, "externalId": name, "members": members}
        found.append((name, "/Groups", data))
    return found


def user(name: str, manager: str) -> dict[str, Any]:
    """Return a user as identity providers send them."""
    return {
        "schemas": [USER, ENTERPRISE],
        "externalId": name,
        "userName": f"{name}@example.com",
        "name": {"givenName": "Barbara", "familyName": "Jensen", "formatted": "Barbara Jensen"},
        "displayName": "Barbara Jensen",
        "title": "Tour Guide",
        "active": True,
        "emails": [{"value": f"{name}@example.com", "type": "work", "primary": True}],
        "phoneNumbers": [{"value": "555-555-5555", "type": "work"}],
        ENTERPRISE: {"department": "Tour Operations", "manager": {"value": manager}},
    }


def send_bulk(client: Client, creations: list[Operation]) -> float:
    """Return how many seconds one bulk request takes.

    :raises SystemExit: If one of the operations fails.
    """
    sent = [
        {"method": "POST", "path": path, "bulkId": bulk_id, "data": data} for bulk_id, path, data in creations
    ]
    started = time.perf_counter()
    answer = client.send("POST", "/Bulk", {"schemas": [BULK_REQUEST], "Operations": sent})
    seconds = time.perf_counter() - started
    failed = [result for result in answer["Operations"] if result["status"] != "201"]
    if failed or len(answer["Operations"]) != len(creations):
        raise SystemExit(f"an operation failed: {failed[:1]}")
    return seconds


def send_singly(client: Client, creations: list[Operation]) -> float:
    """Return how many seconds the same creations take by themselves."""
    identifiers: dict[str, str] = {}
    seconds = 0.0
    for bulk_id, path, data in creations:
        data = known(data, identifiers)
        started = time.perf_counter()
        identifiers[f"bulkId:{bulk_id}"] = client.send("POST", path, data)["id"]
        seconds += time.perf_counter() - started
    return seconds


def known(data: dict[str, Any], identifiers: dict[str, str]) -> dict[str, Any]:
    """Return the data of a creation with references to what is there, and without the others."""
    data = dict(data)
    if "members" in data:
        data["members"] = [{"value": identifiers[member["value"]]} for member in data["members"]]
    if ENTERPRISE in data:
        enterprise = dict(data[ENTERPRISE])
        manager = identifiers.get(enterprise.pop("manager")["value"])
        data[ENTERPRISE] = enterprise if manager is None else {**enterprise, "manager": {"value": manager}}
    return data


def main() -> None:
    """Print the times of each round, and the ratio of the sums."""
    sums = [0.0, 0.0]
    with served() as client:
        client.send("GET", "/Users?count=0")  # The first request imports what all use.
        for number in range(ROUNDS):
            ways = (send_singly, send_bulk) if number % 2 else (send_bulk, send_singly)
            times = {way: way(client, operations(uuid4().hex[:8])) for way in ways}
            bulk, singly = times[send_bulk], times[send_singly]
            print(f"round {number + 1}: bulk {bulk:.2f} s, single requests {singly:.2f} s", flush=True)
            sums[0] += bulk
            sums[1] += singly
    print(f"bulk / single requests = {sums[0] / sums[1]:.2f}")


if __name__ == "__main__":
    main()
