"""Calls that are made at the same moment."""

from __future__ import annotations

import threading

from django.db import connections

from tests.conftest import ScimClient


def real_client(connection):
    """A client that gets the answer 500 where a test would see the exception, as a real one does."""
    client = ScimClient(connection)
    client.client.raise_request_exception = False
    client.get("/Users")
    return client


def at_once(*calls):
    """Make calls in one thread each, all at the same moment, and return what they return."""
    barrier = threading.Barrier(len(calls))
    results = [None] * len(calls)

    def run(index, call):
        try:
            barrier.wait(timeout=10)
            results[index] = call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert all(result is not None for result in results)
    return results
