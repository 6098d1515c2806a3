"""Claims the unique values of adopted accounts, in a constant number of queries for a batch."""

from __future__ import annotations

from collections.abc import Mapping as Values
from typing import Any

from django.db.models import CharField, Count, F, QuerySet, TextField
from django.db.models.functions import Cast
from scim2_models import AttributeBinding, InvalidPathException, UniquenessException

from django_scim.adoption.accounts import AdoptionSelection, SelectionError
from django_scim.adoption.report import Report
from django_scim.mappings import Mapping
from django_scim.models import UniqueValue
from django_scim.operations.saving import claim, digest_of, holders
from django_scim.resources.resource import Resource
from django_scim.sql.functions import Comparable
from django_scim.sql.index_candidates import in_any_table


def claim_all(
    selection: AdoptionSelection,
    objects: list[Resource],
    shared: Values[str, set[str]],
    done: Report,
    *,
    dry_run: bool,
) -> set[Resource]:
    """Reserve the unique values of the accounts, so that the database refuses them to other resources.

    A value that several accounts have is not claimed. An account that has claimed it before keeps it.

    :param shared: The values that several accounts have, by the key of their attribute.
    :returns: The accounts whose claims changed.
    """
    changed: set[Resource] = set()
    for key, values in shared.items():
        mapping = selection.resource_type.mappings[key]
        mapping.fetch(objects)
        changed |= claim_one(selection, mapping, objects, values, done, dry_run=dry_run)
    return changed


def claim_one(
    selection: AdoptionSelection,
    mapping: Mapping,
    objects: list[Resource],
    shared: set[str],
    done: Report,
    *,
    dry_run: bool,
) -> set[Resource]:
    """Claim the values of one attribute; the arguments are those of :func:`claim_all`."""
    key = mapping.path.key
    values = {obj: mapping.read(obj) for obj in objects}
    digests = {obj: digest_of(obj, mapping, value) for obj, value in values.items() if value is not None}
    stored = UniqueValue.objects.using(selection.database).filter(
        resource_type=selection.resource_type.name, attribute=key
    )
    records = [obj.record.pk for obj in objects if obj.record is not None]
    own = dict(stored.filter(record__in=records).values_list("record_id", "digest"))
    claimed: dict[str, Any] = dict(
        stored.filter(digest__in=set(digests.values())).values_list("digest", "record_id")
    )
    changed: set[Resource] = set()
    new: list[Resource] = []
    for obj, digest in digests.items():
        record = obj.record.pk if obj.record is not None else None
        if record is not None and own.get(record) == digest:
            continue
        if str(mapping.path.binding.comparable(str(values[obj]))) in shared:
            done.conflict(obj, key)
        elif digest not in claimed:
            claimed[digest] = record
            new.append(obj)
        elif claim_outdated(obj, mapping, values[obj], dry_run=dry_run):
            changed.add(obj)
        else:
            done.conflict(obj, key)
    if not dry_run:
        outdated = [obj.record.pk for obj in new if obj.record is not None and obj.record.pk in own]
        stored.filter(record__in=outdated).delete()
        UniqueValue.objects.using(selection.database).bulk_create(
            UniqueValue(
                record=obj.record,
                resource_type=selection.resource_type.name,
                attribute=key,
                digest=digests[obj],
            )
            for obj in new
        )
    return {*changed, *new}


def claim_outdated(obj: Resource, mapping: Mapping, value: Any, *, dry_run: bool) -> bool:
    """Claim a value whose claim is outdated, since the host has changed the other resource.

    :returns: Whether that was so, and not a conflict.
    """
    if dry_run:
        return not holders(obj, mapping, value).exists()
    try:
        claim(obj, [(mapping, value)], replaces=True)
    except UniquenessException:
        return False
    return True


MAX_SHARED = 10_000
"""The most values that several accounts may have. A column with more is not an identifier."""


def shared_external_ids(selection: AdoptionSelection) -> set[str]:
    """Return the external ids that several of the selected rows have, in the form that is compared.

    :raises SelectionError: If there are so many that the column cannot be an identifier.
    """
    column = selection.external_id
    if column is None:
        return set()
    expression: Any = F(column.path)
    if not isinstance(column.field, CharField | TextField):
        expression = Cast(expression, TextField())
    binding = selection.resource_type.mappings["externalId"].path.binding
    return shared(selection.rows(), Comparable(expression, case_exact=True), binding, column.path)


def shared_values(selection: AdoptionSelection, mapping: Mapping) -> set[str]:
    """Return the values of a unique attribute that several of the visible rows have.

    :raises SelectionError: If there are too many.
    """
    path = mapping.path
    try:
        expression = in_any_table(mapping.order(path, selection.caller))
    except InvalidPathException:  # The database cannot sort by it, so nor group by it.
        return set()
    return shared(selection.visible(), expression, path.binding, path.key)


def shared(rows: QuerySet[Any], expression: Any, binding: AttributeBinding, name: str) -> set[str]:
    """Return the values of an expression that several rows have, in one query."""
    counted = (
        rows.order_by()
        .annotate(scim_value=expression)
        .exclude(scim_value=None)
        .exclude(scim_value="")
        .values("scim_value")
        .annotate(scim_count=Count("pk", distinct=True))
        .filter(scim_count__gt=1)
        .values_list("scim_value", flat=True)
    )
    values = list(counted[: MAX_SHARED + 1])
    if len(values) > MAX_SHARED:
        raise SelectionError(f"More than {MAX_SHARED} values of '{name}' are of several accounts each.")
    return {str(binding.comparable(value)) for value in values}
