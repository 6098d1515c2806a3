"""The example project, set up and served by gunicorn for the time of a benchmark."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent / "example_project"
HOST = "127.0.0.1"
ROOT = "/scim/v2"
START_SECONDS = 60


class Client:
    """Sends SCIM requests one after the other over one connection that is kept alive."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, timeout=600)
        self.connection.connect()
        assert self.connection.sock is not None
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.first_socket = self.connection.sock
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of an answer.

        :raises SystemExit: If the answer is an error, or the server has closed the connection.
        """
        content = None if body is None else json.dumps(body).encode()
        self.connection.request(method, ROOT + path, content, self.headers)
        response = self.connection.getresponse()
        answer = json.loads(response.read() or b"null")
        if response.status >= 400:
            raise SystemExit(f"{method} {path} was answered by {response.status}: {answer}")
        if self.connection.sock is not self.first_socket:
            raise SystemExit("the server did not keep the connection")
        return answer


@contextmanager
def served(settings: str = "unlimited") -> Iterator[Client]:
    """Serve the example project on the database that ``DATABASE_URL`` names, by default on a new SQLite file.

    The server has one thread, so that no request of the benchmark can be answered beside another.

    :param settings: The settings of the project, which are this process's too.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/benchmark.sqlite3")
        os.environ.update(DEBUG="0", SECRET_KEY="benchmark", ALLOWED_HOSTS=HOST)
        os.environ.update(DJANGO_SETTINGS_MODULE=settings, PYTHONPATH=str(Path(__file__).parent))
        manage("migrate", "--verbosity=0", "--skip-checks")
        manage("scim_createindexes")
        token = manage("scim_token", "Benchmark").strip()
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "example.wsgi", "--bind", f"{HOST}:{port}"]
        # The default kind of worker closes each connection after its answer; this one keeps it.
        command += ["--worker-class", "gthread", "--threads", "1", "--keep-alive", "600", "--timeout", "600"]
        command += ["--log-level", "warning", "--no-control-socket"]
        server = subprocess.Popen(command, cwd=PROJECT)
        try:
            wait_until_it_listens(server, port)
            yield Client(port, token)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


def manage(*arguments: str) -> str:
    """Run a command of the example project, and return what it prints."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True).stdout


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        number: int = listener.getsockname()[1]
        return number


def wait_until_it_listens(server: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server takes connections.

    :raises SystemExit: If it ends before, or takes too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")
