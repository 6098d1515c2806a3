"""The unique values of adopted accounts, in as many queries for a batch as for one."""

from __future__ import annotations

from collections.abc import Mapping as Values
from typing import Any

from scim2_models import UniquenessException

from django_scim.adapters.mappings import Mapping
from django_scim.adapters.objects import ResourceObject
from django_scim.adoption.report import Report
from django_scim.adoption.selection import Selection
from django_scim.models import UniqueValue
from django_scim.operations.uniqueness import claim, digest_of, holders


def claim_all(
    selection: Selection,
    objects: list[ResourceObject],
    shared: Values[str, set[str]],
    done: Report,
    *,
    dry_run: bool,
) -> set[ResourceObject]:
    """Let the database refuse the unique values of the accounts to other resources.

    A value that several accounts have is nobody's alone; who has claimed it before keeps it.

    :param shared: The values that several accounts have, by the key of their attribute.
    :returns: The accounts for which there was something to do.
    """
    changed: set[ResourceObject] = set()
    for key, values in shared.items():
        mapping = selection.adapter.mappings[key]
        mapping.fetch(objects)
        changed |= claim_one(selection, mapping, objects, values, done, dry_run=dry_run)
    return changed


def claim_one(
    selection: Selection,
    mapping: Mapping,
    objects: list[ResourceObject],
    shared: set[str],
    done: Report,
    *,
    dry_run: bool,
) -> set[ResourceObject]:
    """Claim the values of one attribute."""
    key = mapping.path.key
    read = {obj: mapping.read(obj) for obj in objects}
    digests = {obj: digest_of(obj, mapping, value) for obj, value in read.items() if value is not None}
    stored = UniqueValue.objects.using(selection.database).filter(
        resource_type=selection.adapter.name, attribute=key
    )
    records = [obj.record.pk for obj in objects if obj.record is not None]
    own = dict(stored.filter(record__in=records).values_list("record_id", "digest"))
    taken: dict[str, Any] = dict(
        stored.filter(digest__in=set(digests.values())).values_list("digest", "record_id")
    )
    changed: set[ResourceObject] = set()
    new: list[ResourceObject] = []
    for obj, digest in digests.items():
        record = obj.record.pk if obj.record is not None else None
        if record is not None and own.get(record) == digest:
            continue
        if str(mapping.path.binding.comparable(str(read[obj]))) in shared:
            done.conflict(obj, key)
        elif digest not in taken:
            taken[digest] = record
            new.append(obj)
        elif take_over(obj, mapping, read[obj], dry_run=dry_run):
            changed.add(obj)
        else:
            done.conflict(obj, key)
    if not dry_run:
        outdated = [obj.record.pk for obj in new if obj.record is not None and obj.record.pk in own]
        stored.filter(record__in=outdated).delete()
        UniqueValue.objects.using(selection.database).bulk_create(
            UniqueValue(
                record=obj.record, resource_type=selection.adapter.name, attribute=key, digest=digests[obj]
            )
            for obj in new
        )
    return {*changed, *new}


def take_over(obj: ResourceObject, mapping: Mapping, value: Any, *, dry_run: bool) -> bool:
    """Take a value from a resource that had it before the host changed it; return whether that was so."""
    if dry_run:
        return not holders(obj, mapping, value).exists()
    try:
        claim(obj, [(mapping, value)])
    except UniquenessException:
        return False
    return True
