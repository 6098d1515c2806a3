"""What several processes have in common: a token that ends in one ends in all, and they count together."""

from __future__ import annotations

import os
import socket
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.db import connection as database
from django.utils import timezone

from tests.conftest import ROOT, ScimClient
from tests.factories import ConnectionFactory
from tests.faults.service import WORKERS, Service

pytestmark = pytest.mark.django_db(transaction=True)

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
MOST_ATTEMPTS = 1000
"""After how many requests in a row every process should have answered one."""


@dataclass
class Processes:
    """The processes of a server, as a client sees them."""

    service: Service

    def ask(self, token: str) -> tuple[str, int]:
        """Send a request over a new connection; return which process has answered, and the status."""
        with closing(self.service.connect()) as client:
            client.request("GET", f"{ROOT}/Users?count=0", headers={"Authorization": f"Bearer {token}"})
            response = client.getresponse()
            response.read()
            return response.headers["X-Process"], response.status

    def ask_all(self, token: str, number: int = 0) -> Counter[int]:
        """Send requests, several at once, until each process has answered one; count the statuses.

        :param number: How many requests there are at least.
        """
        answers: list[tuple[str, int]] = []
        with ThreadPoolExecutor(2 * WORKERS) as pool:
            while len(answers) < number or len({process for process, _ in answers}) < WORKERS:
                assert len(answers) < MOST_ATTEMPTS
                answers += pool.map(self.ask, [token] * 2 * WORKERS)
        return Counter(status for _, status in answers)


@pytest.fixture
def serve():
    """Return what starts a server on the database of the test."""
    services = []

    def start(**environment: str) -> Processes:
        name = database.settings_dict["NAME"]
        url = os.environ.get("DATABASE_URL", "sqlite:///").rpartition("/")[0]
        service = Service(f"{url}/{name}", DJANGO_SETTINGS_MODULE="tests.api.served_settings", **environment)
        services.append(service)
        return Processes(service.__enter__())

    yield start
    for service in services:
        service.__exit__(None, None, None)


@pytest.fixture
def redis():
    """The tests that need Redis are skipped without it."""
    pytest.importorskip("redis", reason="the package redis is not installed")
    address = urlsplit(REDIS_URL)
    try:
        socket.create_connection((address.hostname, address.port or 6379), timeout=3).close()
    except OSError:
        pytest.skip(f"there is no Redis at {address.hostname}:{address.port or 6379}")


def revoke(stored):
    """Revoke a token."""
    stored.revoke()


def expire(stored):
    """Let a token expire."""
    stored.expires = timezone.now()
    stored.save()


def deactivate(stored):
    """Deactivate the connection of a token."""
    stored.connection.is_active = False
    stored.connection.save()


def confine(stored):
    """Let the connection of a token be used from elsewhere alone."""
    stored.connection.networks = ["192.0.2.0/24"]
    stored.connection.save()


def test_what_ends_a_token_holds_in_all_processes_at_once(serve):
    processes = serve()
    clients = {end: ScimClient(ConnectionFactory.create()) for end in (revoke, expire, deactivate, confine)}
    before = {end: processes.ask_all(scim.token) for end, scim in clients.items()}

    for end, scim in clients.items():
        end(scim.stored)
    after = {end: processes.ask_all(scim.token) for end, scim in clients.items()}

    assert {end: set(answers) for end, answers in before.items()} == {end: {200} for end in clients}
    assert {end: set(answers) for end, answers in after.items()} == {end: {401} for end in clients}


def test_processes_share_what_a_rate_allows(serve, scim, redis):
    processes = serve(READ_RATE="20/day", KEY_PREFIX=str(uuid.uuid4()))

    answers = processes.ask_all(scim.token, 40)

    assert answers == {200: 20, 429: answers.total() - 20}
