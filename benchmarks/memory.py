"""What a worker of gunicorn holds after many requests: ``python benchmarks/memory.py``.

Sends reads, look-ups, pages, writes and a group of many members, and prints the memory of the worker as
it goes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import time
from typing import Any

from server import Client, served

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PAGE = 100
MEMBERS = 1_000
STEPS = 5


def worker() -> Path:
    """Return where the system tells of the one worker of gunicorn."""
    (master,) = children("self")
    (found,) = children(master)
    return Path("/proc") / found / "status"


def children(process: str) -> list[str]:
    """Return the processes that a process has started."""
    tasks = (Path("/proc") / process / "task").iterdir()
    return [found for task in tasks for found in (task / "children").read_text().split()]


def megabytes(place: Path) -> dict[str, int]:
    """Return what a worker holds now, and the most that it has held."""
    lines = (line.partition(":") for line in place.read_text().splitlines())
    found = {name: int(value.split()[0]) // 1024 for name, _, value in lines if name in ("VmRSS", "VmHWM")}
    return {"now": found["VmRSS"], "most": found["VmHWM"]}


def account(client: Client, name: str) -> Any:
    """Make an account."""
    emails = [{"value": f"{name}@example.com", "type": "work", "primary": True}]
    return client.send(
        "POST", "/Users", {"schemas": [USER], "userName": name, "displayName": name, "emails": emails}
    )


def turn(client: Client, name: str, group: str) -> None:
    """Send one request of each kind."""
    path = f"/Users/{account(client, name)['id']}"
    client.send("GET", f"/Users?filter=userName%20eq%20%22{name}%22")
    client.send("GET", f"/Users?filter=emails%20eq%20%22{name}%40example.com%22")
    for active in (False, True):
        change = [{"op": "replace", "path": "active", "value": active}]
        client.send("PATCH", path, {"schemas": [PATCH], "Operations": change})
    client.send("GET", path)
    client.send("GET", f"/Users?count={PAGE}")
    client.send("GET", group)


def main() -> None:
    """Send, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000, help="how many requests are sent")
    turns = parser.parse_args().requests // 8 // STEPS
    with served() as client:
        client.send("GET", "/Users?count=0")  # The first request imports what all use.
        place, prefix = worker(), f"memory{int(time())}"
        print(f"at the start: {megabytes(place)}", flush=True)
        keys = [account(client, f"{prefix}-{number}")["id"] for number in range(MEMBERS)]
        members = [{"value": key} for key in keys]
        made = client.send("POST", "/Groups", {"schemas": [GROUP], "displayName": prefix, "members": members})
        for step in range(STEPS):
            for number in range(turns):
                turn(client, f"{prefix}-{step}-{number}", f"/Groups/{made['id']}")
            print(f"after {(step + 1) * turns * 8 + MEMBERS + 1} requests: {megabytes(place)}", flush=True)


if __name__ == "__main__":
    main()
