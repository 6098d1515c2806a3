"""The faults: what is done to the database and the workers while clients write."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tests.faults.service import Service
from tests.servers import MariaDB, PostgreSQL, Server

DATABASE = "faults"


@dataclass(frozen=True)
class Fault:
    """One fault: what is done, and what the server of SCIM is told in its environment before."""

    name: str
    happen: Callable[[Server, Service], None]
    environment: tuple[tuple[str, str], ...] = ()


def restart(server: Server, service: Service) -> None:
    """Restart the database server in the middle of writes; for a moment it is away."""
    server.stop()
    time.sleep(1)
    server.start()


def crash(server: Server, service: Service) -> None:
    """End the database server as a loss of power does."""
    server.stop(signal.SIGKILL)
    server.start()


def cut(server: Server, service: Service) -> None:
    """Cut all connections, three times."""
    for _ in range(3):
        if isinstance(server, PostgreSQL):
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = 'faults' AND pid <> pg_backend_pid()"
            )
        else:
            for (thread,) in server.execute(
                "SELECT id FROM information_schema.processlist WHERE db = 'faults'"
            ):
                quietly(server, f"KILL CONNECTION {thread}")
        time.sleep(0.3)


def deadlock(server: Server, service: Service) -> None:
    """Lock what writes lock, in the opposite order, again and again."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        with closing(server.connect(DATABASE)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("SELECT integer_key FROM django_scim_record ORDER BY id DESC LIMIT 3")
            keys = [key for (key,) in cursor.fetchall()]
            cursor.execute("BEGIN")
            try:
                for key in keys:
                    cursor.execute(
                        "SELECT id FROM django_scim_record WHERE integer_key = %s FOR UPDATE", (key,)
                    )
                time.sleep(0.02)
                for key in keys:
                    cursor.execute("SELECT id FROM auth_user WHERE id = %s FOR UPDATE", (key,))
                cursor.execute("COMMIT")
            except Exception:
                # It was the one that the database chose to give up: that is the point.
                cursor.execute("ROLLBACK")


def wait(server: Server, service: Service) -> None:
    """Do nothing but wait: the isolation level of the service makes writes fail."""
    time.sleep(3)


def time_out(server: Server, service: Service) -> None:
    """Let statements time out that wait for a lock."""
    if isinstance(server, PostgreSQL):
        begin = f"ALTER DATABASE {DATABASE} SET statement_timeout = '100ms'"
        end = f"ALTER DATABASE {DATABASE} RESET statement_timeout"
    else:
        begin, end = "SET GLOBAL max_statement_time = 0.1", "SET GLOBAL max_statement_time = 0"
    server.execute(begin)
    cut(server, service)
    stop = threading.Event()
    holder = threading.Thread(target=hold_locks, args=(server, stop))
    holder.start()
    time.sleep(3)
    stop.set()
    holder.join()
    server.execute(end)
    cut(server, service)


def hold_locks(server: Server, stop: threading.Event) -> None:
    """Hold the rows of all accounts for longer than a statement may take."""
    while not stop.is_set():
        with closing(server.connect(DATABASE)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("BEGIN")
            try:
                cursor.execute("SELECT id FROM auth_user FOR UPDATE")
                time.sleep(0.4)
            except Exception:
                time.sleep(0.01)
            cursor.execute("ROLLBACK")
        time.sleep(0.05)


def fill_disk(server: Server, service: Service) -> None:
    """Let every other event meet a full disk: a trigger raises the error of one."""
    if isinstance(server, PostgreSQL):
        begin = [
            "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF random() < 0.5 THEN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; "
            "END IF; RETURN NEW; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON django_scim_provisioningevent "
            "FOR EACH ROW EXECUTE FUNCTION full_disk()",
        ]
        end = "DROP TRIGGER full_disk ON django_scim_provisioningevent"
    else:
        begin = [
            "CREATE TRIGGER full_disk BEFORE INSERT ON django_scim_provisioningevent FOR EACH ROW "
            "IF rand() < 0.5 THEN SIGNAL SQLSTATE 'HY000' "
            "SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'Disk full'; END IF"
        ]
        end = "DROP TRIGGER full_disk"
    server.execute(*begin, name=DATABASE)
    time.sleep(2)
    server.execute(end, name=DATABASE)


def kill_workers(server: Server, service: Service) -> None:
    """Kill the workers under load, three times."""
    for _ in range(3):
        service.kill_workers()
        time.sleep(1.5)


def quietly(server: Server, statement: str) -> None:
    """Run a statement about what may be gone by then."""
    try:
        server.execute(statement)
    except Exception:
        return


def isolation(server: Server) -> tuple[tuple[str, str], ...]:
    """Return the environment that makes writes of the same rows fail rather than wait."""
    if isinstance(server, MariaDB):
        return (("ISOLATION_LEVEL", "serializable"),)
    import psycopg

    return (("ISOLATION_LEVEL", str(int(psycopg.IsolationLevel.SERIALIZABLE))),)


def faults_of(server: Server) -> list[Fault]:
    """Return the faults in the order in which they are tried."""
    happen: list[tuple[str, Any]] = [
        ("server restarted", restart),
        ("server crashed", crash),
        ("connections cut", cut),
        ("deadlocks", deadlock),
        ("statements timed out", time_out),
        ("disk full", fill_disk),
        ("workers killed", kill_workers),
    ]
    return [
        *(Fault(name, function) for name, function in happen),
        Fault("serializable", wait, isolation(server)),
    ]
