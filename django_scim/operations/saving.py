"""Writes and saves the attributes of a resource: differences, unique values, rows, and the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, Model, QuerySet
from django.utils import timezone
from scim2_models import PayloadTooLargeException
from scim2_models.path import CompareOperator

from django_scim.conf import get_settings
from django_scim.history.redaction import REDACTED
from django_scim.mappings.collection import SHOWN_KEYS
from django_scim.mappings.dependencies import writing
from django_scim.mappings.identifiers import reissue
from django_scim.mappings.mapping import Mapping, conflict
from django_scim.models import AdoptionPolicy, Record, StoredValue, UniqueValue
from django_scim.operations.domains import require_domains
from django_scim.operations.validation import require_values, validate_fields
from django_scim.query.statements import VALUE, text_operand
from django_scim.resources.gifts import remembered
from django_scim.resources.resource import Resource
from django_scim.resources.vacating import left_at, release
from django_scim.schema.paths import Json
from django_scim.sql.containment import digests_in, needs_digests
from django_scim.sql.operand import ColumnOperand, check_text
from django_scim.sql.prepared import Prepared, Slot
from django_scim.sql.saving import save_all_new, save_own
from django_scim.sql.transactions import locked


def holders(obj: Resource, mapping: Mapping, value: Any) -> QuerySet[Any]:
    """Return the rows of other resources with a value; a deleted one does not count (RFC 7644 section 3.6).

    Where the project's column is unique by itself, the tenant does not matter.
    """
    condition = mapping.lookup(mapping.path, CompareOperator.eq, value, obj.caller)
    seen_by = None if mapping.is_unique_everywhere else obj.caller.connection
    rows = obj.resource_type.queryset(seen_by).using(obj.database).filter(condition)
    return rows if obj.instance.pk is None else rows.exclude(pk=obj.instance.pk)


def require_unique(obj: Resource, written: Iterable[tuple[Mapping, Any]], free: Collection[str] = ()) -> None:
    """Refuse unique values that other rows have.

    :param free: The attributes whose values have been looked for: no row that a caller sees has them.
    :raises UniquenessException: If another row has one.
    """
    for mapping, value in written:
        if mapping.is_unique and value is not None:
            is_free = mapping.path.key in free or not has_holder(obj, mapping, value)
            if not is_free or obj.resource_type.adapter.is_taken(obj, mapping, value):
                raise conflict(mapping)


def has_holder(obj: Resource, mapping: Mapping, value: Any) -> bool:
    """Whether there are :func:`holders`, by a statement that is kept where there may be one."""
    operand = text_operand(mapping, obj.caller)
    spelled, *others = mapping.spellings(CompareOperator.eq, value)
    is_text = isinstance(value, str) and not others
    statement = holder_statement(obj, mapping, operand) if operand and is_text else None
    if statement is None or operand is None:
        return holders(obj, mapping, value).exists()
    check_text(value)
    return any(statement.run(value=operand.encode(spelled), key=obj.instance.pk))


def holder_statement(obj: Resource, mapping: Mapping, operand: ColumnOperand) -> Prepared[Any] | None:
    """Return the statement that finds the row that has a value, or None if it cannot be kept."""
    resource_type, is_saved = obj.resource_type, obj.instance.pk is not None
    seen_by = None if mapping.is_unique_everywhere else obj.caller.connection
    visible = resource_type.visibility(seen_by)
    if visible is None:
        return None

    def rows() -> QuerySet[Any, Any]:
        found = resource_type.queryset(seen_by).filter(operand.compare(CompareOperator.eq, VALUE)).order_by()
        others = found.exclude(pk=Slot("key", resource_type.model._meta.pk)) if is_saved else found
        return others.values_list("pk")[:1]

    key = ("holder", visible, mapping.path.key, is_saved)
    return resource_type.statements.get(rows, obj.database, *key)


def claim(obj: Resource, written: Iterable[tuple[Mapping, Any]], *, replaces: bool) -> None:
    """Store the unique values, so that the database refuses them to every other resource.

    If the host has changed a resource, its old value may still be stored.

    :param replaces: Whether such a row is replaced. It takes a savepoint for each value, which costs all
        writes more than a second try costs those few.
    :raises IntegrityError: If the value is stored already, and nothing is replaced.
    :raises UniquenessException: If another request was first.
    """
    for mapping, value in written:
        if not mapping.is_unique:
            continue
        own = {"record": obj.record, "attribute": mapping.path.key}
        if value is None:
            UniqueValue.objects.using(obj.database).filter(**own).delete()
            continue
        digest = digest_of(obj, mapping, value)
        if not replaces:
            _claim(obj, own, digest)
            continue
        try:
            with transaction.atomic(using=obj.database):
                _claim(obj, own, digest)
        except IntegrityError as error:
            # A locking read, since a snapshot would not have the row of the request that was first.
            if locked(holders(obj, mapping, value)).first() is not None:
                raise conflict(mapping) from error
            rows = UniqueValue.objects.using(obj.database)
            rows.filter(
                resource_type=obj.resource_type.name, attribute=mapping.path.key, digest=digest
            ).delete()
            _claim(obj, own, digest)


def _claim(obj: Resource, own: dict[str, Any], digest: str) -> None:
    rows = UniqueValue.objects.using(obj.database)
    if obj.is_new or not rows.filter(**own).update(digest=digest):
        save_own(UniqueValue(resource_type=obj.resource_type.name, digest=digest, **own), obj.database)


def digest_of(obj: Resource, mapping: Mapping, value: Any) -> str:
    """Return the digest of a value in the form that is compared, different for each tenant."""
    connection = None if mapping.is_unique_everywhere else obj.caller.connection
    tenant = f"{connection.tenant_type_id or ''}:{connection.tenant_id}" if connection else ":"
    text = f"{tenant}\0{mapping.compared(str(value))}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


Written = list[tuple[Mapping, Any]]
"""The mappings that were written, with their new values."""


def apply(
    obj: Resource,
    before: Json,
    after: Json,
    changes: dict[str, Any],
    *,
    resets: bool = False,
    removes: bool = False,
) -> Written:
    """Write the differences between two documents of a resource, and add them to the changes.

    A secret in the first document is not its value. It is only there so that its removal is a difference.

    :param resets: Whether a required value, such as ``active``, gets its default if the second document has
        no value. Otherwise the row keeps the old value.
    :param removes: Whether a client has removed attributes. A value that the row keeps, or its default, is
        then not returned any more.
    :raises InvalidValueException: If a value is not one that the attribute, or the connection, may have.
    """
    written: Written = []
    for mapping in obj.resource_type.written_mappings:
        if mapping.unbounded or (obj.is_adopted and is_kept_on_adoption(obj, mapping)):
            continue
        old, new = mapping.before_and_after(obj, before, after, removes=removes)
        can_be_cleared = mapping.clearable or mapping.requires_value
        is_kept = not (can_be_cleared or mapping.path.is_secret or resets)
        if old == new or (new is None and is_kept and not removes):
            continue
        is_kept_on_joining = obj.is_joining and is_kept_on_adoption(obj, mapping)
        if is_kept_on_joining or obj.resource_type.adapter.keeps(obj, mapping):
            if mapping.read(obj) != new:
                obj.kept.append(mapping.path.key)
            continue
        require_domains(obj, mapping, None if resets else old, new)
        if new is None and is_kept:
            obj.unassign(mapping.path.key, old)
        else:
            obj.assign(mapping.path.key)
            mapping.write(obj, new)
            written.append((mapping, new))
            default = mapping.default(obj) if new is None and removes else None
            if default is not None:
                obj.unassign(mapping.path.key, default)
        note(changes, mapping, old, new)
    return written


def keep_names(obj: Resource, before: Json, after: Json) -> None:
    """Put back what the adapter keeps of a resource that is deactivated, and say so in the history."""
    kept = obj.resource_type.adapter.keep_names(before, after)
    if kept:
        obj.notes.append(f"kept, since they were changed by a soft deletion alone: {', '.join(kept)}")


def is_kept_on_adoption(obj: Resource, mapping: Mapping) -> bool:
    """Whether the write that adopts a resource leaves an attribute as it is, such as a password.

    So nobody takes an account over by naming it. The next write may change the attribute.
    """
    kept = obj.resource_type.adapter.kept_on_adoption
    return mapping.path.head in kept or not set(kept).isdisjoint(mapping.columns())


def note(changes: dict[str, Any], mapping: Mapping, old: Any, new: Any) -> None:
    """Put a change in the history, a secret redacted, and nothing for a side without a value."""
    sides = {"before": old, "after": new}
    if mapping.path.is_secret:
        sides = {"before": REDACTED} if new is None else {"after": REDACTED}
    changes[mapping.path.key] = {side: value for side, value in sides.items() if value is not None}


def note_differences(obj: Resource, before: Json, after: Json, changes: dict[str, Any]) -> None:
    """Add the differences between two documents for the history."""
    for mapping in obj.resource_type.written_mappings:
        old, new = mapping.value_in(before), mapping.value_in(after)
        if old != new:
            note(changes, mapping, old, new)


def save(obj: Resource, written: Written, changes: dict[str, Any]) -> None:
    """Save rows, record, unique values and relations. If nothing has changed, nothing is saved.

    :raises InvalidValueException: If a field of the host refuses its value.
    :raises UniquenessException: If another resource has a unique value.
    """
    is_recorded = save_itself(obj, written)
    save_beside(obj, written, changes, is_recorded=is_recorded)


def save_itself(obj: Resource, written: Written) -> bool:
    """Save the rows, and the record if it is a new one; return whether it is.

    :raises InvalidValueException: If a field of the host refuses its value.
    :raises UniquenessException: If another resource has a unique value.
    """
    validate_fields(obj)
    # Before a new row is created, Create.lock has looked for other rows with its values.
    if not obj.instance._state.adding:
        require_unique(obj, written)
    with remembered(obj):
        save_rows(obj)
    require_values(obj)
    # A new record is saved first, since unique values and links refer to it.
    is_early = (obj.record is None or obj.record.pk is None) and (obj.is_new or obj.is_changed)
    if is_early:
        save_record(obj)
    return is_early


def save_beside(obj: Resource, written: Written, changes: dict[str, Any], *, is_recorded: bool) -> None:
    """Save what refers to a resource: unique values and relations; and then its record.

    :param is_recorded: Whether the record has been saved.
    """
    claim(obj, written, replaces=not obj.is_first_try)
    for callback in obj.after_save:
        callback()
    note_members(obj, changes)
    if obj.is_changed and not is_recorded:
        save_record(obj)
    elif obj.is_adopted and not is_recorded:
        save_adoption(obj)
    if obj.is_new or any(has_digest(mapping) for mapping, _ in written):
        index_values(obj)


def has_digest(mapping: Mapping) -> bool:
    """Whether resources are looked up by what a mapping stores."""
    head = mapping.path.head
    return not {head, f"{head}.value"}.isdisjoint(mapping.resource_type.with_digest)


def index_values(obj: Resource) -> None:
    """Keep the digests of stored values, where the database has no index on the document."""
    record = obj.record
    if record is None or not needs_digests(obj.database):
        return
    if not obj.is_new:
        StoredValue.objects.using(obj.database).filter(record=record).delete()
    digests = sorted(digests_in(record.comparable, obj.resource_type.with_digest))
    save_all_new([StoredValue(record=record, digest=digest) for digest in digests], obj.database)


def save_rows(obj: Resource) -> None:
    """Save the changed rows: those that the resource's row refers to, then itself, then the others."""
    main = obj.instance
    changed = dict(obj.changed)
    if main._state.adding:
        changed.setdefault(id(main), (main, set()))
    rank = {key: 1 if row is main else 0 if points_at(main, row) else 2 for key, (row, _) in changed.items()}
    for row, names in (changed[key] for key in sorted(changed, key=rank.__getitem__)):
        obj.make_room(row)
        with writing(row, of=main):
            if row._state.adding:
                row.save(using=obj.database, force_insert=True)
            else:
                row.save(using=obj.database, update_fields=names)


