"""The history in one table or in one for each month, on PostgreSQL: ``python benchmarks/partitions.py``.

Fills both with the same events, two years of them, and measures what it costs to write one as the tables
grow, to find those of one account, and to be rid of the oldest month.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from datetime import UTC, datetime
from typing import Any

from growth import database_process
from server import PROJECT

TABLE = "django_scim_provisioningevent"
MONTHS = 24
BATCH = 250_000
"""How many events a statement makes."""

LOOK_UPS = 200

FIRST = datetime(2030, 1, 1, tzinfo=UTC)

EVENTS = """
INSERT INTO {table} (time, connection_id, request_id, method, path, request, operation, resource_type,
    resource_id, display, display_key, external_id, outcome, effect, summary, status, scim_type, detail,
    version, changes, deactivated, harmful, duration)
SELECT '2030-01-01Z'::timestamptz + n * (interval '{months} months' / {total}), 1 + n %% 3,
    md5(n::text)::uuid::text, 'PATCH', '/Users/' || md5(({user})::text)::uuid,
    jsonb_build_object('schemas', jsonb_build_array('urn:ietf:params:scim:api:messages:2.0:PatchOp'),
        'Operations', jsonb_build_array(jsonb_build_object('op', 'replace', 'path', 'title', 'value',
            'Guide ' || n))),
    (array['modify', 'modify', 'modify', 'create'])[1 + n %% 4], 'User', md5(({user})::text)::uuid::text,
    'user' || ({user}) || '@example.com', 'user' || ({user}) || '@example.com', 'external-' || ({user}),
    (array['success', 'success', 'success', 'refused'])[1 + n %% 4 * (n %% 5) / 12], 'changed',
    'title: Guide', 200, '', '', md5(n::text),
    jsonb_build_object('title', jsonb_build_object('before', 'Guide', 'after', 'Guide ' || n)),
    false, false, 12
FROM generate_series(%s, %s) AS n
"""


class Table:
    """A table of events."""

    def __init__(self, name: str, cursor: Any, total: int) -> None:
        self.name = name
        self.cursor = cursor
        self.total = total
        self.process = database_process()
        # Events of one account are far from each other.
        user = f"(n::bigint * 7919) %% {total // 20}"
        self.insertion = EVENTS.format(table=name, months=MONTHS, total=total, user=user)

    def fill(self, first: int, last: int) -> float:
        """Make events; return the microseconds of the database's CPU that each took."""
        started = self.used()
        self.cursor.execute(self.insertion, [first, last])
        return (self.used() - started) / (last - first + 1) / 1000

    def used(self) -> int:
        """Return the nanoseconds of CPU that the session has used."""
        assert self.process is not None
        return int(self.process.read_text().split()[0])

    def sizes(self) -> tuple[int, int]:
        """Return the bytes of the rows, and those of the indexes."""
        self.cursor.execute(
            "SELECT sum(pg_table_size(oid)), sum(pg_indexes_size(oid)) FROM pg_class WHERE oid = %s::regclass"
            " OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %s::regclass)",
            [self.name, self.name],
        )
        rows, indexes = self.cursor.fetchone()
        return int(rows), int(indexes)

    def look_up(self, condition: str) -> float:
        """Return the milliseconds of the database's CPU that a first page takes, as a median."""
        times = []
        for number in range(LOOK_UPS):
            query = f"SELECT * FROM {self.name} WHERE {condition} ORDER BY time DESC, id DESC LIMIT 101"  # noqa: S608
            started = self.used()
            self.cursor.execute(query.replace("{number}", str(number * 31)))
            self.cursor.fetchall()
            times.append(self.used() - started)
        return sorted(times)[LOOK_UPS // 2] / 1_000_000


def month(number: int) -> str:
    """Return the first day of a month after the first."""
    return f"{FIRST.year + number // 12}-{number % 12 + 1:02}-01"


def make_partitions(cursor: Any) -> str:
    """Make the partitioned table with the indexes of the other one; return its name."""
    name = f"{TABLE}_by_month"
    cursor.execute(f"DROP TABLE IF EXISTS {name}")
    cursor.execute(
        f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING IDENTITY, PRIMARY KEY (id, time))"
        " PARTITION BY RANGE (time)"
    )
    for number in range(MONTHS + 1):
        cursor.execute(
            f"CREATE TABLE {name}_{number} PARTITION OF {name}"
            f" FOR VALUES FROM ('{month(number)}Z') TO ('{month(number + 1)}Z')"
        )
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s AND indexdef !~ 'UNIQUE'", [TABLE])
    for (definition,) in cursor.fetchall():
        own = re.sub(r"INDEX (\S+) ON \S+", rf"INDEX \1_by_month ON {name}", definition)
        cursor.execute(own)
    return name


def seconds(cursor: Any, *statements: str) -> float:
    """Return how many seconds statements take."""
    started = time.perf_counter()
    for statement in statements:
        cursor.execute(statement)
    return time.perf_counter() - started


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000, help="how many events each table gets")
    total = parser.parse_args().events
    os.environ.update(DEBUG="0", SECRET_KEY="benchmark", DJANGO_SETTINGS_MODULE="growing")
    sys.path.insert(0, str(PROJECT))
    import django

    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from django_scim.models import Connection

    call_command("migrate", verbosity=0, skip_checks=True)
    for number in range(1, 4):
        Connection.objects.get_or_create(pk=number, defaults={"name": f"provider {number}"})
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE} CASCADE")
        tables = [Table(TABLE, cursor, total), Table(make_partitions(cursor), cursor, total)]
        for first in range(0, total, BATCH):
            costs = [table.fill(first, min(first + BATCH, total) - 1) for table in tables]
            print(f"{first + BATCH:>10}: {costs[0]:6.1f} us and {costs[1]:6.1f} us an event", flush=True)
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table.name}")
            rows, indexes = table.sizes()
            account = table.look_up("resource_id = md5('{number}')::uuid::text")
            newest = table.look_up("connection_id = 1")
            print(
                f"{table.name}: {rows / total:.0f} bytes a row, {indexes / total:.0f} in indexes; an account "
                f"{account:.2f} ms, the newest of a connection {newest:.2f} ms",
                flush=True,
            )
        old = f"time < '{month(1)}Z'"
        delete = seconds(
            cursor,
            *(
                f"DELETE FROM {TABLE} WHERE id IN (SELECT id FROM {TABLE} WHERE {old} ORDER BY id LIMIT 1000)"  # noqa: S608
                for _ in range(total // MONTHS // 1000 + 1)
            ),
        )
        vacuum = seconds(cursor, f"VACUUM {TABLE}")
        drop = seconds(cursor, f"DROP TABLE {tables[1].name}_0")
        print(
            f"the oldest month: deleted in {delete:.1f} s, vacuumed in {vacuum:.1f} s; "
            f"dropped in {drop:.3f} s"
        )


if __name__ == "__main__":
    main()
