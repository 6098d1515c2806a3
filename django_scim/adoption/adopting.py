"""Adopts existing accounts: creates records, links and unique values.

A client sees no change except the ``externalId``, and the ``id`` of a row that had none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

from django_scim.adoption import report
from django_scim.adoption.accounts import AdoptionSelection
from django_scim.adoption.claims import claim_all, shared_external_ids, shared_values
from django_scim.adoption.report import Report
from django_scim.history.events import Attempt
from django_scim.mappings.builtin import link_digest
from django_scim.models import Link, Operation, Record
from django_scim.operations.arrivals import Arrival, welcome
from django_scim.resources.authority import Standing, standings
from django_scim.resources.loading import attach_records
from django_scim.resources.resource import Resource
from django_scim.sql.names import lock_names
from django_scim.sql.transactions import locked, run
from django_scim.sql.values import column_of


@dataclass(frozen=True)
class Adoption:
    """One run over a selection.

    :param dry_run: If true, nothing is written.
    :param shared_external_ids: The values of the host's column that several rows have.
    :param shared_values: The unique values that several rows have, by the key of the attribute.
    """

    selection: AdoptionSelection
    dry_run: bool
    shared_external_ids: set[str]
    shared_values: dict[str, set[str]] = field(default_factory=dict)


def adopt(
    selection: AdoptionSelection, *, dry_run: bool = False, advance: Callable[[int], object] | None = None
) -> Report:
    """Adopt the accounts of a selection for its connection, in one transaction for each batch.

    It may be interrupted and run again: accounts that are adopted already stay as they are.

    :param advance: Called with the number of accounts after each batch.
    :raises SelectionError: If the selection is not possible with the models.
    """
    unique = [mapping for mapping in selection.resource_type.written_mappings if mapping.is_unique]
    adoption = Adoption(
        selection,
        dry_run,
        shared_external_ids(selection),
        {mapping.path.key: shared_values(selection, mapping) for mapping in unique},
    )
    total = Report()
    after = None
    while True:
        done, after = run(selection.database, partial(adopt_batch, adoption, after))
        if not done.selected:
            return total
        total.add(done)
        if advance is not None:
            advance(done.selected)


def adopt_batch(adoption: Adoption, after: object) -> tuple[Report, object]:
    """Adopt the next accounts after a primary key. Return the report, and the last key."""
    selection = adoption.selection
    rows = selection.rows()
    objects = selection.page(rows if adoption.dry_run else locked(rows), after)
    done = Report(selected=len(objects))
    if not objects:
        return done, after
    attach_records(objects, is_locked=not adoption.dry_run)
    whose = standings(objects, selection.connection)
    links = chosen_links(adoption, whose, done)
    chosen = [obj for obj in objects if obj in links]
    changed = {
        *record_all(adoption, chosen, done),
        *manage_all(adoption, [obj for obj in chosen if is_to_be_managed(obj, whose[obj], selection)]),
        *link_all(adoption, links, done),
        *claim_all(selection, chosen, adoption.shared_values, done, dry_run=adoption.dry_run),
    }
    done.unchanged = len(chosen) - len(changed)
    return done, objects[-1].instance.pk


def chosen_links(
    adoption: Adoption, whose: dict[Resource, Standing], done: Report
) -> dict[Resource, str | None]:
    """Return the accounts that can be adopted, with the ``externalId`` that each gets, or None."""
    selection = adoption.selection
    binding = selection.resource_type.mappings["externalId"].path.binding
    wanted = {obj: selection.external_id_of(obj) for obj in whose}
    digests = {
        obj: link_digest(str(binding.comparable(value))) for obj, value in wanted.items() if value is not None
    }
    links = Link.objects.using(selection.database).filter(
        connection=selection.connection,
        digest__in=set(digests.values()),
        record__resource_type=selection.resource_type.name,
    )
    holders: dict[str, object] = dict(links.values_list("digest", "record_id"))
    chosen: dict[Resource, str | None] = {}
    for obj, value in wanted.items():
        reason = obstacle(obj, whose[obj], selection)
        if reason is None and value is not None:
            # An account without a record is told from others by itself: the batch may repeat a value.
            own = obj.record.pk if obj.record is not None else obj
            holder = holders.setdefault(digests[obj], own)
            is_shared = str(binding.comparable(value)) in adoption.shared_external_ids
            reason = obstacle_of_value(obj, value, is_shared=is_shared, is_taken=holder != own)
        if reason is not None:
            done.skip(obj, reason)
        else:
            chosen[obj] = value
    return chosen


def obstacle_of_standing(obj: Resource, whose: Standing, selection: AdoptionSelection) -> str | None:
    """Return why whose an account is keeps it from being adopted, or None."""
    if whose is Standing.PROTECTED:
        return report.PROTECTED
    if whose is Standing.OTHER:
        owner = None if obj.record is None else obj.record.managed_by_id
        is_handed_over = selection.predecessor is not None and owner == selection.predecessor.pk
        return None if is_handed_over else report.OTHER
    return report.POWERFUL if whose is Standing.POWERFUL and not selection.with_power else None


def obstacle(obj: Resource, whose: Standing, selection: AdoptionSelection) -> str | None:
    """Return why an account cannot be adopted, or None. Give it an ``id`` if it has none."""
    if obj.is_deleted:
        return report.DELETED
    reason = obstacle_of_standing(obj, whose, selection)
    if reason is not None:
        return reason
    obj.resource_type.mappings["id"].initialize(obj)
    if getattr(obj.instance, obj.resource_type.id_column) is None:
        return report.NO_ID
    return None


def obstacle_of_value(obj: Resource, value: str, *, is_shared: bool, is_taken: bool) -> str | None:
    """Return why an account cannot have an ``externalId``, or None."""
    if obj.external_id == value:
        return None
    if len(value) > (column_of(Link, "external_id").max_length or 0):
        return report.TOO_LONG
    if is_shared:
        return report.SHARED
    if obj.external_id is not None:
        return report.CHANGED
    return report.TAKEN if is_taken else None


def record_all(adoption: Adoption, objects: list[Resource], done: Report) -> set[Resource]:
    """Save the new ``id`` values, and the records that do not exist yet."""
    selection = adoption.selection
    identified = [obj for obj in objects if obj.is_changed]
    new = [obj for obj in objects if obj.record is None]
    done.identified, done.recorded = len(identified), len(new)
    if not adoption.dry_run:
        if identified:
            rows = selection.resource_type.model._base_manager.using(selection.database)
            rows.bulk_update([obj.instance for obj in identified], [selection.resource_type.id_column])
        records = [selection.resource_type.new_record(obj.instance) for obj in new]
        for record in records:
            record.managed_by, record.is_handed_over = selection.connection, selection.with_power
        # Another session may create the same record at the same time, for a change by the host.
        Record.objects.using(selection.database).bulk_create(records, ignore_conflicts=True)
        if new:
            attach_records(new)
    return {*identified, *new}


def is_to_be_managed(obj: Resource, whose: Standing, selection: AdoptionSelection) -> bool:
    """Whether the connection manages an account from now on.

    What the connection of another tenant manages of an account that tenants share stays its own, unless
    it has power, which is handed over.
    """
    owner = None if obj.record is None else obj.record.managed_by_id
    return owner is None or whose is not Standing.OWN


def manage_all(adoption: Adoption, objects: list[Resource]) -> set[Resource]:
    """Let the connection manage the accounts; return those that it did not manage before."""
    selection, taken = adoption.selection, []
    for obj in objects:
        record = obj.record
        if record is not None and record.managed_by_id != selection.connection.pk:
            record.managed_by, record.is_handed_over = selection.connection, selection.with_power
            taken.append(obj)
    if not adoption.dry_run:
        keys = [obj.record.pk for obj in taken if obj.record is not None]
        records = Record.objects.using(selection.database).filter(pk__in=keys)
        records.update(managed_by=selection.connection, is_handed_over=selection.with_power)
    return set(taken)


def link_all(adoption: Adoption, wanted: dict[Resource, str | None], done: Report) -> set[Resource]:
    """Save the links that do not exist yet."""
    selection = adoption.selection
    binding = selection.resource_type.mappings["externalId"].path.binding
    new = {obj: value for obj, value in wanted.items() if value is not None and obj.external_id is None}
    done.linked = len(new)
    if not adoption.dry_run:
        links = [
            Link(
                record=obj.record,
                connection=selection.connection,
                external_id=value,
                digest=link_digest(str(binding.comparable(value))),
            )
            for obj, value in new.items()
        ]
        is_awaited = selection.resource_type.has_waiting
        if is_awaited:
            lock_names(selection.database, [link.digest for link in links])
        Link.objects.using(selection.database).bulk_create(links)
        if is_awaited:
            welcome_all(selection, new)
    return set(new)


def welcome_all(selection: AdoptionSelection, named: dict[Resource, str]) -> None:
    """Fill the foreign keys of those who have waited for accounts by the ``externalId`` that these get."""
    resource_type, connection = selection.resource_type, selection.connection
    arrivals = [
        Arrival(
            resource_type,
            obj.instance,
            obj.identifier,
            resource_type.adapter.row_name(obj.instance),
            {value: connection},
        )
        for obj, value in named.items()
    ]
    attempt = Attempt(
        Operation.MODIFY,
        connection=connection,
        token=None,
        request_id=str(uuid4()),
        resource_type=resource_type.name,
    )
    welcome(arrivals, attempt, selection.database)
