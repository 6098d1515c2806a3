"""The digests of stored values, by which resources are found on databases with no index on JSON documents.

Each write keeps those of its own resource. All are written anew after what cannot keep them: a database was
moved from PostgreSQL, or the adapter looks up other attributes.
"""

from __future__ import annotations

from django.db import router, transaction

from django_scim.models import StoredValue
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.containment import digests_in, needs_digests
from django_scim.sql.saving import insert_rows
from django_scim.sql.transactions import locked
from django_scim.sql.values import column_of

BATCH = 500
"""How many records are read at once, and locked meanwhile."""


SAMPLE = 200
"""How many of the oldest records of a resource type :func:`lacks_values` looks at."""


def lacks_values(resource_type: ResourceType, alias: str) -> bool:
    """Whether the oldest records of a resource type have values whose digests are missing.

    They are those that were there before a database was moved, or the adapter changed.
    """
    records = resource_type.records().using(alias).order_by("pk").values_list("pk", "comparable")[:SAMPLE]
    wanted = {key: digests_in(members, resource_type.with_digest) for key, members in records}
    there = StoredValue.objects.using(alias).filter(record__in=list(wanted))
    wanted_pairs = {(key, digest) for key, digests in wanted.items() for digest in digests}
    return not wanted_pairs <= set(there.values_list("record", "digest"))


def write_values(alias: str) -> int:
    """Write the digests of all records of a database anew; return how many there are."""
    if not needs_digests(alias):
        return 0
    types = [each for each in registry() if router.db_for_write(each.model) == alias]
    return sum(write_values_of(resource_type, alias) for resource_type in types)


def write_values_of(resource_type: ResourceType, alias: str) -> int:
    """Write those of one resource type anew."""
    written, last = 0, 0
    fields = [column_of(StoredValue, name) for name in ("record", "digest")]
    while True:
        with transaction.atomic(using=alias):
            records = locked(resource_type.records().using(alias).filter(pk__gt=last).order_by("pk"))
            found = dict(records.values_list("pk", "comparable")[:BATCH])
            if not found:
                return written
            last = max(found)
            StoredValue.objects.using(alias).filter(record__in=list(found)).delete()
            rows = [
                (key, digest)
                for key, members in found.items()
                for digest in sorted(digests_in(members, resource_type.with_digest))
            ]
            insert_rows(StoredValue, fields, rows, alias)
            written += len(rows)
