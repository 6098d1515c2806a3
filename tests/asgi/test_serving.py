"""Requests at once are answered rightly, and leave no more connections to the database than they may."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database

from django_scim.models import AccessToken, ProvisioningEvent
from tests.faults.service import Service
from tests.operations.patch_operations import replace
from tests.representations import user
from tests.servers import wait_until
from tests.settings import DATABASE_URL

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 12
ROUNDS = 3
POOL = {"min_size": 1, "max_size": 4, "timeout": 30}
THREADS = 4

MOST = {
    "uvicorn": 0,
    "uvicorn with a pool": POOL["max_size"],
    "gunicorn with connections that are kept": THREADS,
}
"""How many connections there may be when nothing is asked any more."""

CONNECTIONS: dict[str, dict[str, Any]] = {
    "uvicorn": {"CONN_MAX_AGE": 0},
    "uvicorn with a pool": {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": POOL}},
    "gunicorn with connections that are kept": {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True},
}


class Served(Service):
    """The service under uvicorn, or under gunicorn with threads."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(
            DATABASE_URL,
            DJANGO_SETTINGS_MODULE="tests.asgi.settings",
            SERVED_DATABASE=str(database.settings_dict["NAME"]),
            SERVED_CONNECTIONS=json.dumps(CONNECTIONS[kind]),
        )

    def command(self) -> list[str]:
        if self.kind.startswith("gunicorn"):
            address = f"127.0.0.1:{self.port}"
            place = ["--bind", address, "--threads", str(THREADS), "--log-level", "critical"]
            return ["gunicorn", "tests.asgi.application:synchronous", *place]
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--log-level", "critical"]
        return ["uvicorn", "tests.asgi.application:asynchronous", "--lifespan", "off", *place]


@pytest.fixture(params=CONNECTIONS)
def served(request):
    """The service in one of the ways to serve it."""
    if "pool" in request.param and database.vendor != "postgresql":
        pytest.skip("Django has a pool of PostgreSQL's connections alone")
    with Served(request.param) as service:
        yield service


class Sender:
    """An identity provider that sends its requests over a connection of its own."""

    def __init__(self, service: Service, token: str) -> None:
        self.connection = service.connect()
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/scim+json",
            "X-Forwarded-Proto": "https",
        }

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        content = None if body is None else json.dumps(body)
        self.connection.request(method, f"/scim/v2{path}", content, self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def life_of_an_account(sender: Sender, name: str) -> list[Any]:
    """Make, look up, change, read and delete an account; return what was answered."""
    made, body = sender.send("POST", "/Users", user(name, externalId=name))
    path = f"/Users/{body['id']}"
    _, listing = sender.send("GET", f"/Users?filter=externalId%20eq%20%22{name}%22")
    patch = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [replace("title", f"title of {name}")],
    }
    changed, _ = sender.send("PATCH", path, patch)
    _, read = sender.send("GET", path)
    gone, _ = sender.send("DELETE", path)
    names = [each["userName"] for each in listing["Resources"]]
    return [made, names, changed, read["title"], gone, sender.send("GET", path)[0]]


def connections() -> int:
    """Return how many connections others have to the database of the tests."""
    question = {
        "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid != pg_backend_pid() AND backend_type = 'client backend'",
        "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE()"
        " AND id != CONNECTION_ID()",
    }
    with database.cursor() as cursor:
        cursor.execute(question[database.vendor])
        return int(cursor.fetchone()[0])


def test_many_clients_at_once_each_get_their_own_answers_and_leave_no_connections(served, connection):
    _, token = AccessToken.objects.issue(connection, scopes=["read", "write"])

    def work(number: int) -> list[Any]:
        sender = Sender(served, token)
        with closing(sender.connection):
            return [life_of_an_account(sender, f"user{number}-{turn}") for turn in range(ROUNDS)]

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = list(threads.map(work, range(CLIENTS)))

    assert answers == [
        [
            [201, [f"user{number}-{turn}"], 200, f"title of user{number}-{turn}", 204, 404]
            for turn in range(ROUNDS)
        ]
        for number in range(CLIENTS)
    ]
    assert ProvisioningEvent.objects.filter(outcome="success").count() == 3 * CLIENTS * ROUNDS
    assert not User.objects.filter(is_active=True).exists()
    if database.vendor != "sqlite":
        wait_until(lambda: connections() <= MOST[served.kind])
