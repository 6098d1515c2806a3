"""The server of SCIM: gunicorn with several workers, on a port of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 3
START_SECONDS = 30


class Service:
    """A context manager: the workers run within the ``with``."""

    def __init__(self, database_url: str, **environment: str) -> None:
        self.port = free_port()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the service
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            **environment,
        }

    def __enter__(self) -> Service:
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", *self.command()],
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server of SCIM did not start")
            time.sleep(0.1)
        return self

    def command(self) -> list[str]:
        """Return the module that serves, and its arguments."""
        return [
            *("gunicorn", "tests.faults.wsgi", "--preload"),
            *("--bind", f"127.0.0.1:{self.port}", "--workers", str(WORKERS), "--threads", "2"),
            *("--log-level", "critical", "--timeout", "60"),
        ]

    def __exit__(self, *exception: object) -> None:
        self.process.terminate()
        self.process.wait(START_SECONDS)
        self.log.close()

    def last_words(self) -> str:
        """Return the end of what the server printed, such as the traceback of an answer 500."""
        self.log.seek(max(self.log.tell() - 3000, 0))
        return self.log.read().decode(errors="replace")

    def is_ready(self) -> bool:
        """Whether a worker answers."""
        try:
            with closing(self.connect()) as connection:
                connection.request("GET", "/scim/v2/nothing")
                return connection.getresponse().status == 404
        except OSError:
            return False

    def connect(self) -> HTTPConnection:
        """Return a connection to send requests over."""
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        children: Any = subprocess.run(  # noqa: S603
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        return [int(pid) for pid in children.split()]

    def kill_workers(self) -> None:
        """Kill all workers in the middle of what they do; gunicorn starts others."""
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)