def points_at(instance: Model, other: Model) -> bool:
    """Whether a relation of a row leads to another."""
    return any(
        isinstance(field, ForeignKey) and field.is_cached(instance) and getattr(instance, field.name) is other
        for field in instance._meta.fields
    )


def save_record(obj: Resource) -> None:
    """Save the record with the next revision, or create it.

    :raises PayloadTooLargeException: If it would hold more than ``MAX_RECORD_SIZE``.
    """
    record = obj.record
    if record is None:
        record = obj.record = obj.resource_type.new_record(obj.instance)
    now = timezone.now()
    if record.pk is None:
        setattr(record, obj.resource_type.record_key, obj.instance.pk)
    if obj.is_new:
        take_vacant(obj, record)
        if obj.caller.is_rehearsal:
            # That of the key may be another's one day.
            record.reissued_id = obj.caller.rehearsed_id or reissue()
        record.created = now
        record.managed_by = obj.caller.connection
    limit = get_settings().MAX_RECORD_SIZE
    if obj.changed_outside and len(json.dumps(record.attributes, ensure_ascii=False)) > limit:
        raise PayloadTooLargeException(detail=f"a resource may have {limit} characters of JSON at most")
    record.revision += 1
    record.last_modified = now
    record.comparable = {
        key: value
        for mapping in obj.resource_type.mappings.values()
        for key, value in mapping.comparable(record.attributes).items()
    }
    save_own(record, obj.database)


