"""Comparing what clients were answered with what the database has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import close_old_connections, connections

from django_scim.models import ProvisioningEvent, Record
from tests.faults.load import Account


def losses(accounts: Iterable[Account]) -> list[str]:
    """Return what was lost, half-written, or is told by the history and not there, or the other way round."""
    connections.close_all()
    close_old_connections()
    rows = {row.username: row for row in User.objects.all()}
    records = {record.integer_key: record for record in Record.objects.prefetch_related("links")}
    events: dict[str, list[ProvisioningEvent]] = defaultdict(list)
    for event in ProvisioningEvent.objects.filter(outcome="success").order_by("pk"):
        events[event.display].append(event)
    found = []
    for account in accounts:
        row = rows.pop(account.name, None)
        record = None if row is None else records.get(row.pk)
        found += [f"{account.name}: {text}" for text in problems(account, row, record, events[account.name])]
    found += [f"{name}: nobody made it" for name in rows]
    return found


def problems(
    account: Account, row: User | None, record: Record | None, events: list[ProvisioningEvent]
) -> Iterator[str]:
    """Yield what is wrong with one account."""
    if row is None or record is None:
        if account.acknowledged is not None:
            yield "it was answered 201, and is not there"
        if (row is None) != (record is None):
            yield "it is half there"
        if events:
            yield "the history has it, and it is not there"
        return
    values = {row.first_name, row.last_name, record.attributes.get("title")}
    is_deleted = record.deleted_at is not None
    if not is_deleted:
        values |= {link.external_id for link in record.links.all()}
    if len(values) != 1:
        yield f"it is half-written: {sorted(map(str, values))}"
    if row.is_active == is_deleted:
        yield "it is half deleted"
    allowed = {str(value) for value in {account.acknowledged, *account.possible} if value is not None}
    if not values <= allowed:
        yield f"it has {values} and not what was answered, {sorted(allowed)}"
    if is_deleted != account.deleted and not account.maybe_deleted:
        yield f"deleted: {is_deleted}, answered: {account.deleted}"
    yield from untold(values, is_deleted, events)


def untold(values: set[Any], is_deleted: bool, events: list[ProvisioningEvent]) -> Iterator[str]:
    """Yield how the history differs from the account."""
    operations = [event.operation for event in events]
    if operations.count("create") != 1:
        yield f"the history has it made {operations.count('create')} times"
    if ("delete" in operations) != is_deleted:
        yield "the history and the account differ in whether it is deleted"
    told = [event.changes["title"]["after"] for event in events if "after" in event.changes.get("title", {})]
    if told and {told[-1]} != values:
        yield f"the history has {told[-1]}, the account {values}"
