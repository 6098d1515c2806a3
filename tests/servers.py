"""Database servers of a test's own, which it may stop and kill: those of the machine are others' too."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

START_SECONDS = 60


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds.

    :raises TimeoutError: If it does not come to hold.
    """
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


class NotInstalled(Exception):
    """The machine has no such server: a reason to leave a test out, with a word."""


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def is_there(host: str, port: Any) -> bool:
    """Whether a database server answers; a database without a host needs none."""
    if not host:
        return True
    try:
        socket.create_connection((host, int(port or 0)), timeout=3).close()
    except OSError:
        return False
    return True


def find(name: str, *folders: str) -> str:
    """Return the path of a program.

    :raises NotInstalled: If there is none.
    """
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise NotInstalled(f"{name} is not installed")
    return found


class Server:
    """A server in a folder of its own, on a port of its own, on the loopback interface.

    It is a context manager: it runs within the ``with`` and is gone with all its data after it.
    """

    account = ""
    """Who runs it where the tests run as root, which servers refuse to."""

    charset = ""
    """What a new database has to be told of its characters, if that is not the default."""

    url = ""
    """What ``DATABASE_URL`` is for it, with ``{port}`` and ``{name}``."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.account}-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.account, self.account)

    def __enter__(self) -> Any:
        self.initialize()
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def run_as(self) -> dict[str, Any]:
        """The arguments of a process that give it to the account of the server."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.account, "group": self.account, "extra_groups": []}

    def run(self, *command: str) -> None:
        """Run a program as the server's account.

        :raises RuntimeError: With what it printed, if it fails.
        """
        done = subprocess.run(  # noqa: S603 - programs of the database server
            command, capture_output=True, text=True, cwd=self.folder, check=False, **self.run_as
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")

    def initialize(self) -> None:
        """Make the data folder."""
        raise NotImplementedError

    def command(self) -> Sequence[str]:
        """Return the command that runs the server."""
        raise NotImplementedError

    def start(self) -> None:
        """Start, and wait until connections are accepted."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.command(), stdout=log, stderr=log, cwd=self.folder, **self.run_as
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def is_ready(self) -> bool:
        """Whether the server answers."""
        try:
            self.connect().close()
        except Exception:
            return False
        return True

    def connect(self, name: str = "") -> Any:
        """Return a connection of the driver, which commits by itself, for what the tests do behind Django."""
        raise NotImplementedError

    def execute(self, *statements: str, name: str = "") -> list[Any]:
        """Run statements; return the rows of the last."""
        with closing(self.connect(name)) as connection, closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def create_database(self, name: str) -> None:
        """Make a database."""
        self.execute(f"CREATE DATABASE {name}{self.charset}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server and wait for it; ``SIGKILL`` ends it as a loss of power does."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(START_SECONDS)
            self.process = None

    def database_url(self, name: str) -> str:
        """Return the ``DATABASE_URL`` of a database."""
        return self.url.format(port=self.port, name=name)


class PostgreSQL(Server):
    """A PostgreSQL server that trusts whoever connects from this machine."""

    account = "postgres"
    url = "postgresql://postgres@127.0.0.1:{port}/{name}"

    def __init__(self, **settings: str) -> None:
        folders = sorted(str(path) for path in Path("/usr/lib/postgresql").glob("*/bin"))
        self.programs = {
            name: find(name, *reversed(folders)) for name in ("initdb", "postgres", "pg_basebackup")
        }
        self.settings = settings
        super().__init__()

    def initialize(self) -> None:
        self.run(
            self.programs["initdb"],
            *("--pgdata", str(self.data), "--username", "postgres", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )

    def command(self) -> Sequence[str]:
        given = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            **self.settings,
        }
        options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        return [self.programs["postgres"], "-D", str(self.data), *options]

    def connect(self, name: str = "") -> Any:
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname=name or "postgres", autocommit=True
        )


class Replica(PostgreSQL):
    """A streaming replica: it has what its primary has, a moment later, and takes no writes."""

    def __init__(self, primary_port: int, **settings: str) -> None:
        self.primary_port = primary_port
        super().__init__(**settings)

    def initialize(self) -> None:
        self.run(
            self.programs["pg_basebackup"],
            *("--pgdata", str(self.data), "--write-recovery-conf", "--no-sync", "--checkpoint=fast"),
            *("--dbname", f"host=127.0.0.1 port={self.primary_port} user=postgres"),
        )


class PgBouncer(Server):
    """A pool of connections to a PostgreSQL server, which clients share transaction by transaction."""

    account = "postgres"
    url = PostgreSQL.url

    def __init__(self, server: PostgreSQL, **settings: str) -> None:
        self.program = find("pgbouncer")
        self.server = server
        self.settings = settings
        super().__init__()

    def initialize(self) -> None:
        given = {
            "listen_addr": "127.0.0.1",
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_type": "any",
            "pool_mode": "transaction",
            **self.settings,
        }
        lines = [
            "[databases]",
            f"* = host=127.0.0.1 port={self.server.port} user=postgres",
            "[pgbouncer]",
            *(f"{name} = {value}" for name, value in given.items()),
        ]
        (self.folder / "pgbouncer.ini").write_text("\n".join(lines))

    def command(self) -> Sequence[str]:
        return [self.program, str(self.folder / "pgbouncer.ini")]

    def connect(self, name: str = "") -> Any:
        import psycopg

        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            dbname=name or "postgres",
            autocommit=True,
            prepare_threshold=None,
        )


class MariaDB(Server):
    """A MariaDB server whose root needs no password."""

    account = "mysql"
    charset = " CHARACTER SET utf8mb4"
    url = "mysql://root@127.0.0.1:{port}/{name}"

    def __init__(self, **settings: str) -> None:
        self.programs = {name: find(name) for name in ("mariadb-install-db", "mariadbd")}
        self.settings = settings
        super().__init__()

    def initialize(self) -> None:
        self.run(
            self.programs["mariadb-install-db"],
            *("--no-defaults", f"--datadir={self.data}", "--auth-root-authentication-method=normal"),
            "--skip-test-db",
        )

    def command(self) -> Sequence[str]:
        given = {
            "datadir": str(self.data),
            "socket": str(self.folder / "socket"),
            "pid-file": str(self.folder / "pid"),
            "port": str(self.port),
            "bind-address": "127.0.0.1",
            **self.settings,
        }
        options = [f"--{name}={value}" for name, value in given.items()]
        return [self.programs["mariadbd"], "--no-defaults", *options]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        super().stop(signal.SIGTERM if how == signal.SIGINT else how)

    def connect(self, name: str = "") -> Any:
        import pymysql

        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", database=name or None, autocommit=True
        )