def take_vacant(obj: Resource, record: Record) -> None:
    """Let a new resource have the record that a row of the same key has left, with another ``id``.

    It is looked for once the database has refused a second record of the key, so that others are not slower.
    """
    if record.pk is not None or obj.is_first_try:
        return
    former = left_at(obj.resource_type, obj.instance.pk, using=obj.database)
    if former is not None:
        release(obj.resource_type, obj.instance.pk, former, using=obj.database)
        record.pk, record._state.adding = former.pk, False
        record.reissued_id = reissue()


def save_adoption(obj: Resource) -> None:
    """Keep who manages a resource that has not changed otherwise; its version stays as it is.

    Where everything may be adopted at any time, a write that changes nothing leaves nothing behind.
    """
    assert obj.record is not None
    if obj.caller.acting.adoption == AdoptionPolicy.ALL:
        obj.is_adopted = False
    elif obj.record.pk is None:
        setattr(obj.record, obj.resource_type.record_key, obj.instance.pk)
        save_own(obj.record, obj.database)
    else:
        obj.record.save(using=obj.database, update_fields=["managed_by"])


def note_members(obj: Resource, changes: dict[str, Any]) -> None:
    """Add the ``id`` of each added and removed member for the history."""
    for key, kinds in obj.members_changed.items():
        changes[key] = {kind: obj.collections[key].shown(keys) for kind, keys in kinds.items()}
        if any(len(keys) > SHOWN_KEYS for keys in kinds.values()):
            changes[key]["more"] = True
