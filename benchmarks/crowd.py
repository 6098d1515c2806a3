"""The accounts and groups of ``growth.py``: in bulk, and row by row as requests would have left them."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

GROUP = 100
"""How many accounts a group has."""

TEAM = 20
"""How many accounts have the same manager."""

RECENT = 10
"""How many accounts were changed a short time ago."""

BATCH = 5_000

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def digest(text: str) -> str:
    """Return what the app finds a value by."""
    return hashlib.sha256(text.encode()).hexdigest()


class Crowd:
    """Accounts by number: every other one was made by hand, if so told, and has no record.

    :param connection: The connection that has made the others.
    :param by_hand: Whether there are accounts that were made by hand.
    """

    def __init__(self, connection: Any, *, by_hand: bool) -> None:
        from django_scim.resources.registry import registry

        users, groups = registry().get("User"), registry().get("Group")
        assert users is not None
        assert groups is not None
        self.users, self.groups = users, groups
        self.connection = connection
        self.by_hand = by_hand
        self.size = 0
        self.changed = datetime.fromisoformat("2035-01-01T00:00:00+00:00")
        """When the newest account was changed; those of the benchmark itself are older."""
        self.starts: list[int] = []
        """The first number of each lot."""
        self.keys: list[int] = []
        """Its primary key."""

    def is_by_hand(self, number: int) -> bool:
        """Whether an account has no record."""
        return self.by_hand and number % 2 == 1

    def name(self, number: int) -> str:
        """Return the user name of an account."""
        return f"user{number:07}@example.com"

    def identifier(self, number: int) -> str:
        """Return the ``id`` of an account."""
        return self.users.scheme.encode(self.key(number))

    def group(self, number: int) -> str:
        """Return the ``id`` of the group of an account."""
        return self.groups.scheme.encode(self.key(number // GROUP * GROUP))

    def time(self, number: int) -> datetime:
        """Return when an account was changed: a few in the last minute, all others long ago."""
        return self.changed - (timedelta(0) if number < RECENT else timedelta(days=3650, seconds=number))

    def grow(self, size: int) -> None:
        """Add a lot of accounts and groups, until there are as many."""
        from django.contrib.auth.models import Group, User

        from django_scim.models import Link, Record
        from django_scim.models.record import UniqueValue

        tables = (User, Group, User.groups.through, Record, Link, UniqueValue)
        self.starts.append(self.size)
        self.keys.append(1 + max(map(newest, tables)))
        numbers = range(self.size, size)
        firsts = [number for number in numbers if number % GROUP == 0]
        provisioned = [number for number in numbers if not self.is_by_hand(number)]
        # A record has the key of its account, and that of a group is negative.
        insert(
            User,
            ("id", "username", "email", "last_name", "date_joined"),
            map(self._user, numbers),
            first_name="Ada",
            password="!" + "x" * 40,
        )
        insert(Group, ("id", "name"), ((self.key(each), f"Group {each // GROUP}") for each in firsts))
        through = User.groups.through
        pairs = ((self.key(each), self.key(each), self.key(each // GROUP * GROUP)) for each in numbers)
        insert(through, ("id", "user_id", "group_id"), pairs)
        names = ("id", "integer_key", "managed_by_id", "created", "last_modified", "attributes", "comparable")
        insert(Record, names, map(self._record, provisioned), resource_type="User", revision=1)
        of_groups = ((-self.key(each), self.key(each), self.connection.pk) for each in firsts)
        insert(Record, names[:3], of_groups, resource_type="Group", revision=1)
        named = [(self.key(each), f"external-{each}") for each in provisioned]
        named += [(-self.key(each), f"group-{each}") for each in firsts]
        links = ((key, key, self.connection.pk, text, digest(text)) for key, text in named)
        insert(Link, ("id", "record_id", "connection_id", "external_id", "digest"), links)
        own = ("id", "record_id", "digest")
        values = ((self.key(each), self.key(each), digest(self.name(each))) for each in provisioned)
        insert(UniqueValue, own, values, resource_type="User", attribute="userName")
        values = ((-self.key(each), -self.key(each), digest(f"group {each // GROUP}")) for each in firsts)
        insert(UniqueValue, own, values, resource_type="Group", attribute="displayName")
        self._insert_stored_values(provisioned)
        self.size = size

    def _insert_stored_values(self, numbers: Sequence[int]) -> None:
        """Add what finds stored values, on databases with no index on documents."""
        from django.db import connection

        from django_scim.models import StoredValue
        from django_scim.sql.containment import digests_in

        if connection.vendor == "postgresql":
            return
        names = self.users.with_digest
        documents = ((self.key(each), json.loads(self._record(each)[-1])) for each in numbers)
        rows = ((key, each) for key, members in documents for each in digests_in(members, names))
        insert(StoredValue, ("record_id", "digest"), rows)

    def key(self, number: int) -> int:
        """Return the primary key of an account, of its record and of what else it alone has."""
        lot = bisect(self.starts, number) - 1
        return self.keys[lot] + number - self.starts[lot]

    def _user(self, number: int) -> tuple[Any, ...]:
        name = self.name(number)
        return self.key(number), name, name, f"Lovelace {number}", self.time(number)

    def _record(self, number: int) -> tuple[Any, ...]:
        """Return the record that a POST of an account would have left."""
        name, manager = f"Ada Lovelace {number}", self.identifier(number // TEAM * TEAM)
        home = f"user{number:07}@home.example.com"
        attributes = {
            "displayName": name,
            "title": f"Guide {number % 100}",
            "emails": [
                {"value": None, "type": "work", "primary": True},
                {"value": home, "type": "home"},
            ],
            ENTERPRISE: {"manager": {"value": manager}},
        }
        comparable = {
            "displayName": name.lower(),
            "title": f"guide {number % 100}",
            "emails": [{"value": home, "type": "home"}],
            "emails.value": "",
            "emails.type": "work",
            "emails.primary": "true",
            f"{ENTERPRISE}:manager.value": manager,
        }
        key, time = self.key(number), self.time(number)
        return key, key, self.connection.pk, time, time, json.dumps(attributes), json.dumps(comparable)

    def settle(self) -> None:
        """Let the database learn what it holds, as it does by itself in time."""
        from django.apps import apps
        from django.db import connection

        tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
        with connection.cursor() as cursor:
            if connection.vendor == "mysql":
                cursor.execute(f"ANALYZE TABLE {', '.join(sorted(tables))}")
                cursor.fetchall()
            else:
                cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def newest(model: Any) -> int:
    """Return the greatest primary key of a table, or 0."""
    from django.db.models import Max

    return model.objects.aggregate(found=Max("pk"))["found"] or 0


def insert(model: Any, names: tuple[str, ...], rows: Iterator[tuple[Any, ...]], **same: Any) -> None:
    """Make rows as fast as the database takes them.

    :param names: The columns that the rows have values for; the others have the same in each.
    """
    from django.db import connection, transaction

    others = {field.attname: field for field in model._meta.concrete_fields if field.attname not in names}
    example = model(**same)
    rest = tuple(field.get_db_prep_save(getattr(example, name), connection) for name, field in others.items())
    columns = ", ".join(model._meta.get_field(name).column for name in (*names, *others))
    found = ((*map(prepared, row), *rest) for row in rows)
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in found:
                    copy.write_row(row)
            last = "SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM "
            cursor.execute(last + table, [table])
            return
        places = ", ".join(["%s"] * (len(names) + len(others)))
        while batch := list(islice(found, BATCH)):
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", batch)  # noqa: S608


def prepared(value: Any) -> Any:
    """Return a value as the driver takes it."""
    from django.db import connection

    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def sizes() -> Iterator[tuple[str, int]]:
    """Yield each table of PostgreSQL with rows, and the bytes that it takes with its indexes."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"
            " WHERE n_live_tup > 0 ORDER BY 2 DESC"
        )
        yield from cursor.fetchall()
