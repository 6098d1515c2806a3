"""The nodes of a Galera cluster, each a MariaDB server in a folder and on ports of its own."""

from __future__ import annotations

import random
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType

from tests.servers import MariaDB, NotInstalled, find

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")
"""Where the packages ``galera-4`` of Debian and of others have the replication."""

TRANSFER = ("wsrep_sst_rsync", "rsync", "lsof")
"""What a node that has been away takes to catch up."""

SIZE = 3
"""How many nodes there are: of two, one cannot know whether the other is dead or only out of reach."""

BELOW_CLIENTS = range(20_000, 32_000)
"""Ports below those that Linux gives to clients."""

POSITION = re.compile(r"Recovered position:? *(\S+:-?\d+)")

SETTINGS = {
    "binlog-format": "ROW",
    "innodb-autoinc-lock-mode": "2",
    # What a crash of one node loses, the others have.
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-flush-method": "nosync",
    # One file for all tables is made sooner than one for each.
    "innodb-file-per-table": "OFF",
    "innodb-lock-wait-timeout": "5",
    "wsrep-on": "ON",
    "wsrep-cluster-name": "django_scim",
    "wsrep-node-address": "127.0.0.1",
    "wsrep-slave-threads": "2",
    "wsrep-sst-method": "rsync",
}


def provider() -> str:
    """Return the library that replicates.

    :raises NotInstalled: If there is none.
    """
    found = next(filter(lambda path: Path(path).exists(), PROVIDERS), None)
    if found is None:
        raise NotInstalled("galera-4 is not installed")
    for program in TRANSFER:
        find(program)
    return found


def lasting_port() -> int:
    """Return a port that nobody listens on, and that no client is given before a node needs it again."""
    while True:
        port = random.choice(BELOW_CLIENTS)
        with closing(socket.socket()) as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


class Node(MariaDB):
    """One node; it joins those of its cluster that are there."""

    def __init__(self) -> None:
        self.provider = provider()
        self.own_ports = {name: lasting_port() for name in ("group", "catching up", "transfer")}
        self.others: list[Node] = []
        self.options: list[str] = []
        super().__init__(**SETTINGS)
        self.port = lasting_port()

    def command(self) -> Sequence[str]:
        addresses = [f"127.0.0.1:{node.own_ports['group']}" for node in self.others]
        listen = f"gmcast.listen_addr=tcp://127.0.0.1:{self.own_ports['group']}"
        catch_up = f"ist.recv_addr=127.0.0.1:{self.own_ports['catching up']}"
        # A node that is killed is missed after two seconds and not after five.
        patience = "evs.suspect_timeout=PT2S;evs.inactive_timeout=PT6S;evs.keepalive_period=PT0.5S"
        return [
            *super().command(),
            f"--wsrep-provider={self.provider}",
            f"--wsrep-provider-options={listen};{catch_up};{patience};gcache.size=32M",
            f"--wsrep-cluster-address=gcomm://{','.join(addresses)}",
            f"--wsrep-sst-receive-address=127.0.0.1:{self.own_ports['transfer']}",
            *self.options,
        ]

    def is_ready(self) -> bool:
        """Whether the node has all that the others have, and answers."""
        return super().is_ready() and self.state() == "Synced"

    def state(self) -> str:
        """Return what the node says of itself."""
        return str(self.execute("SHOW STATUS LIKE 'wsrep_local_state_comment'")[0][1])

    def recover(self) -> None:
        """Start after a crash, from the last write that the node has kept; the others send the rest."""
        done = subprocess.run(  # noqa: S603 - the database server
            [*self.command(), "--wsrep-recover"],
            capture_output=True,
            text=True,
            errors="replace",
            cwd=self.folder,
            check=False,
            **self.run_as,
        )
        found = POSITION.findall(done.stderr)
        if done.returncode or not found:
            raise RuntimeError(done.stderr[-2000:])
        self.options = [f"--wsrep-start-position={found[-1]}"]
        self.start()


class Cluster:
    """A context manager: the nodes run within the ``with``, and are gone with all their data after it.

    :param prepare: Fills the first node before there are others.
    """

    def __init__(self, prepare: Callable[[Node], None]) -> None:
        self.prepare = prepare
        self.nodes = [Node() for _ in range(SIZE)]

    def __enter__(self) -> Cluster:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # At once, since nobody needs what they would write yet.
        for node in self.nodes:
            node.stop(signal.SIGKILL)
            shutil.rmtree(node.folder, ignore_errors=True)

    def start(self) -> None:
        """Start the first node; let the others join with a copy of its data, which spares a transfer."""
        first, *rest = self.nodes
        first.initialize()
        first.start()
        self.prepare(first)
        first.stop()
        for node in rest:
            first.run("cp", "--recursive", str(first.data), str(node.data))
        first.start()
        for node in self.nodes:
            node.others = [other for other in self.nodes if other is not node]
        with ThreadPoolExecutor() as pool:
            list(pool.map(Node.start, rest))

    @property
    def ports(self) -> list[int]:
        """The ports for clients of all nodes."""
        return [node.port for node in self.nodes]
