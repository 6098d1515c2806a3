"""Connections that each lead to another node: to the next one that takes writes, or to one that is named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.mysql import base

Database: Any = base.Database  # type: ignore[attr-defined]
"""The driver."""

MEETING_SECONDS = 5
"""How long a transaction waits for another one that has nothing to commit."""

turns = count()
here = threading.local()
"""Of each thread, the ``port`` of its node, and the ``meeting`` at which it waits before it commits."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects to the nodes in turn. A cluster has no server of its own to connect to."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        port = getattr(here, "port", None)
        if port is not None:
            return super().get_new_connection({**conn_params, "port": port})
        first = next(turns)
        ports = ports_of_nodes()
        for turn in range(first, first + len(ports)):
            try:
                connection = super().get_new_connection({**conn_params, "port": ports[turn % len(ports)]})
            except Database.OperationalError as refusal:
                error = refusal
            else:
                if takes_writes(connection):
                    return connection
                connection.close()
                error = Database.OperationalError(2003, "no node takes writes")
        raise error

    def _commit(self) -> None:
        meeting, here.meeting = getattr(here, "meeting", None), None
        if meeting is not None:
            with suppress(threading.BrokenBarrierError):
                meeting.wait(MEETING_SECONDS)
        super()._commit()  # type: ignore[misc]


def takes_writes(connection: Any) -> bool:
    """Whether a node is one of most of the cluster, and has all that the others have."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'wsrep_local_state_comment'")
        return bool(cursor.fetchone()[1] == "Synced")


def ports_of_nodes() -> list[int]:
    """Return the ports of all nodes."""
    ports: list[int] = settings.CLUSTER_PORTS  # type: ignore[misc]
    return ports


@contextmanager
def at_node(port: int) -> Iterator[None]:
    """Let the connections of this thread lead to one node."""
    connections.close_all()
    here.port = port
    try:
        yield
    finally:
        connections.close_all()
        here.port = None


def at_nodes(*calls: Any) -> list[Any]:
    """Make each call in a thread at a node of its own; none commits before all are about to.

    What they lock, they lock at their own nodes alone. So all find the database as it was before the others.
    """
    meeting = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def body(number: int) -> None:
        with at_node(ports_of_nodes()[number % len(ports_of_nodes())]):
            here.meeting = meeting
            try:
                results[number] = calls[number]()
            finally:
                here.meeting = None

    threads = [threading.Thread(target=body, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in results
    return results
