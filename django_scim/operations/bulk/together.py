"""Creations of a bulk job that do not refer to each other are made together, in one transaction.

A first sync is a long row of POSTs. Alone, each has its own transaction, its own look-ups, and a statement
for each thing that it leaves. Together they are looked for by one statement for each unique attribute, and
what they leave is written by one for each table. ``save()`` and the signals of the project's rows are called
for each.

It is an attempt: if one of them fails, all are rolled back and done one by one, so that each has its own
answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet, TextField
from scim2_models.path import CompareOperator

from django_scim.conf import get_settings
from django_scim.mappings import Mapping
from django_scim.models import Record
from django_scim.operations.bulk.references import Needs, execution_order
from django_scim.operations.bulk.request import BulkOperation
from django_scim.operations.create import MANAGER, Create
from django_scim.operations.write import database_of
from django_scim.query.statements import text_operand
from django_scim.resources.resource import Resource
from django_scim.sql.operand import ColumnOperand, any_of
from django_scim.sql.prepared import AmongSlots, padded, slots
from django_scim.sql.saving import written_together
from django_scim.sql.values import column_of, is_storable


class Run(NamedTuple):
    """Operations that are done as one, by their positions: a circle, a run of creations, or any other one."""

    positions: list[int]
    is_circle: bool = False


def runs(operations: Sequence[BulkOperation], needs: Needs) -> Iterator[Run]:
    """Yield the operations in the order to do them, those of one run that may be made together.

    :param needs: For each operation, the positions of those that it needs.
    """
    size = get_settings().BULK_TRANSACTION_SIZE
    run: list[int] = []
    for circle in execution_order(needs):
        first = circle[0]
        is_circle = len(circle) > 1 or first in needs[first]
        is_creation = operations[first].method == "POST" and operations[first].error is None
        is_alone = is_circle or not is_creation
        if run and (is_alone or len(run) >= size or not continues(operations, run, first, needs)):
            yield Run(run)
            run = []
        if is_alone:
            yield Run(circle, is_circle)
        else:
            run.append(first)
    if run:
        yield Run(run)


def continues(operations: Sequence[BulkOperation], run: list[int], position: int, needs: Needs) -> bool:
    """Whether an operation makes a resource of the type of a run, and refers to none that the run makes."""
    is_of_type = operations[position].resource_type is operations[run[0]].resource_type
    return is_of_type and set(needs[position]).isdisjoint(run)


def create_together(creations: Sequence[Create]) -> list[Resource]:
    """Take the steps of several creations at the same time. Call it in a transaction.

    :raises Exception: Whatever one of them raises.
    """
    under_way = [creation.steps() for creation in creations]
    while under_way:
        with written_together(database_of(creations[0].resource_type)):
            under_way = [steps for steps in under_way if next(steps, END) is not END]
    return [creation.obj for creation in creations]


END = object()
"""What comes after the last step."""


def look_for(creations: Sequence[Create]) -> set[Create]:
    """Look for what creations of one type meet, by a statement for each attribute.

    Each is told what nobody has.

    :returns: Those that may succeed. The others have a unique value that is there already.
    """
    free = set(creations)
    for mapping in creations[0].unique_mappings:
        operand = text_operand(mapping, creations[0].caller)
        if operand is not None:
            free -= look_for_values(mapping, operand, creations)
    if get_settings().REHIRED_BY == "externalId":
        look_for_former(creations)
    return free


def look_for_values(mapping: Mapping, operand: ColumnOperand, creations: Sequence[Create]) -> set[Create]:
    """Look for the values of a unique attribute; return the creations with one that is there, or twice."""
    texts: dict[Create, str] = {}
    for creation in creations:
        value = mapping.value_in(creation.body)
        spelled, *others = mapping.spellings(CompareOperator.eq, value) if isinstance(value, str) else [None]
        if spelled is not None and is_storable(spelled) and not others:
            texts[creation] = operand.encode(spelled)
    if not texts:
        return set()
    found = holders_of(mapping, operand, creations[0], padded(list(texts.values())))
    there = {operand.encode(value) for (value,) in found}
    if not there <= set(texts.values()):
        # The database takes another value for the same as one of these.
        return set(creations)
    times = Counter(texts.values())
    for creation in texts:
        creation.found_free = {*creation.found_free, mapping.path.key}
    return {creation for creation, text in texts.items() if text in there or times[text] > 1}


def holders_of(
    mapping: Mapping, operand: ColumnOperand, creation: Create, texts: Sequence[str]
) -> Iterable[tuple[str]]:
    """Return which of some values of a unique attribute there are, as the rows have them."""
    resource_type, database = creation.resource_type, database_of(creation.resource_type)
    seen_by = None if mapping.is_unique_everywhere else creation.caller.connection
    visible = resource_type.visibility(seen_by)

    def rows(values: Iterable[Any]) -> QuerySet[Any, tuple[str]]:
        is_one = any_of(operand.compare(CompareOperator.eq, value) for value in values)
        found = resource_type.queryset(seen_by).using(database).filter(is_one).order_by()
        return found.values_list(operand.column)

    places = slots("values", TextField(), len(texts))
    key = ("holders", visible, mapping.path.key, len(texts))
    statement = None
    if visible is not None:
        statement = resource_type.statements.get(lambda: rows(places), database, *key)
    return statement.run(values=texts) if statement else rows(texts)


def look_for_former(creations: Sequence[Create]) -> None:
    """Look for deleted resources of the connection with the ``externalId`` values of creations."""
    resource_type = creations[0].resource_type
    named = [creation for creation in creations if creation.body.get("externalId")]
    digests = {creation: resource_type.external_id_digest(creation.body["externalId"]) for creation in named}
    if not digests:
        return

    def rows(condition: AmongSlots) -> QuerySet[Any, Any]:
        deleted = resource_type.records().filter(condition, deleted_at__isnull=False, managed_by=MANAGER)
        return deleted.order_by().values_list("former_digest")

    column, database = column_of(Record, "former_digest"), database_of(resource_type)
    manager = creations[0].caller.acting.pk
    found = resource_type.statements.among(
        rows, column, list(digests.values()), database, "formers", manager=manager
    )
    there = {digest for (digest,) in found}
    for creation, digest in digests.items():
        if digest not in there:
            creation.found_free = {*creation.found_free, "externalId"}
