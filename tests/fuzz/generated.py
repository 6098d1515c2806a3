"""Requests that hypothesis makes, in batches that each begin with the same rows."""

from __future__ import annotations

from hypothesis import given, seed

from tests.fuzz.batches import batch_of
from tests.fuzz.requests import requests
from tests.fuzz.sent import Sent
from tests.fuzz.service import Service

BATCH = 500


def run(service: Service, count: int, start: int) -> None:
    """Send as many requests as are wanted.

    A batch is known by its number, and the batches before it make no difference.

    :param start: The number of the first batch.
    """
    for position in range(0, count, BATCH):
        service.renew()
        batch(service, min(BATCH, count - position), start + position // BATCH)


def batch(service: Service, count: int, number: int) -> None:
    """Send the requests of one batch."""

    @seed(number)
    @batch_of(count)
    @given(sent=requests)
    def send(sent: Sent) -> None:
        service.send("generated", sent)

    send()
