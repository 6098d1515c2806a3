"""What the tests do with the servers behind Django."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from tests.servers import wait_until


def ask(alias: str, query: str, *parameters: Any) -> Any:
    """Return the first column of the first row that a server answers a query with."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


def catch_up() -> None:
    """Wait until the replica has what the primary has now."""
    position = ask("default", "SELECT pg_current_wal_lsn()::text")
    wait_until(lambda: ask("replica", "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", position))


def pause() -> None:
    """Let the replica have what is there now, and nothing of what is written from now on."""
    catch_up()
    ask("replica", "SELECT pg_wal_replay_pause()::text")
    wait_until(lambda: ask("replica", "SELECT pg_get_wal_replay_pause_state()") == "paused")


def resume() -> None:
    """Let the replica follow again."""
    ask("replica", "SELECT pg_wal_replay_resume()::text")
    catch_up()


@contextmanager
def server_at(alias: str, port: int) -> Iterator[None]:
    """Let an alias lead to the server at another port."""
    connection = connections[alias]
    former = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = port
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["PORT"] = former
