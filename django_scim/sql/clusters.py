"""What is different in a Galera cluster of MariaDB, whose nodes all take writes.

A lock of a row is known to one node alone. Of two transactions at two nodes that write the same row, one is
refused when it commits: that is called certification. It compares what is written, and nothing that is read
or locked. So where a lock decides between two transactions that write different rows, both have to write a
common one too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.db import connections

from django_scim.sql.timeouts import is_mariadb

RESOURCE_TYPE = "~"
"""The resource type of rows that no transaction leaves behind: no host can have one of this name."""


BATCH = 500
"""How many rows one statement writes: a group may get thousands of members at once."""


def certify_names(database: str, names: Iterable[str]) -> None:
    """Let one transaction at a time have a name until it commits, in a whole cluster; elsewhere do nothing.

    What the name stands for is to be read afterwards. The other transaction is tried again and reads it then.
    """
    if is_cluster(database):
        certify(database, (hashlib.sha256(name.encode()).hexdigest() for name in names))


def certify(database: str, digests: Iterable[str]) -> None:
    """Write and remove a row for each digest: all nodes compare the rows that a transaction has written."""
    model = apps.get_model("django_scim", "Record")
    rows = model._default_manager.using(database)
    found = sorted(set(digests))
    made = (model(resource_type=RESOURCE_TYPE, text_key=digest) for digest in found)
    rows.bulk_create(made, batch_size=BATCH)
    rows.filter(resource_type=RESOURCE_TYPE, text_key__in=found)._raw_delete(database)


def is_cluster(database: str) -> bool:
    """Whether a database is a node of a Galera cluster."""
    connection = connections[database]
    settings = connection.settings_dict
    return is_mariadb(connection) and is_node(database, settings["HOST"], settings["PORT"])


@cache
def is_node(database: str, host: str, port: str) -> bool:
    """Whether the server of a database replicates, asked once.

    The driver is asked, so that no limit of a request and no count of its statements has a part in it.
    """
    connection = connections[database]
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
        found = cursor.fetchone()
    return found is not None and found[1] == "ON"
