"""The races: each arranges resources, lets threads at them, and returns what cannot be explained."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from threading import Barrier, Thread
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connections

from django_scim.models import Connection, ProvisioningEvent, Record
from tests.conftest import ScimClient
from tests.messages import patch_op
from tests.representations import group, user

THREADS = 8
REQUESTS = 6
"""How many requests each thread sends in a round."""

Statuses = Counter[int]


class Race:
    """One round of a race."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        self.name = name
        self.statuses: Statuses = Counter()
        self.client = ScimClient(connection)

    def run(self, work: Callable[[int, ScimClient], None]) -> None:
        """Do work in each thread, with its number and a client of its own, all at once."""
        start = Barrier(THREADS)
        failures: list[BaseException] = []

        def body(number: int) -> None:
            client = CountingClient(self)
            start.wait()
            try:
                work(number, client)
            except BaseException as failure:
                failures.append(failure)
            finally:
                connections.close_all()

        threads = [Thread(target=body, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def create(self, path: str, payload: dict[str, Any]) -> str:
        """Make a resource before the race begins; return its path."""
        return f"{path}/{self.client.post(path, payload).json()['id']}"

    def events(self, path: str, **conditions: Any) -> list[ProvisioningEvent]:
        """Return the events of a resource that succeeded, in the order in which they were written."""
        identifier = path.rpartition("/")[2]
        events = ProvisioningEvent.objects.filter(resource_id=identifier, outcome="success", **conditions)
        return list(events.order_by("pk"))


class CountingClient(ScimClient):
    """A client that counts the statuses of its answers."""

    def __init__(self, race: Race) -> None:
        super().__init__(race.connection)
        self.statuses = race.statuses

    def request(self, method: str, path: str, payload: Any = None, **headers: str) -> Any:
        response = super().request(method, path, payload, **headers)
        self.statuses[response.status_code] += 1
        return response


def patches_of_one_user(race: Race) -> Iterator[str]:
    """All threads change the same attribute, and each adds values of its own: none gets lost."""
    path = race.create("/Users", user(race.name, title="start"))
    added: list[str] = []

    def work(number: int, client: ScimClient) -> None:
        for turn in range(REQUESTS):
            value = f"{number}-{turn}"
            response = client.patch(
                path,
                {"op": "replace", "path": "title", "value": value},
                {"op": "add", "path": "phoneNumbers", "value": [{"value": value, "type": "work"}]},
            )
            if response.status_code == 200:
                added.append(value)

    race.run(work)
    document = race.client.get(path).json()
    kept = {entry["value"] for entry in document["phoneNumbers"]}
    if kept != set(added):
        yield f"phone numbers were lost: {set(added) ^ kept}"
    chain = [event.changes["title"] for event in race.events(path)]
    for former, latter in pairwise(chain):
        if latter["before"] != former["after"]:
            yield f"no order explains the titles: {former} and then {latter}"
    if chain[-1]["after"] != document["title"]:
        yield f"the title is {document['title']} and not {chain[-1]['after']}"


def patches_of_one_group(race: Race) -> Iterator[str]:
    """Each thread adds and removes members of its own, in one group."""
    members = [race.create("/Users", user(f"{race.name}-{number}")) for number in range(THREADS)]
    identifiers = [path.rpartition("/")[2] for path in members]
    path = race.create("/Groups", group(race.name))
    expected: dict[str, bool] = {}

    def work(number: int, client: ScimClient) -> None:
        identifier = identifiers[number]
        for turn in range(REQUESTS):
            if random.random() < 0.5:
                operation = {"op": "add", "path": "members", "value": [{"value": identifier}]}
            else:
                operation = {"op": "remove", "path": f'members[value eq "{identifier}"]'}
            if client.patch(path, operation).status_code < 300:
                expected[identifier] = operation["op"] == "add"
            client.patch(
                path, {"op": "replace", "path": "displayName", "value": f"{race.name}-{number}-{turn}"}
            )

    race.run(work)
    found = {entry["value"] for entry in race.client.get(path).json().get("members", [])}
    wanted = {identifier for identifier, is_member in expected.items() if is_member}
    if found != wanted:
        yield f"members differ from the last requests of each thread: {found ^ wanted}"


def counting_with_if_match(race: Race) -> Iterator[str]:
    """Each thread reads a number and writes the next with ``If-Match``: no step is taken twice."""
    path = race.create("/Users", user(race.name, title="0"))
    steps: list[int] = []

    def work(number: int, client: ScimClient) -> None:
        for _ in range(REQUESTS):
            current = client.get(path)
            value = int(current.json()["title"]) + 1
            operation = {"op": "replace", "path": "title", "value": str(value)}
            if client.patch(path, operation, **{"If-Match": current.headers["ETag"]}).status_code == 200:
                steps.append(value)

    race.run(work)
    title = int(race.client.get(path).json()["title"])
    if sorted(steps) != list(range(1, title + 1)):
        yield f"{sorted(steps)} were answered, and the title is {title}"


def creations_of_one_name(race: Race) -> Iterator[str]:
    """All threads create the same name: one of them succeeds."""
    made: list[str] = []

    def work(number: int, client: ScimClient) -> None:
        name = race.name.upper() if number % 2 else race.name
        response = client.post("/Users", user(name))
        if response.status_code == 201:
            made.append(response.json()["id"])

    race.run(work)
    rows = User.objects.filter(username__iexact=race.name).count()
    if len(made) != 1 or rows != 1:
        yield f"{len(made)} were answered 201, and there are {rows}"


def creations_against_deletions(race: Race) -> Iterator[str]:
    """Threads create a name and delete what has it."""
    created: list[str] = []
    deleted: list[str] = []

    def work(number: int, client: ScimClient) -> None:
        for _ in range(REQUESTS):
            if number % 2:
                response = client.post("/Users", user(race.name))
                if response.status_code == 201:
                    created.append(response.json()["id"])
            else:
                found = client.get("/Users", {"filter": f'userName eq "{race.name}"'}).json()
                for each in found.get("Resources", []):
                    if client.delete(f"/Users/{each['id']}").status_code == 204:
                        deleted.append(each["id"])

    race.run(work)
    total = race.client.get("/Users", {"filter": f'userName eq "{race.name}"'}).json()["totalResults"]
    if len(created) - len(deleted) != total:
        yield f"{len(created)} were created, {len(deleted)} deleted, and {total} are there"
    for identifier in set(created):
        operations = [event.operation for event in race.events(f"/Users/{identifier}")]
        for former, latter in pairwise(operations):
            if former == latter:
                yield f"no order explains {operations}"


def patches_against_a_deletion(race: Race) -> Iterator[str]:
    """Threads change an account while one deletes it: nothing is changed after that."""
    path = race.create("/Users", user(race.name))

    def work(number: int, client: ScimClient) -> None:
        for turn in range(REQUESTS):
            if number == 0 and turn == REQUESTS // 2:
                client.delete(path)
            else:
                client.patch(path, {"op": "replace", "path": "active", "value": bool(turn % 2)})

    race.run(work)
    operations = [event.operation for event in race.events(path)]
    if operations.count("delete") != 1 or operations[-1] != "delete":
        yield f"something came after the deletion: {operations}"
    if User.objects.get(username=race.name).is_active:
        yield "the deleted account is active"


def bulk_jobs_in_opposite_orders(race: Race) -> Iterator[str]:
    """Threads change the same resources by bulk jobs, half of them in the opposite order."""
    paths = [race.create("/Users", user(f"{race.name}-{index}", title="start")) for index in range(3)]
    paths.append(race.create("/Groups", group(race.name)))

    def work(number: int, client: ScimClient) -> None:
        for turn in range(2):
            operations = []
            for path in paths if number % 2 else paths[::-1]:
                name = "displayName" if path.startswith("/Groups") else "title"
                change = {"op": "replace", "path": name, "value": f"{race.name}-{number}-{turn}"}
                data = patch_op(change)
                operations.append({"method": "PATCH", "path": path, "data": data})
            answer = client.post("/Bulk", {"schemas": [], "Operations": operations}).json()
            race.statuses.update(int(each["status"]) for each in answer["Operations"])

    race.run(work)
    if race.statuses[503]:
        yield f"{race.statuses[503]} operations were given up"
    for path in paths[:3]:
        chain = [event.changes["title"] for event in race.events(path)]
        for former, latter in pairwise(chain):
            if latter["before"] != former["after"]:
                yield f"no order explains {former} and then {latter}"


def leftovers(race: Race) -> Iterator[str]:
    """What no race may leave behind: records without a row, rows without a record."""
    keys = set(Record.objects.filter(resource_type="User").values_list("integer_key", flat=True))
    rows = set(User.objects.filter(username__startswith=race.name).values_list("pk", flat=True))
    if not rows <= keys:
        yield f"accounts have no record: {rows - keys}"
    groups = set(Group.objects.values_list("pk", flat=True))
    known = set(Record.objects.filter(resource_type="Group").values_list("integer_key", flat=True))
    if not groups <= known:
        yield f"groups have no record: {groups - known}"


RACES = (
    patches_of_one_user,
    patches_of_one_group,
    counting_with_if_match,
    creations_of_one_name,
    creations_against_deletions,
    patches_against_a_deletion,
    bulk_jobs_in_opposite_orders,
)
